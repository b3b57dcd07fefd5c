#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "platform/base/error.h"
#include "platform/http/message.h"

namespace gatehouse::http {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

TEST(Form, pairs_keep_their_order_and_names_may_repeat) {
  const Fields fields = parse_form("a=1&b=&c&a=2&&=x");
  EXPECT_EQ(fields.all(), (Pairs{{"a", "1"}, {"b", ""}, {"c", ""}, {"a", "2"}, {"", "x"}}));
  EXPECT_EQ(fields.get("a"), "1");
  EXPECT_EQ(fields.count("a"), 2U);
  EXPECT_EQ(fields.get("d"), std::nullopt);
  EXPECT_EQ(fields.get_or("d", "e"), "e");
}

TEST(Form, plus_is_a_space_and_percent_encoding_is_undone_once) {
  EXPECT_EQ(parse_form("q=a+b%2Bc%2520d&%C3%A9=1").all(), (Pairs{{"q", "a b+c%20d"}, {"é", "1"}}));
}

TEST(Form, what_is_broken_is_refused) {
  for (const char* broken : {"a=%", "a=%4", "a=%zz", "a=%00", "%00=a", "a=%ff", "a=%c3%28", "a=%ed%a0%80", "a=\xff"}) {
    EXPECT_THROW(parse_form(broken), Error) << broken;
  }
}

TEST(Form, a_thousand_pairs_pass_and_one_more_is_refused) {
  std::string form;
  for (int i = 0; i < 1'000; ++i) {
    form += "a=1&";
  }
  EXPECT_EQ(parse_form(form).all().size(), 1'000U);
  EXPECT_THROW(parse_form(form + "a=1"), Error);
}

TEST(Form, what_was_encoded_is_read_back) {
  rc::check([](const std::vector<std::pair<std::string, std::string>>& pairs) {
    Pairs readable;
    for (const auto& [name, value] : pairs) {
      const auto ascii = [](std::string text) {
        for (char& c : text) {
          c = static_cast<char>(c & 0x7f) == 0 ? 'x' : static_cast<char>(c & 0x7f);
        }
        return text;
      };
      readable.emplace_back("n" + ascii(name), ascii(value));
    }
    RC_ASSERT(parse_form(encode_form(Fields{readable})).all() == readable);
  });
}

TEST(PercentEncoding, every_byte_survives_and_only_unreserved_ones_stay_as_they_are) {
  std::string all;
  for (int i = 0; i < 256; ++i) {
    all += static_cast<char>(i);
  }
  EXPECT_EQ(percent_decode(percent_encode(all)), all);
  EXPECT_EQ(percent_encode("aZ09-._~ /?é"), "aZ09-._~%20%2F%3F%C3%A9");
  EXPECT_EQ(percent_decode("a+b"), "a+b");
  EXPECT_EQ(percent_decode("%4"), std::nullopt);
}

}  // namespace
}  // namespace gatehouse::http
