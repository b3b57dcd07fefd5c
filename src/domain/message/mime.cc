#include "domain/message/mime.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <stdexcept>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "platform/crypto/encoding.h"
#include "platform/crypto/hash.h"

namespace gatehouse::message {

namespace {

constexpr std::size_t kLongestLine = 76;
constexpr std::size_t kBytesInWord = 42;  // 56 characters of base64 and 12 around them
constexpr std::size_t kBoundaryDigits = 32;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}
bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') {
    text.remove_prefix(1);
  }
  while (!text.empty() && text.back() == ' ') {
    text.remove_suffix(1);
  }
  return text;
}

std::string quoted(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') {
      text += '\\';
    }
    text += c;
  }
  return text + '"';
}

// How many bytes of `text` make one encoded word, cut between characters.
std::size_t word_size(std::string_view text) {
  if (text.size() <= kBytesInWord) {
    return text.size();
  }
  std::size_t size = kBytesInWord;
  while (size > 1 && continues_character(text[size])) {
    --size;
  }
  return size;
}

std::string part(const std::string& boundary, std::string_view type, const std::string& body) {
  return fmt::format(
      "--{}\r\nContent-Type: {}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{}\r\n", boundary,
      type, quoted_printable(body));
}

}  // namespace

Mailbox parse_mailbox(std::string_view text) {
  Mailbox mailbox;
  const auto open = text.rfind('<');
  if (open == std::string_view::npos) {
    mailbox.address = trimmed(text);
  } else {
    const auto close = text.find('>', open);
    mailbox.name = single_line(trimmed(text.substr(0, open)));
    mailbox.address = text.substr(open + 1, close == std::string_view::npos ? 0 : close - open - 1);
  }
  if (mailbox.name.size() >= 2 && mailbox.name.front() == '"' && mailbox.name.back() == '"') {
    mailbox.name = mailbox.name.substr(1, mailbox.name.size() - 2);
  }
  const auto at = mailbox.address.rfind('@');
  const bool whole = at != std::string::npos && at > 0 && at + 1 < mailbox.address.size();
  const bool clean = std::ranges::none_of(mailbox.address, [](char c) {
    return is_control(c) || c == ' ' || c == '<' || c == '>' || c == ',' || c == ';' || c == '"';
  });
  if (!whole || !clean) {
    throw std::runtime_error("not an e-mail address");
  }
  return mailbox;
}

std::string single_line(std::string_view text) {
  std::string line(text);
  std::ranges::replace_if(line, is_control, ' ');
  return line;
}

std::string encoded_words(std::string_view raw) {
  std::string text = single_line(raw);
  if (is_ascii(text) && text.size() <= kLongestLine - 10 && text.find("=?") == std::string::npos) {
    return text;
  }
  std::string encoded;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t size = word_size(rest);
    encoded += (encoded.empty() ? "" : "\r\n ") + fmt::format("=?utf-8?B?{}?=", crypto::base64(rest.substr(0, size)));
    rest.remove_prefix(size);
  }
  return encoded;
}

std::string header_value(const Mailbox& mailbox) {
  if (mailbox.name.empty()) {
    return mailbox.address;
  }
  const std::string name = is_ascii(mailbox.name) && mailbox.name.size() < kLongestLine - 20
                               ? quoted(mailbox.name)
                               : encoded_words(mailbox.name);
  return fmt::format("{} <{}>", name, mailbox.address);
}

std::string mail_date(TimePoint time) {
  const std::time_t seconds = unix_seconds(time);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return fmt::format("{}, {} {} {} {:02}:{:02}:{:02} +0000", kDays.at(utc.tm_wday), utc.tm_mday, kMonths.at(utc.tm_mon),
                     utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

std::string quoted_printable(std::string_view text) {
  std::string out;
  std::size_t column = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') {
      continue;
    }
    if (c == '\n') {
      out += "\r\n";
      column = 0;
      continue;
    }
    const bool ends_line = i + 1 == text.size() || text[i + 1] == '\n' || text[i + 1] == '\r';
    const bool plain = (c > ' ' && c < 0x7f && c != '=') || ((c == ' ' || c == '\t') && !ends_line);
    const std::string token = plain ? std::string(1, c) : fmt::format("={:02X}", static_cast<unsigned char>(c));
    if (column + token.size() > kLongestLine - 1) {
      out += "=\r\n";
      column = 0;
    }
    out += token;
    column += token.size();
  }
  return out;
}

std::string compose(const Letter& letter) {
  const std::string boundary = "=_" + crypto::sha256_hex(letter.message_id).substr(0, kBoundaryDigits);
  std::string mail;
  const auto header = [&](std::string_view name, const std::string& value) {
    mail += fmt::format("{}: {}\r\n", name, value);
  };
  header("Date", mail_date(letter.date));
  header("From", header_value(letter.from));
  header("To", parse_mailbox(letter.to).address);
  if (!letter.reply_to.empty()) {
    header("Reply-To", header_value(parse_mailbox(letter.reply_to)));
  }
  header("Subject", encoded_words(letter.subject));
  header("Message-ID", fmt::format("<{}>", single_line(letter.message_id)));
  header("Content-Language", single_line(letter.language));
  header("Auto-Submitted", "auto-generated");
  header("X-Auto-Response-Suppress", "All");
  header("MIME-Version", "1.0");
  header("Content-Type", fmt::format("multipart/alternative; boundary=\"{}\"", boundary));
  mail += "\r\n" + part(boundary, "text/plain", letter.text) + part(boundary, "text/html", letter.html);
  return mail + fmt::format("--{}--\r\n", boundary);
}

}  // namespace gatehouse::message
