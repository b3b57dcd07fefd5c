#pragma once

#include <string>
#include <string_view>

#include "platform/base/time.h"

// The wire form of mail: RFC 5322, 2045, 2046, 2047.
namespace gatehouse::message {

// "Name <a@example.com>" or "a@example.com".
struct Mailbox {
  std::string name;
  std::string address;
};
// Throws std::runtime_error where there is no address without spaces, brackets and control characters.
Mailbox parse_mailbox(std::string_view text);

// One line: control characters become spaces.
std::string single_line(std::string_view text);
// RFC 2047 encoded words where the text is not plain ASCII; folded with CRLF SPACE.
std::string encoded_words(std::string_view text);
// A mailbox as a header's value.
std::string header_value(const Mailbox& mailbox);
// RFC 5322 3.3, in UTC: "Wed, 25 Nov 2026 03:12:13 +0000".
std::string mail_date(TimePoint time);
// RFC 2045 6.7, lines of at most 76 characters ended by CRLF.
std::string quoted_printable(std::string_view text);

struct Letter {
  Mailbox from;
  std::string reply_to;  // empty: none
  std::string to;
  std::string subject;
  std::string language;
  std::string message_id;  // without brackets
  TimePoint date;
  std::string text;
  std::string html;
};
// multipart/alternative; the boundary follows from the message id.
std::string compose(const Letter& letter);

}  // namespace gatehouse::message
