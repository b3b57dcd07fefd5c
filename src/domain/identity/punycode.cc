#include <algorithm>
#include <limits>

#include "domain/identity/unicode_text.h"

namespace gatehouse::identity {

namespace {

// RFC 3492 5: the parameters of Punycode.
constexpr std::uint32_t kBase = 36;
constexpr std::uint32_t kTMin = 1;
constexpr std::uint32_t kTMax = 26;
constexpr std::uint32_t kSkew = 38;
constexpr std::uint32_t kDamp = 700;
constexpr std::uint32_t kInitialBias = 72;
constexpr std::uint32_t kInitialN = 128;
constexpr std::uint32_t kMost = std::numeric_limits<std::uint32_t>::max();
constexpr std::string_view kPrefix = "xn--";
constexpr std::size_t kLongestLabel = 255;

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < kInitialN; });
}

std::uint32_t adapt(std::uint32_t delta, std::uint32_t points, bool first) {
  delta = first ? delta / kDamp : delta / 2;
  delta += delta / points;
  std::uint32_t k = 0;
  for (; delta > (kBase - kTMin) * kTMax / 2; k += kBase) {
    delta /= kBase - kTMin;
  }
  return k + (kBase - kTMin + 1) * delta / (delta + kSkew);
}

std::uint32_t threshold(std::uint32_t k, std::uint32_t bias) {
  return k <= bias ? kTMin : std::clamp(k - bias, kTMin, kTMax);
}

char digit(std::uint32_t value) { return static_cast<char>(value < 26 ? 'a' + value : '0' + value - 26); }

void append_number(std::string& out, std::uint32_t q, std::uint32_t bias) {
  for (std::uint32_t k = kBase;; k += kBase) {
    const std::uint32_t t = threshold(k, bias);
    if (q < t) {
      break;
    }
    out += digit(t + (q - t) % (kBase - t));
    q = (q - t) / (kBase - t);
  }
  out += digit(q);
}

// RFC 3492 6.3. Labels are short, so the delta cannot overflow: 255 × 0x110000 has 29 bits.
std::string encode(const CodePoints& label) {
  std::string out;
  std::ranges::copy_if(utf8(label), std::back_inserter(out),
                       [](char c) { return static_cast<unsigned char>(c) < kInitialN; });
  const auto basic = static_cast<std::uint32_t>(out.size());
  out += basic > 0 ? "-" : "";
  std::uint32_t n = kInitialN;
  std::uint32_t delta = 0;
  std::uint32_t bias = kInitialBias;
  for (std::uint32_t done = basic; done < label.size(); ++delta, ++n) {
    char32_t next = std::numeric_limits<char32_t>::max();
    for (const char32_t c : label) {
      next = c >= n ? std::min(next, c) : next;
    }
    delta += (next - n) * (done + 1);
    n = next;
    for (const char32_t c : label) {
      delta += c < n ? 1 : 0;
      if (c == n) {
        append_number(out, delta, bias);
        bias = adapt(delta, done + 1, done == basic);
        delta = 0;
        ++done;
      }
    }
  }
  return out;
}

std::optional<std::uint32_t> value_of(char c) {
  if (c >= 'a' && c <= 'z') {
    return c - 'a';
  }
  if (c >= 'A' && c <= 'Z') {
    return c - 'A';
  }
  if (c >= '0' && c <= '9') {
    return c - '0' + 26;
  }
  return std::nullopt;
}

// Takes one generalized variable-length integer off `rest` (RFC 3492 3.3).
std::optional<std::uint32_t> take_number(std::string_view& rest, std::uint32_t bias) {
  std::uint64_t number = 0;
  std::uint64_t weight = 1;
  for (std::uint32_t k = kBase; !rest.empty(); k += kBase) {
    const auto value = value_of(rest.front());
    rest.remove_prefix(1);
    number += value ? *value * weight : 0;
    if (!value || number > kMost) {
      return std::nullopt;
    }
    const std::uint32_t t = threshold(k, bias);
    if (*value < t) {
      return static_cast<std::uint32_t>(number);
    }
    weight *= kBase - t;
    if (weight > kMost) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

// RFC 3492 6.2: whether the text after the prefix is Punycode at all.
bool decodes(std::string_view text) {
  const auto dash = text.rfind('-');
  std::uint64_t length = dash == std::string_view::npos ? 0 : dash;
  std::string_view rest = dash == std::string_view::npos ? text : text.substr(dash + 1);
  std::uint64_t n = kInitialN;
  std::uint64_t position = 0;
  std::uint32_t bias = kInitialBias;
  bool first = true;
  while (!rest.empty()) {
    const auto step = take_number(rest, bias);
    if (!step) {
      return false;
    }
    ++length;
    bias = adapt(*step, static_cast<std::uint32_t>(length), first);
    first = false;
    position += *step;
    n += position / length;
    position = position % length + 1;
    if (n > 0x10ffff || (n >= 0xd800 && n <= 0xdfff)) {
      return false;
    }
  }
  return true;
}

std::optional<std::string> ascii_label(std::string_view label) {
  if (label.size() > kLongestLabel || (label.starts_with(kPrefix) && !decodes(label.substr(kPrefix.size())))) {
    return std::nullopt;
  }
  if (is_ascii(label)) {
    return std::string(label);
  }
  const auto points = code_points(label);
  if (!points) {
    return std::nullopt;
  }
  return std::string(kPrefix) + encode(*points);
}

}  // namespace

std::optional<std::string> punycode_domain(std::string_view domain) {
  std::string out;
  while (true) {
    const auto dot = domain.find('.');
    const auto label = ascii_label(domain.substr(0, dot));
    if (!label) {
      return std::nullopt;
    }
    out += *label;
    if (dot == std::string_view::npos) {
      return out;
    }
    out += '.';
    domain.remove_prefix(dot + 1);
  }
}

}  // namespace gatehouse::identity
