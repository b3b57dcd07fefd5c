#include "platform/http/document.h"

#include <brotli/decode.h>
#include <zlib.h>

#include <gtest/gtest.h>

#include "platform/http/static_files.h"

namespace gatehouse::http {
namespace {

const std::string& long_text() {
  static const std::string text = [] {
    std::string out;
    for (int i = 0; i < 300; ++i) {
      out += "body { color: #" + std::to_string(i * 7919) + "; }\n";
    }
    return out;
  }();
  return text;
}

Request asking(std::vector<Header> headers, std::string path = "/") {
  Request request;
  request.path = std::move(path);
  request.headers = std::move(headers);
  return request;
}

std::string ungzip(const std::string& body) {
  z_stream stream{};
  inflateInit2(&stream, 15 + 16);
  std::string out(1 << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

std::string unbrotli(const std::string& body) {
  std::string out(1 << 20, '\0');
  std::size_t size = out.size();
  EXPECT_EQ(BrotliDecoderDecompress(body.size(), reinterpret_cast<const std::uint8_t*>(body.data()), &size,
                                    reinterpret_cast<std::uint8_t*>(out.data())),
            BROTLI_DECODER_RESULT_SUCCESS);
  out.resize(size);
  return out;
}

TEST(Document, is_sent_in_the_best_encoding_that_the_client_takes) {
  const Document document(long_text(), "text/css", "public");
  const auto encoding = [&](std::string accept) {
    return std::string{
        document.respond(asking({{"Accept-Encoding", std::move(accept)}})).header("Content-Encoding").value_or("")};
  };
  EXPECT_EQ(encoding("gzip, deflate, br"), "br");
  EXPECT_EQ(encoding("gzip"), "gzip");
  EXPECT_EQ(encoding("br;q=0.5, gzip;q=0.8"), "gzip");
  EXPECT_EQ(encoding("br;q=0, gzip;q=0"), "");
  EXPECT_EQ(encoding("*"), "br");
  EXPECT_EQ(encoding("*;q=0.1, br;q=0"), "gzip");
  EXPECT_EQ(encoding("identity"), "");
  EXPECT_EQ(encoding(""), "");
  EXPECT_EQ(encoding("br;q=nonsense"), "");
  EXPECT_FALSE(document.respond(asking({})).header("Content-Encoding"));
}

TEST(Document, every_form_holds_the_same_text) {
  const Document document(long_text(), "text/css", "public");
  const Response plain = document.respond(asking({}));
  const Response gzip = document.respond(asking({{"Accept-Encoding", "gzip"}}));
  const Response brotli = document.respond(asking({{"Accept-Encoding", "br"}}));
  EXPECT_EQ(*plain.shared_body, long_text());
  EXPECT_EQ(ungzip(*gzip.shared_body), long_text());
  EXPECT_EQ(unbrotli(*brotli.shared_body), long_text());
  EXPECT_LT(brotli.shared_body->size(), long_text().size() / 3);
  for (const Response* response : {&plain, &gzip, &brotli}) {
    EXPECT_EQ(response->header("Vary"), "Accept-Encoding");
  }
  EXPECT_NE(plain.header("ETag"), gzip.header("ETag"));
  EXPECT_NE(gzip.header("ETag"), brotli.header("ETag"));
}

TEST(Document, that_the_client_has_is_not_sent_again) {
  const Document document(long_text(), "text/css", "public, max-age=60");
  const std::string etag{*document.respond(asking({})).header("ETag")};
  for (const std::string& known : {etag, "W/" + etag, "\"other\", " + etag, std::string{"*"}}) {
    const Response response = document.respond(asking({{"If-None-Match", known}}));
    EXPECT_EQ(response.status, Status::not_modified) << known;
    EXPECT_FALSE(response.shared_body);
    EXPECT_EQ(response.header("ETag"), etag);
    EXPECT_EQ(response.header("Cache-Control"), "public, max-age=60");
  }
  EXPECT_EQ(document.respond(asking({{"If-None-Match", "\"other\""}})).status, Status::ok);
  EXPECT_EQ(document.respond(asking({{"If-None-Match", etag}, {"Accept-Encoding", "br"}})).status, Status::ok)
      << "another encoding is another representation";
}

TEST(Document, what_compression_does_not_help_stays_as_it_is) {
  const Document image(std::string(5000, 'x'), "image/png", "public");
  EXPECT_FALSE(image.respond(asking({{"Accept-Encoding", "br"}})).header("Content-Encoding"));
  const Document small("{}", "application/json", "public");
  EXPECT_FALSE(small.respond(asking({{"Accept-Encoding", "br"}})).header("Content-Encoding"));
}

TEST(StaticFiles, are_served_under_their_hashed_names_for_ever) {
  const StaticFiles files("/shared-assets/", R"({"app.css":"app.3f2a.css","logo.svg":"logo.77.svg"})",
                          {{"web/authui/app.3f2a.css", long_text()}, {"web/authui/logo.77.svg", "<svg/>"}});
  EXPECT_EQ(files.path_of("app.css"), "/shared-assets/app.3f2a.css");
  const Response response = files.respond(asking({}, "/shared-assets/app.3f2a.css"));
  EXPECT_EQ(response.header("Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(response.header("Content-Type"), "text/css; charset=utf-8");
  EXPECT_EQ(response.header("Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(*response.shared_body, long_text());
  for (const char* path :
       {"/shared-assets/app.css", "/shared-assets/", "/shared-assets/manifest.json", "/app.3f2a.css"}) {
    EXPECT_EQ(files.respond(asking({}, path)).status, Status::not_found) << path;
  }
  EXPECT_THROW(files.path_of("nothing.css"), std::out_of_range);
}

TEST(StaticFiles, a_manifest_that_names_a_missing_file_is_refused) {
  EXPECT_THROW(StaticFiles("/a/", R"({"app.css":"app.1.css"})", {{"web/authui/xapp.1.css", ""}}), std::runtime_error);
}

}  // namespace
}  // namespace gatehouse::http
