#include "flow/engine/state_json.h"

#include <gtest/gtest.h>

#include "flow/engine/mask.h"

namespace gatehouse::flow {

namespace {

State some_state() {
  State state{.flow = FlowId("authflow_1"), .type = FlowType::signup, .name = "default", .new_user = UserId("user")};
  state.created_at = from_unix_seconds(1'800'000'000);
  state.path.push_back({Pointer({0, 1, 0}), StepType::verify, std::nullopt});
  state.done.push_back({Pointer::first(), StepType::identify, 1});
  state.plan.push_back({Pointer::first(), CreateUser{UserId("user")}});
  state.facts.push_back({NeedKey("k"), Pointer::first(), CheckedCode{verification::CodeVerdict::right}});
  return state;
}

}  // namespace

TEST(StateJson, a_state_is_read_as_it_was_written) {
  const auto text = write_state(some_state());
  const auto read = read_state(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(write_state(*read), text);
  EXPECT_EQ(read->done.front().branch, 1);
  EXPECT_EQ(std::get<CheckedCode>(read->facts.front().got).verdict, verification::CodeVerdict::right);
}

TEST(StateJson, the_next_format_is_read_too_and_the_one_after_is_not) {
  auto object = boost::json::parse(write_state(some_state())).as_object();
  object["what_the_next_version_adds"] = boost::json::array{1, 2};
  object.erase("finished");
  object["format"] = kStateFormat + 1;
  EXPECT_TRUE(read_state(boost::json::serialize(object)));
  object["format"] = kStateFormat + 2;
  EXPECT_FALSE(read_state(boost::json::serialize(object)));
}

TEST(StateJson, a_change_that_this_version_does_not_know_is_no_state_of_it) {
  auto object = boost::json::parse(write_state(some_state())).as_object();
  object["plan"].as_array().front().as_object()["change"] = boost::json::object{{"grant_everything", {}}};
  EXPECT_FALSE(read_state(boost::json::serialize(object)));
  EXPECT_FALSE(read_state("{"));
  EXPECT_FALSE(read_state("[]"));
}

TEST(StateJson, a_state_over_64_kib_is_refused) {
  auto state = some_state();
  state.name = std::string(kLargestState, 'x');
  EXPECT_THROW(write_state(state), Error);
}

TEST(Pointer, is_written_as_a_json_pointer_and_read_from_one) {
  const Pointer at({0, 1, 2});
  EXPECT_EQ(at.text(), "/steps/0/one_of/1/steps/2");
  EXPECT_EQ(Pointer::parse(at.text()), at);
  for (const auto* text :
       {"", "/steps/", "/steps/-1", "/steps/0/one_of/1", "/one_of/1", "/steps/0x", "/steps/99999999999"}) {
    EXPECT_FALSE(Pointer::parse(text)) << text;
  }
}

TEST(MaskEmail, keeps_the_first_half_of_the_local_part) {
  EXPECT_EQ(mask_email("person@example.com"), "per***@example.com");
  EXPECT_EQ(mask_email("a@example.com"), "*@example.com");
  EXPECT_EQ(mask_email("größe@example.com"), "gr***@example.com");
}

}  // namespace gatehouse::flow
