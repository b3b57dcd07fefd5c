#include "domain/message/mime.h"

#include <stdexcept>

namespace gatehouse::message {

TEST(Mime, dates_are_those_of_rfc_5322) {
  EXPECT_EQ(mail_date(from_unix_seconds(1'795'576'333)), "Wed, 25 Nov 2026 03:12:13 +0000");
  EXPECT_EQ(mail_date(from_unix_seconds(0)), "Thu, 1 Jan 1970 00:00:00 +0000");
}

TEST(Mime, subjects_beyond_ascii_are_encoded_words_cut_between_characters) {
  EXPECT_EQ(encoded_words("123456 is your code"), "123456 is your code");
  EXPECT_EQ(encoded_words("Müller"), "=?utf-8?B?TcO8bGxlcg==?=");
  std::string text;
  for (int i = 0; i < 40; ++i) {
    text += "\xe9\xa9\x97";
  }
  const std::string encoded = encoded_words(text);
  for (std::size_t from = 0; from < encoded.size();) {
    const auto end = std::min(encoded.find("\r\n", from), encoded.size());
    EXPECT_LE(end - from, 76U);
    from = end + 2;
  }
  EXPECT_THAT(encoded, testing::HasSubstr("?=\r\n =?utf-8?B?"));
}

TEST(Mime, an_encoded_word_in_the_text_is_not_taken_for_one) {
  EXPECT_THAT(encoded_words("=?utf-8?B?eA==?="), testing::StartsWith("=?utf-8?B?PT91"));
}

TEST(Mime, quoted_printable_keeps_lines_short_and_text_whole) {
  EXPECT_EQ(quoted_printable("a=b\nc \r\nd\xc3\xa9"), "a=3Db\r\nc=20\r\nd=C3=A9");
  const std::string lines = quoted_printable(std::string(200, 'x'));
  EXPECT_EQ(lines.find("=\r\n"), 75U);
}

TEST(Mime, mailboxes_with_and_without_a_name) {
  EXPECT_EQ(header_value(parse_mailbox("a@example.com")), "a@example.com");
  EXPECT_EQ(header_value(parse_mailbox("Ann \"A\" Bee <a@example.com>")), "\"Ann \\\"A\\\" Bee\" <a@example.com>");
  EXPECT_EQ(parse_mailbox("\"Bank, Ltd\" <a@example.com>").name, "Bank, Ltd");
  EXPECT_EQ(header_value(parse_mailbox("Zoë <z@example.com>")), "=?utf-8?B?Wm/Dqw==?= <z@example.com>");
}

TEST(Mime, what_is_no_address_is_refused) {
  for (const char* text : {"", "a", "@", "a@", "@b", "a b@example.com", "a@example.com\r\nBcc: b@example.com",
                           "a@example.com, b@example.com", "<>", "x <a@b", "a@b>c"}) {
    EXPECT_THROW(parse_mailbox(text), std::runtime_error) << text;
  }
}

TEST(Mime, nothing_can_become_a_header) {
  Letter letter{.from = {"Name\r\nBcc: x@example.com", "a@example.com"},
                .to = "b@example.com",
                .subject = "Hello\r\nBcc: x@example.com\r\n\r\nbody",
                .language = "en\r\nBcc: x@example.com",
                .message_id = "id@example.com\r\nBcc: x@example.com",
                .text = "text\r\n.\r\nBcc: x@example.com",
                .html = "<p>"};
  letter.from.name = single_line(letter.from.name);
  const std::string mail = compose(letter);
  const std::string head = mail.substr(0, mail.find("\r\n\r\n"));
  EXPECT_EQ(head.find("\r\nBcc:"), std::string::npos) << head;
}

}  // namespace gatehouse::message
