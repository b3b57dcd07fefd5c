#include <algorithm>
#include <deque>
#include <set>

#include <gtest/gtest.h>

#include "endpoint/authui/routes.h"
#include "endpoint/authui/sentences.h"
#include "endpoint/authui/steps.h"
#include "endpoint/post_logout.h"
#include "platform/base/error.h"
#include "platform/crypto/hash.h"
#include "support/fake_runner.h"
#include "support/test_project.h"

namespace gatehouse::authui {
namespace {

namespace json = boost::json;
using http::Method;
using http::Request;
using http::Response;
using http::Status;
using test::FakeRunner;

constexpr std::string_view kOrigin = "http://app.localhost:3000";

// A browser without a script: keeps cookies, follows nothing by itself.
struct AuthUi : testing::Test {
  AuthUi() { add_routes(router, services); }

  Response send(Request request) {
    request.host = host;
    std::string cookies;
    for (const auto& [name, value] : jar) {
      cookies += (cookies.empty() ? "" : "; ") + name + "=" + value;
    }
    if (!cookies.empty()) {
      request.headers.push_back({"Cookie", cookies});
    }
    Response response = context.run(router.handle(*context, request));
    for (const http::Header& header : response.headers) {
      keep_cookie(header);
    }
    return response;
  }
  void keep_cookie(const http::Header& header) {
    if (header.name != "Set-Cookie") {
      return;
    }
    const std::string pair = header.value.substr(0, header.value.find(';'));
    const std::string name = pair.substr(0, pair.find('='));
    const std::string value = pair.substr(pair.find('=') + 1);
    if (value.empty()) {
      jar.erase(name);
    } else {
      jar[name] = value;
    }
  }

  static Request to(Method method, const std::string& target) {
    Request request;
    request.method = method;
    request.target = target;
    request.path = target.substr(0, target.find('?'));
    if (target.contains('?')) {
      request.query = http::parse_form(target.substr(target.find('?') + 1));
    }
    return request;
  }
  Response get(const std::string& target) { return send(to(Method::get, target)); }
  Response post(const std::string& target, const std::string& form, std::vector<http::Header> headers = {}) {
    Request request = to(Method::post, target);
    request.headers = std::move(headers);
    request.headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
    request.body = form;
    return send(std::move(request));
  }
  // A step of this browser's own.
  std::string at(const std::string& token, const std::string& type, flow::Action action) {
    get("/login");
    runner.put(token, type, std::move(action));
    runner.owners[token] = crypto::sha256_hex(jar["authgear_web_session"]);
    return token;
  }
  static std::string location(const Response& response) {
    return std::string(response.header("Location").value_or(""));
  }
  static bool has(const Response& response, std::string_view text) { return response.body.contains(text); }

  test::TestContext context{test::TestProject{}.build()};
  http::StaticFiles assets = http::StaticFiles::of_pages("/shared-assets/");
  endpoint::PageRenderer pages{assets};
  crypto::KeyRing keys = crypto::KeyRing::parse(crypto::KeyRing::generate());
  FakeRunner runner;
  std::map<std::string, sign_in::SignIn> sign_ins{{"REF", {.id = "REF", .client_id = test::kPublicClient}}};
  std::optional<Session> session;
  bool holds = true;
  std::vector<SessionId> signed_out;
  std::shared_ptr<const Services> services = std::make_shared<const Services>(
      Services{.flows = runner,
               .pages = pages,
               .assets = assets,
               .keys = keys,
               .find_sign_in = [this](project::Context&, std::string id) { return find_sign_in(id); },
               .find_session = [this](project::Context&, std::string) { return find_session(); },
               .still_holds = [this](const project::Context&, const Session&) { return [this] { return holds; }; },
               .sign_out = [this](project::Context&, SessionId id) { return sign_out(id); }});
  http::Router<project::Context> router;
  std::map<std::string, std::string> jar;
  std::string host = "app.localhost:3000";

 private:
  Task<std::optional<sign_in::SignIn>> find_sign_in(std::string id) {
    const auto found = sign_ins.find(id);
    co_return found == sign_ins.end() ? std::nullopt : std::optional(found->second);
  }
  Task<std::optional<Session>> find_session() { co_return session; }
  Task<void> sign_out(SessionId id) {
    signed_out.push_back(id);
    session.reset();
    co_return;
  }
};

Error error(ErrorKind kind, const std::string& reason, json::object info = {}) {
  return {kind, reason, "message", std::move(info)};
}

TEST(SecondsUntil, a_minute_is_sixty_seconds_at_any_fraction_of_a_second) {
  for (const std::int64_t fraction : {0, 1, 250'000, 999'999}) {
    const TimePoint now = TimePoint{} + std::chrono::years{50} + Micros{fraction};
    EXPECT_EQ(seconds_until(rfc3339(now + Seconds{60}), now), 60) << fraction;
    EXPECT_EQ(seconds_until(rfc3339(now + Micros{1}), now), 1) << fraction;
    EXPECT_EQ(seconds_until(rfc3339(now), now), 0) << fraction;
  }
}

TEST_F(AuthUi, a_login_begins_with_its_own_state_and_browser) {
  const Response first = get("/login?x_ref=REF&ui_locales=zz");
  EXPECT_EQ(first.status, Status::found);
  EXPECT_EQ(location(first), "/login?x_ref=REF&ui_locales=zz&x_step=authflowstate_NEW1");
  ASSERT_EQ(runner.started.size(), 1U);
  EXPECT_EQ(runner.started[0].type, "login");
  EXPECT_EQ(runner.started[0].sign_in->id, "REF");
  EXPECT_EQ(runner.started[0].browser, crypto::sha256_hex(jar.at("authgear_web_session")));

  const Response page = get(location(first));
  EXPECT_EQ(page.status, Status::ok);
  for (const char* id : {"login-form", "login-id", "login-submit", "signup-link"}) {
    EXPECT_TRUE(has(page, "id=\"" + std::string(id) + "\"")) << id;
  }
  EXPECT_TRUE(has(page, test::kPublicClient));
}

TEST_F(AuthUi, the_entry_point_goes_where_the_application_asked) {
  EXPECT_TRUE(location(get("/_internals/oauth_entrypoint?x_ref=REF")).starts_with("/login?x_ref=REF&x_step="));
  sign_ins["REF"].page = "signup";
  EXPECT_TRUE(location(get("/_internals/oauth_entrypoint?x_ref=REF")).starts_with("/signup?x_ref=REF&x_step="));
  EXPECT_EQ(get("/_internals/oauth_entrypoint?x_ref=GONE").status, Status::bad_request);
}

TEST_F(AuthUi, a_form_leads_to_the_page_of_the_next_step) {
  const std::string step = at("T1", "login", FakeRunner::identify());
  runner.answer = runner.put("T2", "login", FakeRunner::authenticate());
  runner.owners["T2"] = runner.owners["T1"];
  const Response sent = post("/login?x_ref=REF&x_step=" + step, "x_action=login_id&x_login_id=+Mira%40x.example+");
  EXPECT_EQ(sent.status, Status::found);
  EXPECT_EQ(location(sent), "/authflow/v2/enter_password?x_ref=REF&x_step=T2");
  ASSERT_EQ(runner.fed.size(), 1U);
  EXPECT_EQ(runner.fed[0].second, (json::object{{"identification", "email"}, {"login_id", "Mira@x.example"}}));

  const Response page = get(location(sent));
  EXPECT_TRUE(has(page, "id=\"password\""));
  EXPECT_TRUE(has(page, "id=\"password-submit\""));
  EXPECT_TRUE(has(page, "Mira@<wbr>x.example")) << "says who signs in";
}

TEST_F(AuthUi, a_script_gets_the_next_page_as_json) {
  const std::string step = at("T1", "login", FakeRunner::identify());
  runner.answer = runner.put("T2", "login", FakeRunner::authenticate());
  const Response sent = post("/login?x_step=" + step, "x_login_id=mira", {{"X-Authgear-XHR", "true"}});
  EXPECT_EQ(sent.status, Status::ok);
  EXPECT_EQ(json::parse(sent.body),
            (json::value{{"redirect_uri", "/authflow/v2/enter_password?x_step=T2"}, {"action", "advance"}}));
}

TEST_F(AuthUi, finishing_sets_the_session_and_goes_on_by_path) {
  const std::string step = at("T1", "login", FakeRunner::authenticate());
  runner.answer.finished =
      flow::Finished{.session_token = "id.secret", .redirect_uri = std::string(kOrigin) + "/oauth2/consent?code=C"};
  const Response done = post("/authflow/v2/enter_password?x_step=" + step, "x_password=p");
  EXPECT_EQ(done.status, Status::found);
  EXPECT_EQ(location(done), "/oauth2/consent?code=C");
  EXPECT_EQ(jar.at("session"), "id.secret");
  EXPECT_EQ(jar.at("same_site_strict"), "true");
  EXPECT_EQ(runner.fed.back().second, (json::object{{"authentication", "primary_password"}, {"password", "p"}}));
}

TEST_F(AuthUi, an_answer_that_was_lost_is_given_again) {
  const std::string step = at("T1", "login", FakeRunner::authenticate());
  runner.states.erase("T1");  // the flow has finished
  runner.answers_finished = true;
  runner.answer.finished =
      flow::Finished{.session_token = "id.secret", .redirect_uri = std::string(kOrigin) + "/oauth2/consent?code=C"};
  const std::vector<http::Header> ours{{"Origin", std::string(kOrigin)}};
  EXPECT_EQ(location(post("/authflow/v2/enter_password?x_step=" + step, "x_password=p", ours)),
            "/oauth2/consent?code=C");
  EXPECT_EQ(post("/authflow/v2/enter_password?x_step=" + step, "x_password=p").status, Status::bad_request)
      << "but not to a request that does not show where it comes from";
}

TEST_F(AuthUi, a_refusal_is_told_once_on_the_page_it_belongs_to) {
  const std::string step = at("T1", "login", FakeRunner::identify());
  runner.refuse_feed = error(ErrorKind::not_found, "UserNotFound");
  const Response sent = post("/login?x_step=" + step, "x_login_id=mira%40x.example");
  EXPECT_EQ(location(sent), "/login?x_step=T1");
  const Response page = get(location(sent));
  EXPECT_TRUE(has(page, "That does not match an account here."));
  EXPECT_TRUE(has(page, "aria-invalid=\"true\""));
  EXPECT_TRUE(has(page, "value=\"mira@x.example\""));
  EXPECT_FALSE(has(get(location(sent)), "That does not match"));
}

TEST_F(AuthUi, an_unknown_account_and_a_wrong_password_read_the_same) {
  const std::string step = at("T1", "login", FakeRunner::authenticate());
  std::set<std::string> sentences;
  for (const char* reason : {"UserNotFound", "InvalidCredentials"}) {
    runner.refuse_feed = error(ErrorKind::unauthorized, reason);
    const std::string body = get(location(post("/authflow/v2/enter_password?x_step=" + step, "x_password=p"))).body;
    const std::size_t start = body.find("id=\"field-error\"");
    ASSERT_NE(start, std::string::npos);
    sentences.insert(body.substr(start, body.find("</div>", start) - start));
  }
  EXPECT_EQ(sentences.size(), 1U);
}

TEST_F(AuthUi, each_unmet_rule_is_told) {
  const std::string step = at("T1", "signup", FakeRunner::create_password());
  runner.refuse_feed = error(ErrorKind::invalid, "PasswordPolicyViolated",
                             {{"causes",
                               {{{"Name", "PasswordTooShort"}, {"Info", {{"min_length", 8}, {"pw_length", 3}}}},
                                {{"Name", "PasswordUppercaseRequired"}}}}});
  const Response page = get(location(post("/authflow/v2/create_password?x_step=" + step, "x_password=abc")));
  EXPECT_TRUE(has(page, "Too short: use at least 8 characters."));
  EXPECT_TRUE(has(page, "Add a capital letter."));
  EXPECT_FALSE(has(page, "abc"));
}

TEST_F(AuthUi, two_different_passwords_are_refused_before_the_flow_hears_of_them) {
  const std::string step = at("T1", "signup", FakeRunner::create_password());
  const Response page =
      get(location(post("/authflow/v2/create_password?x_step=" + step, "x_password=abc&x_confirm_password=abd")));
  EXPECT_TRUE(has(page, "The two passwords are not the same."));
  EXPECT_TRUE(runner.fed.empty());
}

TEST_F(AuthUi, a_locked_account_says_for_how_long) {
  const std::string step = at("T1", "login", FakeRunner::authenticate());
  const std::string until = rfc3339(context.clock.now() + std::chrono::minutes{15});
  runner.refuse_feed = error(ErrorKind::too_many_request, "AccountLockout", {{"until", until}});
  const Response page = get(location(post("/authflow/v2/enter_password?x_step=" + step, "x_password=p")));
  EXPECT_TRUE(has(page, "Sign-in is paused for 15 minutes.")) << page.body;
}

TEST_F(AuthUi, a_disabled_account_has_a_page_that_says_so) {
  const std::string step = at("T1", "login", FakeRunner::authenticate());
  runner.refuse_feed = error(ErrorKind::forbidden, "DisabledUser");
  const Response sent = post("/authflow/v2/enter_password?x_step=" + step, "x_password=p");
  EXPECT_TRUE(location(sent).starts_with("/authflow/v2/account_status"));
  const Response page = get(location(sent));
  EXPECT_EQ(page.status, Status::forbidden);
  EXPECT_TRUE(has(page, "data-kind=\"disabled\""));
}

TEST_F(AuthUi, an_account_with_a_second_factor_hears_who_can_help) {
  const std::string step = at("T1", "login", FakeRunner::authenticate());
  runner.refuse_feed = Error(ErrorKind::invalid, "InvariantViolated", "", {{"cause", {{"kind", "NoAuthenticator"}}}});
  const Response sent = post("/authflow/v2/enter_password?x_step=" + step, "x_password=p");
  const Response page = get(location(sent));
  EXPECT_EQ(page.status, Status::forbidden);
  EXPECT_TRUE(has(page, "data-kind=\"unsupported\""));
  EXPECT_TRUE(has(page, "Your account asks for a step that is not offered here.")) << page.body;
}

TEST_F(AuthUi, codes_may_be_typed_with_spaces_and_sent_again) {
  const std::string step = at("T1", "signup", FakeRunner::verify());
  runner.answer = runner.put("T2", "signup", FakeRunner::verify());
  runner.owners["T2"] = runner.owners["T1"];
  const Response page = get("/authflow/v2/enter_oob_otp?x_step=" + step);
  for (const char* id : {"code-form", "code", "code-submit", "code-resend"}) {
    EXPECT_TRUE(has(page, "id=\"" + std::string(id) + "\"")) << id;
  }
  EXPECT_TRUE(has(page, "mi**@x.example"));
  EXPECT_TRUE(has(page, "data-wait=\"42\"")) << page.body;

  post("/authflow/v2/enter_oob_otp?x_step=" + step, "x_code=123+456&x_action=submit");
  EXPECT_EQ(runner.fed.back().second, (json::object{{"code", "123456"}}));
  const Response again = post("/authflow/v2/enter_oob_otp?x_step=" + step, "x_code=&x_action=resend");
  EXPECT_EQ(runner.fed.back().second, (json::object{{"resend", true}}));
  EXPECT_TRUE(has(get(location(again)), "We sent a new code."));
}

TEST_F(AuthUi, a_form_from_another_site_is_refused) {
  const std::string step = at("T1", "login", FakeRunner::identify());
  const std::vector<std::vector<http::Header>> foreign{
      {{"Sec-Fetch-Site", "cross-site"}},
      {{"Sec-Fetch-Site", "same-site"}},
      {{"Origin", "https://evil.example"}},
      {{"Origin", "null"}},
      {{"Origin", "http://app.localhost:3000.evil.example"}},
      {{"Sec-Fetch-Site", "same-origin"}, {"Origin", "https://evil.example"}}};
  for (const auto& headers : foreign) {
    const Response response = post("/login?x_step=" + step, "x_login_id=mira", headers);
    EXPECT_EQ(response.status, Status::forbidden) << headers.back().value;
    EXPECT_TRUE(has(response, "data-kind=\"forgery\""));
  }
  EXPECT_TRUE(runner.fed.empty());
  runner.answer = runner.put("T2", "login", FakeRunner::authenticate());
  for (const auto& headers : std::vector<std::vector<http::Header>>{
           {}, {{"Sec-Fetch-Site", "same-origin"}}, {{"Sec-Fetch-Site", "none"}}, {{"Origin", std::string(kOrigin)}}}) {
    EXPECT_EQ(post("/login?x_step=" + step, "x_login_id=mira", headers).status, Status::found);
  }
}

TEST_F(AuthUi, another_browsers_flow_is_refused) {
  const std::string step = at("T1", "login", FakeRunner::identify());
  jar.clear();
  EXPECT_EQ(post("/login?x_step=" + step, "x_login_id=mira").status, Status::forbidden) << "no cookie";
  EXPECT_EQ(get("/login?x_step=" + step).status, Status::forbidden);
  get("/login");  // a browser of its own
  EXPECT_EQ(post("/login?x_step=" + step, "x_login_id=mira").status, Status::forbidden);
  EXPECT_EQ(get("/login?x_step=" + step).status, Status::forbidden);
  EXPECT_TRUE(runner.fed.empty());
}

TEST_F(AuthUi, a_login_page_that_was_open_too_long_keeps_what_was_typed) {
  get("/login");
  const Response sent = post("/login?x_step=authflowstate_OLD&x_ref=REF", "x_login_id=mira%40x.example");
  EXPECT_EQ(sent.status, Status::found);
  const Response page = get(location(sent));
  EXPECT_EQ(page.status, Status::ok);
  EXPECT_TRUE(has(page, "value=\"mira@x.example\""));
  EXPECT_TRUE(has(page, "so we started it afresh"));
}

TEST_F(AuthUi, every_page_without_its_state_has_a_way_on) {
  get("/login");
  for (const std::string& route : router.routes()) {
    const std::string path = route.substr(route.find(' ') + 1);
    if (!route.starts_with("GET ") || path.contains('*')) {
      continue;
    }
    for (const char* query :
         {"", "?x_step=", "?x_step=authflowstate_UNKNOWN", "?x_step=%3Cscript%3Ex()%3C/script%3E"}) {
      const Response response = get(path + query);
      const int status = static_cast<int>(response.status);
      EXPECT_LT(status, 500) << path << query;
      EXPECT_FALSE(has(response, "<script>x")) << path << query;
      const bool way_on = status == 302 ? !location(response).empty() : has(response, "href=");
      EXPECT_TRUE(way_on) << path << query;
    }
  }
}

TEST_F(AuthUi, a_step_is_shown_on_its_own_page_only) {
  const std::string step = at("T1", "login", FakeRunner::authenticate());
  EXPECT_EQ(location(get("/login?x_step=" + step)), "/authflow/v2/enter_password?x_step=T1");
  EXPECT_EQ(location(get("/authflow/v2/enter_oob_otp?x_step=" + step)), "/authflow/v2/enter_password?x_step=T1");
  EXPECT_EQ(get("/authflow/v2/enter_password?x_step=" + step).status, Status::ok);
}

TEST_F(AuthUi, a_hostile_host_is_never_repeated) {
  host = "evil.example";
  for (const std::string& route : router.routes()) {
    const std::string path = route.substr(route.find(' ') + 1);
    if (path.contains('*')) {
      continue;
    }
    const Response response = route.starts_with("GET ") ? get(path + "?x=1") : post(path, "x_action=");
    EXPECT_FALSE(has(response, "evil.example")) << route;
    for (const http::Header& header : response.headers) {
      EXPECT_FALSE(header.value.contains("evil.example")) << route << " " << header.name;
    }
  }
  EXPECT_EQ(location(get("/login?x_ref=REF")), std::string(kOrigin) + "/login?x_ref=REF");
  Request whole = to(Method::get, "/login?x_ref=REF");
  whole.target = "http://evil.example/login?x_ref=REF";
  EXPECT_EQ(location(send(std::move(whole))), std::string(kOrigin) + "/login?x_ref=REF");
}

TEST_F(AuthUi, no_location_leaves_the_origin_by_a_parameter) {
  get("/login");
  for (const char* query : {"?redirect_uri=https%3A%2F%2Fevil.example", "?x_return=https%3A%2F%2Fevil.example",
                            "?state=https%3A%2F%2Fevil.example&x_state=%2F%2Fevil.example"}) {
    for (const char* path : {"/", "/login", "/signup", "/logout", "/authflow/v2/finish", "/v2/errors/error"}) {
      const std::string to = location(get(std::string(path) + query));
      EXPECT_TRUE(to.empty() || (to.starts_with('/') && !to.starts_with("//"))) << to;
    }
    const std::string after = location(post(std::string("/logout") + query, "x_action=logout"));
    EXPECT_TRUE(after.starts_with("/logout")) << after;
  }
}

TEST_F(AuthUi, markers_in_every_parameter_stay_text) {
  const std::string marker = "%22%27%3E%3Cscript%3Ex()%3C/script%3E";
  sign_ins["REF"].login_hint = "\"'><script>x()</script>";
  const std::string step = at("T1", "login", FakeRunner::identify());
  for (const char* name :
       {"ui_locales", "client_id", "state", "x_state", "login_hint", "q_login_id_key", "x_color_scheme"}) {
    for (const std::string& page : {"/login?x_step=" + step, "/login?x_ref=REF&x_step=" + step,
                                    std::string("/logout?a=b"), std::string("/authflow/v2/enter_password?a=b")}) {
      const Response response = get(page + "&" + name + "=" + marker);
      EXPECT_FALSE(has(response, "<script>x")) << name << " " << page;
      EXPECT_FALSE(has(response, "\"'>")) << name << " " << page;
    }
  }
}

TEST_F(AuthUi, the_hint_fills_in_the_login_id) {
  sign_ins["REF"].login_hint = "mira@x.example";
  EXPECT_TRUE(has(get(location(get("/login?x_ref=REF"))), "value=\"mira@x.example\""));
  sign_ins["REF"].login_hint = "https://authgear.com/login_hint?type=login_id&email=a%40b.example";
  EXPECT_TRUE(has(get(location(get("/login?x_ref=REF"))), "value=\"a@b.example\""));
  sign_ins["REF"].login_hint = "https://authgear.com/login_hint?type=%zz";
  EXPECT_EQ(get(location(get("/login?x_ref=REF"))).status, Status::ok);
}

TEST_F(AuthUi, sending_a_form_twice_asks_the_flow_twice_with_the_same_state) {
  const std::string step = at("T1", "login", FakeRunner::authenticate());
  runner.answer.finished = flow::Finished{.session_token = "id.secret", .redirect_uri = "/x"};
  const Response one = post("/authflow/v2/enter_password?x_step=" + step, "x_password=p");
  const Response two = post("/authflow/v2/enter_password?x_step=" + step, "x_password=p");
  EXPECT_EQ(location(one), location(two));
  EXPECT_EQ(runner.fed[0], runner.fed[1]);
}

TEST_F(AuthUi, what_is_away_or_broken_is_told_as_a_page) {
  const std::string step = at("T1", "login", FakeRunner::authenticate());
  runner.refuse_feed = unavailable("away", 3);
  const Response away = post("/authflow/v2/enter_password?x_step=" + step, "x_password=marker-of-a-password");
  EXPECT_EQ(away.status, Status::service_unavailable);
  EXPECT_EQ(away.header("Retry-After").value_or(""), "3");
  EXPECT_TRUE(has(away, "data-kind=\"unavailable\""));
  EXPECT_FALSE(has(away, "marker-of-a-password"));
  runner.refuse_create = error(ErrorKind::forbidden, "AuthenticationFlowNoPublicSignup");
  EXPECT_TRUE(has(get("/signup"), "data-kind=\"closed\""));
}

TEST_F(AuthUi, what_stands_on_a_session_is_asked_for_again_where_that_ends_before_the_answer_leaves) {
  session = Session{.id = SessionId{"s1"}};
  jar["session"] = "s1.secret";
  for (const char* path : {"/", "/authflow/v2/finish?ui_locales=de", "/logout?x_return=a%20b"}) {
    holds = true;
    const Response response = get(path);
    ASSERT_TRUE(response.last_check) << path;
    EXPECT_FALSE(response.last_check()) << path;
    holds = false;
    const auto instead = response.last_check();
    ASSERT_TRUE(instead) << path;
    EXPECT_EQ(instead->status, Status::found);
    EXPECT_EQ(location(*instead), path);
  }
}

TEST_F(AuthUi, signing_out_asks_ends_the_session_and_returns_where_end_session_allowed) {
  session = Session{.id = SessionId{"s1"}};
  jar["session"] = "s1.secret";
  EXPECT_TRUE(has(get("/logout"), "id=\"logout-confirm\""));
  EXPECT_EQ(post("/logout", "x_action=logout", {{"Origin", "https://evil.example"}}).status, Status::forbidden);
  EXPECT_TRUE(signed_out.empty());

  const std::string sealed = endpoint::seal_post_logout(
      keys, *context, {.client_id = test::kPublicClient, .uri = "https://rp.example/out?state=a"});
  const Response done = post("/logout?x_return=" + http::percent_encode(sealed), "x_action=logout");
  EXPECT_EQ(location(done), "https://rp.example/out?state=a");
  EXPECT_EQ(signed_out, (std::vector{SessionId{"s1"}}));
  EXPECT_FALSE(jar.contains("session"));
  EXPECT_TRUE(has(get("/logout"), "You are signed out"));
}

TEST_F(AuthUi, static_files_come_from_the_project_only) {
  EXPECT_EQ(get("/static/en/app_logo.png").status, Status::not_found);
  EXPECT_EQ(get("/static/../authgear.secrets.yaml").status, Status::not_found);
  EXPECT_EQ(get(assets.path_of("app.css")).status, Status::ok);
  EXPECT_EQ(get("/shared-assets/nothing.css").status, Status::not_found);
}

}  // namespace
}  // namespace gatehouse::authui
