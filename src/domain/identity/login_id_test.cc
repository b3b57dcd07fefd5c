#include "domain/identity/login_id.h"

#include "domain/identity/login_id_rules.h"
#include "platform/base/error.h"
#include "support/test_project.h"

namespace gatehouse::identity {
namespace {

namespace json = boost::json;
using test::TestProject;

std::string email(const std::string& typed, const TestProject& project = TestProject{}) {
  return normalize(*project.build(), "email", typed).login_id;
}

std::string username(const std::string& typed, const TestProject& project = TestProject{}) {
  return normalize(*project.build(), "username", typed).login_id;
}

// The one cause of the refusal; null where the login ID is good.
json::value refusal(std::string_view type, const std::string& typed, const TestProject& project = TestProject{}) {
  try {
    normalize(*project.build(), type, typed);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::invalid);
    EXPECT_EQ(error.reason(), "ValidationFailed");
    const auto& causes = error.info().at("causes").as_array();
    EXPECT_EQ(causes.size(), 1U);
    return causes.at(0);
  }
  return nullptr;
}

json::value format(std::string_view name) {
  return {{"location", "/login_id"}, {"kind", "format"}, {"details", {{"format", name}}}};
}

json::value blocked(std::string_view reason) {
  return {{"location", "/login_id"}, {"kind", "blocked"}, {"details", {{"reason", reason}}}};
}

TestProject any_script() {
  TestProject project;
  project.config.login_id.username.ascii_only = false;
  return project;
}

TEST(LoginIdEmail, local_part_and_domain_are_folded) {
  EXPECT_EQ(email("Faseng+Chima@Example.COM"), "faseng+chima@example.com");
  EXPECT_EQ(email("  person@example.com\n"), "person@example.com");
  EXPECT_EQ(email("gr\u00fc\u00dfen@example.com"), "gr\u00fcssen@example.com");
  EXPECT_EQ(email("faseng.\u210c\U0001d48c@example.com"), "faseng.hk@example.com");
  EXPECT_EQ(email("\uff46oo@example.com"), "foo@example.com");
  EXPECT_EQ(email("faseng@\u6e2c\u8a66.\u9999\u6e2f"), "faseng@\u6e2c\u8a66.\u9999\u6e2f");
}

TEST(LoginIdEmail, the_settings_for_case_and_dots_change_the_local_part_only) {
  TestProject sensitive;
  sensitive.config.login_id.email.case_sensitive = true;
  EXPECT_EQ(email("Faseng.The.Cat@Example.com", sensitive), "Faseng.The.Cat@example.com");
  TestProject dotless;
  dotless.config.login_id.email.ignore_dot_sign = true;
  EXPECT_EQ(email("Faseng.The.Cat@example.com", dotless), "fasengthecat@example.com");
}

TEST(LoginIdEmail, the_unique_key_has_the_domain_in_punycode) {
  const auto project = TestProject{}.build();
  const auto id = normalize(*project, "email", "Faseng@\u6e2c\u8a66.\u9999\u6e2f");
  EXPECT_EQ(id.unique_key, "faseng@xn--g6w251d.xn--j6w193g");
  EXPECT_EQ(id.original, "Faseng@\u6e2c\u8a66.\u9999\u6e2f");
  EXPECT_EQ(id.type, "email");
  EXPECT_EQ(id.key, "email");
  EXPECT_EQ(normalize(*project, "email", "faseng@xn--g6w251d.xn--j6w193g").unique_key, id.unique_key);
}

TEST(LoginIdEmail, what_is_no_address_is_refused) {
  for (const auto* typed : {"person",
                            "person@",
                            "@example.com",
                            "a@b@c",
                            "a b@example.com",
                            "a@exa mple.com",
                            ".a@example.com",
                            "a.@example.com",
                            "a..b@example.com",
                            "a@.example.com",
                            "a@example.com.",
                            "a@example..com",
                            "<a@example.com>",
                            "A <a@example.com>",
                            "\"a@b\"@example.com",
                            "a@[127.0.0.1]",
                            "a@example.com,b@example.com",
                            "a(c)@example.com",
                            "a@example.com\r\nBcc: x@example.com",
                            "a\x01@example.com",
                            "a@exam\xffple.com",
                            "a\u200b@example.com",
                            "a@exam\u00adple.com",
                            "a@xn--!.com"}) {
    EXPECT_EQ(refusal("email", typed), format("email")) << typed;
  }
}

TEST(LoginIdEmail, characters_that_become_others_cannot_make_another_address) {
  TestProject sensitive;
  sensitive.config.login_id.email.case_sensitive = true;
  for (const auto* typed :
       {"x\uff20evil.example\uff0cb@example.com", "a\uff20b@example.com", "a\u00a0b@example.com",
        "a\u3000b@example.com", "a\uff1cb@example.com", "a\u0085b@example.com", "a\u2028b@example.com",
        "a\u2025b@example.com", "a@\uff45vil.example", "a@evil\uff0eexample"}) {
    EXPECT_EQ(refusal("email", typed), format("email")) << typed;
    EXPECT_EQ(refusal("email", typed, sensitive), format("email")) << typed;
  }
}

TEST(LoginIdEmail, length_and_absence_have_causes_of_their_own) {
  EXPECT_EQ(refusal("email", "   "), (json::value{{"location", "/login_id"}, {"kind", "required"}}));
  EXPECT_EQ(refusal("email", std::string(310, 'a') + "@example.com"),
            (json::value{
                {"location", "/login_id"}, {"kind", "maxLength"}, {"details", {{"expected", 320}, {"actual", 322U}}}}));
}

TEST(LoginIdEmail, a_plus_sign_can_be_blocked) {
  TestProject project;
  project.config.login_id.email.block_plus_sign = true;
  EXPECT_EQ(refusal("email", "a+b@example.com", project), format("email"));
  EXPECT_EQ(refusal("email", "ab@exam+ple.com", project), nullptr);
}

TEST(LoginIdEmail, domains_are_blocked_and_allowed_by_lists) {
  TestProject blocking;
  blocking.resources["email_domain_blocklist.txt"] = "evil.example\n  \nB\u00fcCHER.example\n";
  EXPECT_EQ(refusal("email", "a@evil.example", blocking), nullptr);
  blocking.config.login_id.email.domain_blocklist_enabled = true;
  EXPECT_EQ(refusal("email", "a@EVIL.example", blocking), blocked("EmailDomainBlocklist"));
  EXPECT_EQ(refusal("email", "a@b\u00fccher.example", blocking), blocked("EmailDomainBlocklist"));
  EXPECT_EQ(refusal("email", "a@not-evil.example", blocking), nullptr);
  EXPECT_EQ(refusal("email", "a@gmail.com", blocking), nullptr);
  blocking.config.login_id.email.block_free_email_provider_domains = true;
  EXPECT_EQ(refusal("email", "a@gmail.com", blocking), blocked("EmailDomainBlocklist"));
  EXPECT_EQ(refusal("email", "a@mailinator.com", blocking), nullptr);
  blocking.config.login_id.email.block_disposable_email_domains = true;
  EXPECT_EQ(refusal("email", "a@mailinator.com", blocking), blocked("EmailDomainBlocklist"));

  TestProject allowing;
  allowing.config.login_id.email.domain_allowlist_enabled = true;
  allowing.resources["email_domain_allowlist.txt"] = "good.example";
  EXPECT_EQ(refusal("email", "a@good.example", allowing), nullptr);
  EXPECT_EQ(refusal("email", "a@sub.good.example", allowing), blocked("EmailDomainAllowlist"));
}

TEST(LoginIdUsername, it_is_folded_unless_case_counts) {
  EXPECT_EQ(username("FasengChima"), "fasengchima");
  TestProject sensitive;
  sensitive.config.login_id.username.case_sensitive = true;
  EXPECT_EQ(username("FasengChima", sensitive), "FasengChima");
}

TEST(LoginIdUsername, by_default_it_is_ascii_letters_digits_and_three_signs) {
  EXPECT_EQ(username("a_b-c.d9"), "a_b-c.d9");
  for (const auto* typed : {"a b", "a@b", "a+b", "p\u0430ypal", "gr\u00fc\u00dfen", "\u6e2c\u8a66", "\uff41bc", "a/b",
                            "a\u200bb", "\u0131", "a\x01", "\xff\xfe"}) {
    EXPECT_EQ(refusal("username", typed), format("username")) << typed;
  }
}

TEST(LoginIdUsername, other_scripts_are_allowed_where_the_project_says_so) {
  EXPECT_EQ(username("gr\u00fc\u00dfen", any_script()), "gr\u00fcssen");
  EXPECT_EQ(username("\u6e2c\u8a66", any_script()), "\u6e2c\u8a66");
  EXPECT_EQ(username("\u05d0\u05d1\u05d2", any_script()), "\u05d0\u05d1\u05d2");
  EXPECT_EQ(refusal("username", "\u05d0bc", any_script()), format("username"));
  EXPECT_EQ(refusal("username", "a\u200bb", any_script()), format("username"));
}

TEST(LoginIdUsername, look_alikes_of_latin_letters_are_refused) {
  const json::value confusable{{"location", "/login_id"},
                               {"kind", "general"},
                               {"details", {{"msg", "username contains confusable characters"}}}};
  EXPECT_EQ(refusal("username", "p\u0430ypal", any_script()), confusable);
  EXPECT_EQ(refusal("username", "\u0430", any_script()), confusable);
}

TEST(LoginIdUsername, reserved_names_are_refused_as_whole_names) {
  EXPECT_EQ(refusal("username", "Admin"), blocked("UsernameReserved"));
  EXPECT_EQ(refusal("username", "badminton"), nullptr);
  TestProject open;
  open.config.login_id.username.block_reserved_usernames = false;
  EXPECT_EQ(refusal("username", "admin", open), nullptr);
}

TEST(LoginIdUsername, a_projects_lines_add_to_the_reserved_names_and_take_from_them) {
  TestProject project;
  project.resources["reserved_name.txt"] = "# ours\nboss\n/^x[0-9]+$/\n!/^admin$/\n/(/\n";
  EXPECT_EQ(refusal("username", "bigboss", project), blocked("UsernameReserved"));
  EXPECT_EQ(refusal("username", "x12", project), blocked("UsernameReserved"));
  EXPECT_EQ(refusal("username", "x12y", project), nullptr);
  EXPECT_EQ(refusal("username", "admin", project), nullptr);
  EXPECT_EQ(refusal("username", "root", project), blocked("UsernameReserved"));
}

TEST(LoginIdUsername, excluded_keywords_are_refused_anywhere) {
  TestProject project;
  project.resources["username_excluded_keywords.txt"] = "Darn\n";
  EXPECT_EQ(refusal("username", "goshdarnit", project), nullptr);
  project.config.login_id.username.exclude_keywords_enabled = true;
  EXPECT_EQ(refusal("username", "goshDARNit", project), blocked("UsernameExcludedKeywords"));
}

TEST(LoginId, a_type_without_a_key_and_the_phone_are_not_allowed) {
  TestProject only_email;
  only_email.login_ids({"email", "phone"});
  const json::value not_allowed{
      {"location", "/login_id"}, {"kind", "general"}, {"details", {{"msg", "login ID key is not allowed"}}}};
  EXPECT_EQ(refusal("username", "person", only_email), not_allowed);
  EXPECT_EQ(refusal("phone", "+85298765432", only_email), not_allowed);
  EXPECT_FALSE(normalize_for_lookup(*only_email.build(), "username", "person"));
  EXPECT_FALSE(normalize_for_lookup(*only_email.build(), "phone", "+85298765432"));
}

TEST(LoginIdLookup, it_finds_what_may_no_longer_be_chosen) {
  const auto project = TestProject{}.build();
  EXPECT_EQ(normalize_for_lookup(*project, "username", "ADMIN")->unique_key, "admin");
  EXPECT_EQ(normalize_for_lookup(*project, "username", "\uff41dmin")->unique_key, "admin");
  EXPECT_EQ(normalize_for_lookup(*project, "username", "\u05d0b")->unique_key, "\u05d0b");
  EXPECT_EQ(normalize_for_lookup(*project, "email", "\"a@b\"@Example.com")->unique_key, "\"a@b\"@example.com");
}

TEST(LoginIdLookup, what_cannot_be_a_login_id_is_nothing) {
  const auto project = TestProject{}.build();
  for (const auto* typed : {"", " ", "person", "@example.com", "a@", "a@exam\u200bple.com", "\xff@example.com"}) {
    EXPECT_FALSE(normalize_for_lookup(*project, "email", typed)) << typed;
  }
  for (const auto& typed : {std::string("a b"), std::string(2000, 'a'), std::string("a\0b", 3), std::string("\xff")}) {
    EXPECT_FALSE(normalize_for_lookup(*project, "username", typed)) << typed;
  }
}

TEST(LoginId, an_identity_carries_the_claim_of_its_type) {
  const auto project = TestProject{}.build();
  const TimePoint now = from_unix_seconds(1'000);
  const auto identity = make_identity(normalize(*project, "email", "A@example.com"), UserId{"u"}, now);
  EXPECT_EQ(identity.claims, (json::object{{"email", "a@example.com"}}));
  EXPECT_EQ(identity.original_login_id, "A@example.com");
  const auto named = make_identity(normalize(*project, "username", "Person"), UserId{"u"}, now);
  EXPECT_EQ(named.claims, (json::object{{"preferred_username", "person"}}));
}

}  // namespace
}  // namespace gatehouse::identity
