#include "platform/http/document.h"

#include <algorithm>
#include <brotli/encode.h>
#include <stdexcept>
#include <zlib.h>

#include "platform/base/ascii.h"
#include "platform/crypto/hash.h"

namespace gatehouse::http {

namespace {

constexpr std::size_t kWorthCompressing = 512;
constexpr int kBrotliQuality = 9;  // 11 costs twenty times as much at start for a few percent
constexpr int kGzipWindow = 15 + 16;
constexpr std::size_t kEtagLength = 32;

std::string gzip(std::string_view body) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("zlib cannot start");
  }
  std::string out(deflateBound(&stream, body.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) {
    throw std::runtime_error("zlib cannot compress");
  }
  return out;
}

std::string brotli(std::string_view body) {
  std::size_t size = BrotliEncoderMaxCompressedSize(body.size());
  std::string out(size, '\0');
  if (BrotliEncoderCompress(kBrotliQuality, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_TEXT, body.size(),
                            reinterpret_cast<const std::uint8_t*>(body.data()), &size,
                            reinterpret_cast<std::uint8_t*>(out.data())) == BROTLI_FALSE) {
    throw std::runtime_error("brotli cannot compress");
  }
  out.resize(size);
  return out;
}

bool is_text(std::string_view content_type) {
  return content_type.starts_with("text/") || content_type.find("json") != std::string_view::npos ||
         content_type.find("javascript") != std::string_view::npos ||
         content_type.find("xml") != std::string_view::npos;
}

// "q=0.8" in thousandths; what cannot be read counts as 0.
int read_quality(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1') || (text.size() > 1 && text[1] != '.')) {
    return 0;
  }
  int quality = (text[0] - '0') * 1'000;
  int unit = 100;
  for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (!is_digit(c)) {
      return 0;
    }
    quality += (c - '0') * unit;
    unit /= 10;
  }
  return std::min(quality, 1'000);
}

}  // namespace

int coding_quality(std::string_view accept_encoding, std::string_view coding) {
  int any = 0;
  while (!accept_encoding.empty()) {
    std::string_view parameters = next_part(accept_encoding, ',');
    const std::string_view name = trim(next_part(parameters, ';'));
    parameters = trim(parameters);
    const bool weighted = parameters.starts_with("q=") || parameters.starts_with("Q=");
    const int quality = weighted ? read_quality(parameters.substr(2)) : 1'000;
    if (equals_ignoring_case(name, coding)) {
      return quality;
    }
    if (name == "*") {
      any = quality;
    }
  }
  return any;
}

bool matches_etag(std::string_view if_none_match, std::string_view etag) {
  while (!if_none_match.empty()) {
    std::string_view candidate = trim(next_part(if_none_match, ','));
    if (candidate.starts_with("W/")) {
      candidate.remove_prefix(2);
    }
    if (candidate == "*" || candidate == etag) {
      return true;
    }
  }
  return false;
}

Document::Document(std::string body, std::string content_type, std::string cache_control)
    : content_type_(std::move(content_type)), cache_control_(std::move(cache_control)) {
  const std::string tag = crypto::sha256_hex(body).substr(0, kEtagLength);
  const auto keep = [&](std::string encoding, const std::string& suffix, std::string form) {
    return Form{std::move(encoding), '"' + tag + suffix + '"', std::make_shared<const std::string>(std::move(form))};
  };
  if (body.size() >= kWorthCompressing && is_text(content_type_)) {
    gzip_ = keep("gzip", "-gzip", gzip(body));
    brotli_ = keep("br", "-br", brotli(body));
  }
  identity_ = keep("", "", std::move(body));
}

const Document::Form& Document::choose(std::string_view accept_encoding) const {
  if (!brotli_.body || accept_encoding.empty()) {
    return identity_;
  }
  const int br = coding_quality(accept_encoding, "br");
  const int gz = coding_quality(accept_encoding, "gzip");
  if (br == 0 && gz == 0) {
    return identity_;
  }
  return br >= gz ? brotli_ : gzip_;
}

Response Document::respond(const Request& request) const {
  const Form& form = choose(request.header("Accept-Encoding").value_or(""));
  Response response;
  response.set("ETag", form.etag).set("Cache-Control", cache_control_);
  if (brotli_.body) {
    response.set("Vary", "Accept-Encoding");
  }
  if (matches_etag(request.header("If-None-Match").value_or(""), form.etag)) {
    response.status = Status::not_modified;
    return response;
  }
  response.set("Content-Type", content_type_);
  if (!form.encoding.empty()) {
    response.set("Content-Encoding", form.encoding);
  }
  response.shared_body = form.body;
  return response;
}

}  // namespace gatehouse::http
