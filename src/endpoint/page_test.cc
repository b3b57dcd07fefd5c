#include "endpoint/page.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <regex>

#include <gtest/gtest.h>

#include "endpoint/pages.h"
#include "endpoint/rich_text.h"
#include "endpoint/unknown_host.h"
#include "platform/base/embedded.h"
#include "support/test_project.h"

namespace gatehouse::endpoint {
namespace {

namespace json = boost::json;

constexpr std::string_view kMarker = "\"'><script>x()</script>{{secret}}";

// Pages with values as their handlers give them.
json::object sample(const std::string& page) {
  json::object values{{"client", "Ledgerline"}, {"client_initials", "L"}, {"start_url", "/login?x_ref=R"}};
  if (page == "login" || page == "signup") {
    values["login_id_label"] = page == "login" ? "Email or username" : "Email";
    values["login_id_input"] = "text";
    values["login_id_autocomplete"] = "email";
    values["login_id_hint"] = "We send a code there to make sure it is yours.";
    values["signup_url"] = "/signup?x_ref=R";
    values["login_url"] = "/login?x_ref=R";
    return values;
  }
  add_who(values, "mira.solberg@tarnwick.example");
  values["length"] = "6";
  values["target"] = "mira.s******@tarnwick.example";
  values["minutes"] = "5";
  values["seconds"] = "42";
  values["resend_in"] = "ready in {time}";
  values["label"] = "Password";
  values["field"] = "x_password";
  values["rules"] = json::array{"At least 8 characters."};
  values["heading"] = page == "problem" ? "This page is out of date" : "";
  values["return_host"] = "fieldnote.example";
  values["scope"] = "openid";
  if (page != "problem") {
    values.erase("heading");
  }
  return values;
}

struct PageTest : testing::Test {
  std::string body(const std::string& page, json::object values) {
    return pages.render(*context, request, page, std::move(values)).body;
  }

  test::TestContext context{test::TestProject{}.build()};
  http::Request request;
  http::StaticFiles assets = http::StaticFiles::of_pages("/shared-assets/");
  PageRenderer pages{assets};
};

TEST_F(PageTest, every_page_is_whole_html_in_the_budget) {
  std::size_t css = 0;
  for (const EmbeddedFile& file : embedded_files("web/authui/app.")) {
    css += file.path.ends_with(".css") || file.path.ends_with(".js") ? file.content.size() : 0;
  }
  ASSERT_GT(css, 0U);
  for (const std::string& page : pages.pages()) {
    const std::string html = body(page, sample(page));
    EXPECT_TRUE(html.starts_with("<!doctype html>")) << page;
    EXPECT_TRUE(html.ends_with("</html>")) << page;
    EXPECT_LE(html.size() + css, 30U * 1024) << page;
  }
}

TEST_F(PageTest, no_text_is_missing) {
  const std::regex key(
      R"(>[^<]*\b(layout|login|signup|password|code|create_password|change_password|policy|strength|signed_in|logout|signed_out|consent|op_error|problem|error)\.[a-z_]+)");
  for (const std::string& page : pages.pages()) {
    const std::string html = body(page, sample(page));
    std::smatch found;
    EXPECT_FALSE(std::regex_search(html, found, key)) << page << ": " << found.str();
    EXPECT_EQ(html.find("{{"), std::string::npos) << page;
  }
}

TEST_F(PageTest, a_marker_in_any_value_stays_text) {
  for (const std::string& page : pages.pages()) {
    json::object values = sample(page);
    for (auto& [key, value] : values) {
      if (value.is_string()) {
        value = kMarker;
      }
    }
    const std::string html = body(page, values);
    EXPECT_EQ(html.find("<script>x"), std::string::npos) << page;
    EXPECT_EQ(html.find("\"'>"), std::string::npos) << page;
  }
}

// docs/automation.md promises these.
TEST_F(PageTest, ids_for_automation_stay) {
  const std::pair<const char*, std::vector<const char*>> promised[] = {
      {"login", {"login-form", "login-id", "login-submit", "signup-link"}},
      {"signup", {"signup-form", "login-id", "signup-submit", "login-link"}},
      {"enter_password", {"password-form", "password", "password-submit", "start-over"}},
      {"enter_oob_otp", {"code-form", "code", "code-submit", "code-resend", "start-over"}},
      {"create_password", {"create-password-form", "password", "password-again", "create-password-submit"}},
      {"change_password", {"change-password-form", "password", "password-again", "change-password-submit"}},
      {"signed_in", {"sign-out"}},
      {"logout", {"logout-form", "logout-confirm", "logout-stay"}},
      {"signed_out", {"sign-in-again"}},
      {"consent", {"consent-form", "consent-allow", "consent-deny"}},
      {"op_error", {"op-error", "op-error-code", "op-error-parameter"}},
      {"problem", {"problem"}},
  };
  for (const auto& [page, ids] : promised) {
    json::object values = sample(page);
    values["parameter"] = "redirect_uri";
    const std::string html = body(page, values);
    for (const char* id : ids) {
      const std::string attribute = "id=\"" + std::string(id) + "\"";
      const std::size_t first = html.find(attribute);
      ASSERT_NE(first, std::string::npos) << page << " " << id;
      EXPECT_EQ(html.find(attribute, first + 1), std::string::npos) << page << " " << id << " comes twice";
    }
    EXPECT_FALSE(html.contains(" disabled")) << page;
  }
}

TEST_F(PageTest, templates_write_raw_html_only_from_texts) {
  for (const EmbeddedFile& file : embedded_files("web/authui/templates/")) {
    for (std::size_t at = file.content.find("{{{"); at != std::string_view::npos;
         at = file.content.find("{{{", at + 3)) {
      const std::string_view tag = file.content.substr(at, file.content.find("}}}", at) - at);
      EXPECT_TRUE(tag.starts_with("{{{t.") || tag == "{{{style") << file.path << ": " << tag;  // our own style sheet
    }
    EXPECT_EQ(file.content.find("{{&"), std::string_view::npos) << file.path;
  }
}

TEST_F(PageTest, templates_hold_no_inline_script_or_style) {
  const std::regex inline_code(R"( (style|on[a-z]+)=|javascript:)");
  for (const EmbeddedFile& file : embedded_files("web/authui/templates/")) {
    EXPECT_FALSE(std::regex_search(std::string(file.content), inline_code)) << file.path;
  }
}

TEST_F(PageTest, each_answer_has_its_own_nonce_and_a_policy_without_loopholes) {
  const http::Response one = pages.render(*context, request, "login", sample("login"));
  const http::Response two = pages.render(*context, request, "login", sample("login"));
  const std::string policy(one.header("Content-Security-Policy").value_or(""));
  EXPECT_NE(policy, two.header("Content-Security-Policy").value_or(""));
  EXPECT_EQ(policy.find("unsafe"), std::string::npos);
  EXPECT_TRUE(policy.starts_with("default-src 'none'"));
  std::smatch nonce;
  ASSERT_TRUE(std::regex_search(policy, nonce, std::regex("'nonce-([a-zA-Z0-9]{22})'")));
  EXPECT_NE(one.body.find("nonce=\"" + nonce[1].str() + "\""), std::string::npos);
  EXPECT_EQ(one.header("Cache-Control").value_or(""), "no-store");
}

TEST_F(PageTest, a_project_brings_its_accent) {
  test::TestProject plain;
  test::TestContext without(plain.build());
  EXPECT_EQ(pages.render(*without, request, "login", {}).body.find("<style"), std::string::npos);

  test::TestProject project;
  project.config.id = project::ProjectId{"coloured"};
  project.config.own.ui.accent = "#123abc";
  test::TestContext with(project.build());
  EXPECT_NE(pages.render(*with, request, "login", {}).body.find(":root{--accent:#123abc}"), std::string::npos);
}

TEST_F(PageTest, a_project_brings_its_name_links_texts_and_logo) {
  test::TestProject project;
  project.config.localization.supported_languages = {"en", "de"};
  project.resources["templates/en/translation.json"] =
      R"json({"app.name": "Tarnwick & Co", "privacy-policy-link": "https://t.example/p", "terms-of-service-link": "javascript:x()"})json";
  project.resources["templates/de/translation.json"] = R"({"login.title": "Anmelden", "login.lede": "{broken"})";
  project.resources["static/en/app_logo.png"] = "png";
  test::TestContext with(project.build());
  request.query.add("ui_locales", "de");
  const std::string html = pages.render(*with, request, "login", {}).body;
  EXPECT_NE(html.find("alt=\"Tarnwick &amp; Co\""), std::string::npos);
  EXPECT_NE(html.find("src=\"/static/en/app_logo.png\""), std::string::npos);
  EXPECT_NE(html.find("href=\"https://t.example/p\""), std::string::npos);
  EXPECT_EQ(html.find("javascript:"), std::string::npos);
  EXPECT_NE(html.find("Deutsch"), std::string::npos);
}

TEST_F(PageTest, an_unknown_language_gets_the_fallback) {
  for (const char* locales : {"xx", "zz-ZZ en", "<script>", "\xff", "", "                "}) {
    http::Request odd;
    odd.query.add("ui_locales", locales);
    EXPECT_NE(pages.render(*context, odd, "login", {}).body.find("<html lang=\"en\""), std::string::npos) << locales;
  }
}

TEST_F(PageTest, consent_names_the_application_its_scopes_and_where_the_answer_goes) {
  const project::OAuthClient* client = context.project->client(project::ClientId{test::kThirdPartyClient});
  const auto html = render_consent(pages, *context, request,
                                   {.client = client,
                                    .scopes = {"openid", "email", "offline_access", "x:y<z>"},
                                    .login_id = "mira@tarnwick.example",
                                    .redirect_uri = "https://fieldnote.example:444/cb?x"})
                        .body;
  for (const char* id : {"consent-form", "consent-allow", "consent-deny"}) {
    EXPECT_NE(html.find("id=\"" + std::string(id) + "\""), std::string::npos) << id;
  }
  EXPECT_NE(html.find("fieldnote.example:444"), std::string::npos);
  EXPECT_NE(html.find("x:y&lt;z&gt;"), std::string::npos);
  EXPECT_NE(html.find("364 days"), std::string::npos);
}

TEST_F(PageTest, a_wait_is_told_as_it_is) {
  const auto lede = [&](int seconds) {
    return render_problem(
               pages, *context, request,
               {.kind = "rate", .status = http::Status::too_many_requests, .again = "/login", .retry_after = seconds})
        .body;
  };
  EXPECT_NE(lede(1).find("Wait 1 second, then"), std::string::npos);
  EXPECT_NE(lede(89).find("Wait 89 seconds, then"), std::string::npos);
  EXPECT_NE(lede(90).find("Wait 2 minutes, then"), std::string::npos);
  EXPECT_NE(lede(0).find("Wait a moment, then"), std::string::npos);
}

TEST_F(PageTest, a_problem_names_the_way_on_that_it_has) {
  const auto lede = [&](std::string again, std::string client) {
    return render_problem(pages, *context, request,
                          {.kind = "outdated", .again = std::move(again), .client = std::move(client)})
        .body;
  };
  EXPECT_NE(lede("/login", "Ledgerline").find("start again from here"), std::string::npos);
  EXPECT_NE(lede("", "Ledgerline").find("Go back to Ledgerline"), std::string::npos);
  EXPECT_NE(lede("", "").find("Open your application again"), std::string::npos);
}

TEST(HomeOf, is_where_people_find_an_application_again) {
  project::OAuthClient client;
  EXPECT_EQ(home_of(client), "");
  client.redirect_uris = {"org.fieldnote.app:/cb", "http://127.0.0.1/cb", "http://[::1]/cb",
                          "https://fieldnote.example:444/cb?x=1", "https://other.example"};
  EXPECT_EQ(home_of(client), "https://fieldnote.example:444/");
  EXPECT_EQ(home_of(client, "https://other.example"), "https://other.example/");
  EXPECT_EQ(home_of(client, "https://evil.example/cb"), "https://fieldnote.example:444/") << "only a registered one";
  EXPECT_EQ(home_of(client, "org.fieldnote.app:/cb"), "https://fieldnote.example:444/");
  client.client_uri = "javascript:alert(1)";
  EXPECT_EQ(home_of(client), "https://fieldnote.example:444/");
  client.client_uri = "https://fieldnote.example/welcome";
  EXPECT_EQ(home_of(client), "https://fieldnote.example/welcome");
}

TEST_F(PageTest, an_unknown_host_learns_no_address_unless_it_may) {
  const UnknownHostPage page(assets);
  const auto strangers = page.render("");
  EXPECT_EQ(strangers.status, http::Status::not_found);
  EXPECT_NE(strangers.body.find("data-kind=\"host\""), std::string::npos);
  EXPECT_NE(strangers.body.find("--accent"), std::string::npos) << "the style sheet is in it";
  EXPECT_EQ(strangers.body.find("href="), std::string::npos);
  EXPECT_EQ(strangers.body.find("src="), std::string::npos);
  EXPECT_NE(page.render("http://localhost:3000").body.find("href=\"http://localhost:3000\""), std::string::npos);
}

TEST_F(PageTest, op_error_shows_the_code_and_the_parameter_as_text) {
  const http::Response page = render_op_error(
      pages, *context, request, {.error = "invalid_request", .parameter = "redirect_uri", .client_id = "<b>"});
  EXPECT_EQ(page.status, http::Status::bad_request);
  EXPECT_NE(page.body.find("id=\"op-error\""), std::string::npos);
  EXPECT_NE(page.body.find("invalid_request"), std::string::npos);
  EXPECT_NE(page.body.find("redirect_uri"), std::string::npos);
  EXPECT_NE(page.body.find("&lt;b&gt;"), std::string::npos);
}

TEST(RichText, keeps_bold_and_named_links_and_nothing_else) {
  const text::Translations texts("en", {R"({"k": "<b>{who}</b> <i>x</i> <terms>t</terms> <other>o</other> \"q\""})"},
                                 nullptr);
  EXPECT_EQ(
      rich_text(texts, "k", {{"who", "<b>&"}, {"terms_url", "https://t.example/?a=\"b"}}),
      "<b>&lt;b&gt;&amp;</b> &lt;i>x&lt;/i> <a href=\"https://t.example/?a=&quot;b\">t</a> &lt;other>o&lt;/other> "
      "&quot;q&quot;");
}

TEST(Initials, are_at_most_two_letters) {
  EXPECT_EQ(initials("mira.solberg@tarnwick.example"), "MS");
  EXPECT_EQ(initials("Ledgerline"), "L");
  EXPECT_EQ(initials("åse øst"), "ÅØ");
  EXPECT_EQ(initials("...@x"), "");
  EXPECT_EQ(initials("\xff\xfe"), "");
}

}  // namespace
}  // namespace gatehouse::endpoint
