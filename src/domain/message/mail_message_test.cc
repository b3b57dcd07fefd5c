#include "domain/message/mail_message.h"

#include <boost/json.hpp>

#include "domain/message/message_texts.h"
#include "support/postgres_server.h"
#include "support/test_project.h"

namespace gatehouse::message {
namespace {

MailRequest verification_mail() {
  return {
      .type = "verification", .recipient = "person@example.com", .language = "en", .variables = {{"Code", "428913"}}};
}

std::string rendered(const test::TestProject& project, const MailRequest& mail = verification_mail()) {
  return render(*project.build(), mail, from_unix_seconds(1'795'576'333), "0190@app.localhost");
}

std::string without_soft_breaks(std::string mail) {
  for (auto at = mail.find("=\r\n"); at != std::string::npos; at = mail.find("=\r\n")) {
    mail.erase(at, 3);
  }
  return mail;
}

project::SmtpSecret smtp() {
  return {
      .host = "smtp.example.com", .port = 465, .security = egress::SmtpSecurity::tls, .username = "u", .password = "p"};
}

}  // namespace

TEST(MailMessage, has_the_headers_of_rfc_5322_and_both_forms) {
  const std::string mail = rendered(test::TestProject{});
  for (const char* part :
       {"Date: Wed, 25 Nov 2026 03:12:13 +0000\r\n", "From: builtin-sender@localhost\r\n", "To: person@example.com\r\n",
        "Subject: 428913 is your code for Gatehouse\r\n", "Message-ID: <0190@app.localhost>\r\n",
        "Auto-Submitted: auto-generated\r\n", "Content-Type: text/plain; charset=utf-8\r\n",
        "Content-Type: text/html; charset=utf-8\r\n", "    428913\r\n"}) {
    EXPECT_THAT(mail, testing::HasSubstr(part));
  }
  EXPECT_THAT(without_soft_breaks(mail), testing::HasSubstr(";\">428913</span>"));
  EXPECT_EQ(mail.find("{{"), std::string::npos);
  EXPECT_EQ(mail, rendered(test::TestProject{}));  // a repeat is the same mail
}

TEST(MailMessage, no_line_is_longer_than_998_bytes_and_all_end_with_crlf) {
  const std::string mail = rendered(test::TestProject{});
  std::size_t from = 0;
  for (std::size_t at = mail.find('\n'); at != std::string::npos; at = mail.find('\n', from)) {
    ASSERT_GT(at, 0U);
    EXPECT_EQ(mail[at - 1], '\r');
    EXPECT_LE(at - from, 998U);
    from = at + 1;
  }
  EXPECT_EQ(from, mail.size());
}

TEST(MailMessage, values_cannot_become_markup_or_headers) {
  test::TestProject project;
  project.resources["templates/en/translation.json"] = R"({"app.name": "<b>Bank</b>\r\nBcc: x@example.com"})";
  const std::string mail = rendered(project);
  EXPECT_EQ(mail.find("\r\nBcc:"), std::string::npos);
  EXPECT_EQ(mail.find("<b>Bank", mail.find("text/html")), std::string::npos);
}

TEST(MailMessage, the_projects_texts_and_templates_come_first) {
  test::TestProject project;
  project.config.localization.supported_languages = {"en", "fr"};
  project.resources["templates/fr/translation.json"] =
      R"({"app.name": "Banque", "email.verification.sender": "Banque <no-reply@banque.example>"})";
  project.resources["templates/en/messages/verification_email.txt"] = "Code: {{ .Code }} for {{.AppName}}";
  const std::string mail = rendered(project);
  EXPECT_THAT(mail, testing::HasSubstr("From: \"Banque\" <no-reply@banque.example>\r\n"));
  EXPECT_THAT(mail, testing::HasSubstr("\r\n\r\nCode: 428913 for Banque\r\n"));
}

TEST(MailMessage, a_project_template_that_does_more_than_naming_values_is_passed_over) {
  EXPECT_EQ(as_mustache("a {{ .Code }} b {{.URL}} {{Host}}"), "a {{Code}} b {{URL}} {{Host}}");
  for (const char* text :
       {"{{ if .Code }}x{{ end }}", "{{ template \"x\" . }}", "{{ .Code | upper }}", "{{", "{{{ .Code }}}"}) {
    EXPECT_EQ(as_mustache(text), std::nullopt) << text;
  }
  test::TestProject project;
  project.resources["templates/en/messages/verification_email.txt"] = "{{ if .Code }}{{ .Code }}{{ end }}";
  EXPECT_THAT(rendered(project), testing::HasSubstr("Your verification code"));
}

TEST(MailMessage, a_broken_translation_of_the_project_does_not_stop_the_mail) {
  test::TestProject project;
  project.resources["templates/en/translation.json"] = "{ not json";
  EXPECT_THAT(rendered(project), testing::HasSubstr("428913 is your code"));
}

TEST(MailMessage, a_language_without_files_falls_back_to_english) {
  MailRequest mail = verification_mail();
  mail.language = "zh-HK";
  EXPECT_THAT(rendered(test::TestProject{}, mail), testing::HasSubstr("Your verification code"));
}

TEST(MailMessage, goes_to_the_projects_server_or_is_an_error) {
  test::TestProject project;
  const auto reason = [&] {
    try {
      address(*project.build(), verification_mail(), "");
    } catch (const Error& error) {
      return error.reason();
    }
    return std::string("none");
  };
  EXPECT_EQ(reason(), "NoAvailableSMTPConfiguration");
  project.secrets.smtp = smtp();
  project.secrets.smtp->sender = "Bank <mail@bank.example>";
  const egress::Mail mail = address(*project.build(), verification_mail(), "bytes");
  EXPECT_EQ(mail.host, "smtp.example.com");
  EXPECT_EQ(mail.envelope_from, "mail@bank.example");
  EXPECT_EQ(mail.envelope_to, "person@example.com");
  EXPECT_THAT(rendered(project), testing::HasSubstr("From: \"Bank\" <mail@bank.example>\r\n"));
}

TEST(MailMessage, waits_sealed_in_the_outbox) {
  test::TestContext ctx(test::TestProject{}.database(test::fresh_database()).build());
  const auto keys = crypto::KeyRing::parse(crypto::KeyRing::generate());
  postgres::Batch batch;
  MailRequest mail = verification_mail();
  mail.useful_until = ctx->now() + std::chrono::minutes{5};
  enqueue(batch, ctx, keys, mail);
  ctx.run(ctx->commit(batch));
  static constexpr postgres::Sql kSql =
      "SELECT id, sealed, payload::text FROM _gatehouse_outbox WHERE app_id = $1 AND kind = 'mail'";
  const auto result = ctx.run(ctx->db().run(kSql, postgres::Params(ctx->app_id())));
  ASSERT_EQ(result.rows(), 1U);
  const std::string id(*result.at(0, 0));
  const std::string sealed(*result.at(0, 1));
  EXPECT_EQ(sealed.find("428913"), std::string::npos);
  EXPECT_EQ(result.at(0, 2)->find("428913"), std::string_view::npos);
  const auto opened = open(keys, ctx->app_id(), id, sealed);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->variables.at("Code"), "428913");
  EXPECT_EQ(opened->useful_until, mail.useful_until);
  EXPECT_FALSE(open(keys, project::ProjectId{"other"}, id, sealed));
}

TEST(MailMessage, is_an_event_instead_where_the_features_file_suppresses_it) {
  test::TestProject project;
  project.config.test_mode.email_suppressed = true;
  test::TestContext ctx(project.database(test::fresh_database()).build());
  const auto keys = crypto::KeyRing::parse(crypto::KeyRing::generate());
  postgres::Batch batch;
  enqueue(batch, ctx, keys, verification_mail());
  ctx.run(ctx->commit(batch));
  static constexpr postgres::Sql kSql = "SELECT payload ->> 'type' FROM _gatehouse_outbox WHERE app_id = $1";
  EXPECT_EQ(ctx.run(ctx->db().one<std::string>(kSql, ctx->app_id())), "email.suppressed");
}

}  // namespace gatehouse::message
