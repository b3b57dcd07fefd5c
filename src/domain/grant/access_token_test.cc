#include "domain/grant/access_token.h"

#include "domain/grant/id_token.h"
#include "support/token_process.h"

namespace gatehouse::grant {
namespace {

using test::Process;
using test::TestProject;

// Opaque and JWT alike.
class AccessToken : public testing::TestWithParam<bool> {
 protected:
  AccessToken() { build(TestProject{}); }

  void build(TestProject builder) {
    if (url_.empty()) {
      url_ = test::fresh_database();
    }
    project_ = builder.jwt_access_tokens(GetParam()).database(url_).build();
    a_ = std::make_unique<Process>(project_);
    b_ = std::make_unique<Process>(project_);
    user_ = a_->add_user();
  }
  std::optional<AccessGrant> resolve(Process& process, const std::string& token) {
    return process.run(process.access_tokens.resolve(process.core, token));
  }
  void revoke(const std::string& token, const char* client = nullptr) {
    a_->run(a_->grants.revoke(a_->core, client != nullptr ? &a_->client(client) : nullptr, token));
  }
  std::string revocation_error(const std::string& token, const char* client = nullptr) {
    try {
      revoke(token, client);
    } catch (const client::OAuthError& error) {
      return error.error();
    }
    return "";
  }
  void advance(Micros time) {
    a_->core.clock.advance(time);
    b_->core.clock.advance(time);
  }

  std::string url_;
  project::Handle project_;
  std::unique_ptr<Process> a_;
  std::unique_ptr<Process> b_;
  UserId user_;
};

INSTANTIATE_TEST_SUITE_P(Form, AccessToken, testing::Bool(),
                         [](const auto& form) { return std::string(form.param ? "jwt" : "opaque"); });

TEST_P(AccessToken, leads_to_its_user_client_scopes_and_grant_on_every_process) {
  const auto tokens = a_->sign_in(user_);
  EXPECT_EQ(tokens.access_token.starts_with("eyJ"), GetParam());
  for (Process* process : {a_.get(), b_.get()}) {
    const auto access = resolve(*process, tokens.access_token);
    ASSERT_TRUE(access);
    EXPECT_EQ(access->user, user_);
    EXPECT_EQ(access->client.str(), test::kPublicClient);
    EXPECT_EQ(access->scopes, (std::vector<std::string>{"openid", "offline_access", "email"}));
    EXPECT_EQ(access->grant.str(), tokens.refresh_token->substr(0, 36));
    EXPECT_EQ(access->amr, std::vector<std::string>{"pwd"});
  }
}

TEST_P(AccessToken, takes_one_round_trip_and_none_with_a_warm_cache) {
  const auto tokens = a_->sign_in(user_);
  const auto round_trips = [&] {
    const auto ctx = a_->core.another();
    EXPECT_TRUE(a_->run(a_->access_tokens.resolve(*ctx, tokens.access_token)));
    return ctx->postgres_round_trips;
  };
  EXPECT_EQ(round_trips(), 1u);
  EXPECT_EQ(round_trips(), 0u);
}

TEST_P(AccessToken, expires) {
  const auto tokens = a_->sign_in(user_);
  ASSERT_TRUE(resolve(*a_, tokens.access_token));
  advance(Seconds{1799});
  EXPECT_TRUE(resolve(*a_, tokens.access_token));
  advance(Seconds{1});
  EXPECT_FALSE(resolve(*a_, tokens.access_token));
  EXPECT_FALSE(resolve(*b_, tokens.access_token));
}

TEST_P(AccessToken, changed_by_one_character_is_unknown) {
  const auto tokens = a_->sign_in(user_);
  for (const std::size_t at : {std::size_t{0}, std::size_t{2}, std::size_t{16}, tokens.access_token.size() - 2}) {
    auto changed = tokens.access_token;
    changed[at] = changed[at] == 'x' ? 'y' : 'x';
    EXPECT_FALSE(resolve(*a_, changed)) << at;
  }
  EXPECT_FALSE(resolve(*a_, ""));
  EXPECT_FALSE(resolve(*a_, tokens.access_token + "a"));
  EXPECT_FALSE(resolve(*a_, *tokens.refresh_token));
  EXPECT_FALSE(resolve(*a_, *tokens.id_token));
}

TEST_P(AccessToken, of_another_project_is_unknown) {
  const auto tokens = a_->sign_in(user_);
  Process other(TestProject{"other", "http://other.localhost:3000"}.database(url_).build());
  EXPECT_FALSE(other.access_token_works(tokens.access_token));
}

TEST_P(AccessToken, dies_with_its_grant) {
  const auto tokens = a_->sign_in(user_);
  ASSERT_TRUE(resolve(*b_, tokens.access_token));
  revoke(*tokens.refresh_token);
  b_->stop_for(Seconds{20});
  EXPECT_FALSE(resolve(*b_, tokens.access_token));
  EXPECT_FALSE(b_->refresh_token_works(*tokens.refresh_token));
}

TEST_P(AccessToken, revoked_alone_leaves_its_grant) {
  const auto tokens = a_->sign_in(user_);
  const auto others = a_->sign_in(user_);
  ASSERT_TRUE(resolve(*a_, tokens.access_token));
  ASSERT_TRUE(resolve(*b_, tokens.access_token));
  revoke(tokens.access_token);
  revoke(tokens.access_token);
  a_->stop_for(Seconds{2});
  b_->stop_for(Seconds{2});
  EXPECT_FALSE(resolve(*a_, tokens.access_token));
  EXPECT_FALSE(resolve(*b_, tokens.access_token));
  EXPECT_FALSE(Process(project_).access_token_works(tokens.access_token));
  EXPECT_TRUE(a_->refresh_token_works(*tokens.refresh_token));
  EXPECT_TRUE(resolve(*b_, others.access_token));
}

TEST_P(AccessToken, once_revoked_is_refused_by_all_cores_of_the_process_at_once) {
  const auto board = std::make_shared<session::RevocationBoard>();
  Process one(project_, test::ring_json(), board);
  Process two(project_, test::ring_json(), board);
  const auto alone = one.sign_in(user_);
  const auto with_its_grant = one.sign_in(user_);
  for (const auto& tokens : {alone, with_its_grant}) {
    ASSERT_TRUE(resolve(one, tokens.access_token) && resolve(two, tokens.access_token));
  }
  const auto access = resolve(two, alone.access_token);
  const auto ticket = two.access_tokens.ticket(two.core, *access);
  one.run(one.grants.revoke(one.core, nullptr, alone.access_token));
  one.run(one.grants.revoke(one.core, nullptr, *with_its_grant.refresh_token));
  EXPECT_FALSE(two.feed.holds(ticket));
  for (const auto& tokens : {alone, with_its_grant}) {
    EXPECT_FALSE(resolve(one, tokens.access_token));
    EXPECT_FALSE(resolve(two, tokens.access_token));
  }
}

TEST_P(AccessToken, is_revoked_by_its_own_client_only) {
  const auto of_public = a_->sign_in(user_);
  const auto of_confidential = a_->sign_in(user_, test::kConfidentialClient);
  EXPECT_EQ(revocation_error(of_public.access_token, test::kConfidentialClient), "invalid_grant");
  EXPECT_EQ(revocation_error(*of_public.refresh_token, test::kConfidentialClient), "invalid_grant");
  EXPECT_EQ(revocation_error(of_confidential.access_token), "invalid_client");
  EXPECT_EQ(revocation_error(*of_confidential.refresh_token), "invalid_client");
  EXPECT_TRUE(a_->access_token_works(of_public.access_token));
  EXPECT_TRUE(a_->access_token_works(of_confidential.access_token));
  EXPECT_EQ(revocation_error(*of_confidential.refresh_token, test::kConfidentialClient), "");
  EXPECT_EQ(revocation_error(of_public.access_token, test::kPublicClient), "");
  EXPECT_FALSE(a_->refresh_token_works(*of_confidential.refresh_token, test::kConfidentialClient));
}

TEST_P(AccessToken, that_nobody_knows_is_revoked_without_a_word) {
  const auto tokens = a_->sign_in(user_);
  for (const std::string& token : {std::string(), std::string("x"), std::string(32, 'a'),
                                   tokens.refresh_token->substr(0, 37) + std::string(32, 'a')}) {
    EXPECT_EQ(revocation_error(token), "");
  }
  EXPECT_TRUE(a_->refresh_token_works(*tokens.refresh_token));
}

TEST_P(AccessToken, of_a_disabled_user_is_void) {
  static constexpr postgres::Sql kDisable = "UPDATE _auth_user SET is_disabled = true WHERE app_id = $1 AND id = $2";
  const auto tokens = a_->sign_in(user_);
  ASSERT_TRUE(resolve(*b_, tokens.access_token));
  postgres::Batch batch;
  batch.add(kDisable, a_->core->app_id(), user_);
  session::RevocationFeed::add(batch, a_->core, "user", user_.str());
  a_->commit(std::move(batch));
  b_->stop_for(Seconds{2});
  EXPECT_FALSE(resolve(*b_, tokens.access_token));
}

TEST_P(AccessToken, dies_with_its_session_where_single_sign_on_binds_them) {
  auto given = a_->code_grant(user_);
  given.session = a_->open_session(user_).session.id;
  given.sso_enabled = true;
  const auto tokens = a_->exchange(a_->add_code(given));
  ASSERT_TRUE(resolve(*b_, tokens.access_token));
  postgres::Batch batch;
  a_->sessions.revoke(batch, a_->core, *given.session);
  a_->commit(std::move(batch));
  b_->stop_for(Seconds{2});
  EXPECT_FALSE(resolve(*b_, tokens.access_token));
  EXPECT_FALSE(Process(project_).access_token_works(tokens.access_token));
}

TEST_P(AccessToken, of_a_grant_not_used_for_its_idle_timeout_is_void) {
  TestProject builder;
  auto& client = builder.client(test::kPublicClient);
  client.refresh_token_idle_timeout = Seconds{600};
  build(std::move(builder));
  const auto tokens = a_->sign_in(user_);
  advance(Seconds{500});
  EXPECT_TRUE(resolve(*a_, tokens.access_token));
  a_->run(a_->access_tokens.flush());
  advance(Seconds{500});
  EXPECT_TRUE(resolve(*b_, tokens.access_token));
  b_->run(b_->access_tokens.flush());
  advance(Seconds{600});
  EXPECT_FALSE(resolve(*a_, tokens.access_token));
  EXPECT_FALSE(resolve(*b_, tokens.access_token));
}

TEST_P(AccessToken, lesson_25_that_is_cached_ends_at_the_instant_from_which_its_user_may_not_sign_in) {
  static constexpr postgres::Sql kUntil =
      "UPDATE _auth_user SET account_valid_until = $3::timestamptz AT TIME ZONE 'UTC' WHERE app_id = $1 AND id = $2";
  const auto tokens = a_->sign_in(user_);
  a_->execute(kUntil, postgres::Params(a_->core->app_id(), user_, a_->core->now() + Seconds{30}));
  EXPECT_TRUE(resolve(*a_, tokens.access_token));
  advance(Seconds{30} - Micros{1});
  EXPECT_TRUE(resolve(*a_, tokens.access_token));
  advance(Micros{1});
  EXPECT_FALSE(resolve(*a_, tokens.access_token));
}

TEST_P(AccessToken, that_is_cached_ends_with_the_lifetime_of_the_session_that_binds_it) {
  TestProject builder;
  builder.config.session.lifetime = Seconds{500};
  build(std::move(builder));
  auto given = a_->code_grant(user_);
  given.session = a_->open_session(user_).session.id;
  given.sso_enabled = true;
  const auto tokens = a_->exchange(a_->add_code(given));
  advance(Seconds{499});
  EXPECT_TRUE(resolve(*a_, tokens.access_token));
  advance(Seconds{1});
  EXPECT_FALSE(resolve(*a_, tokens.access_token));
}

TEST_P(AccessToken, keeps_the_session_that_binds_it_from_becoming_idle_and_ends_with_it) {
  TestProject builder;
  builder.config.session.idle_timeout = Seconds{300};
  build(std::move(builder));
  auto given = a_->code_grant(user_);
  const auto opened = a_->open_session(user_);
  given.session = opened.session.id;
  given.sso_enabled = true;
  const auto tokens = a_->exchange(a_->add_code(given));
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(resolve(*a_, tokens.access_token));
    a_->run(a_->access_tokens.flush());
    advance(Seconds{200});
  }
  EXPECT_TRUE(b_->run(b_->sessions.resolve(b_->core, opened.token)));
  advance(Seconds{300});
  EXPECT_FALSE(resolve(*a_, tokens.access_token));
}

TEST_P(AccessToken, answered_before_its_grant_was_revoked_fails_the_last_check) {
  const auto tokens = a_->sign_in(user_);
  const auto access = resolve(*b_, tokens.access_token);
  ASSERT_TRUE(access);
  const auto ticket = b_->access_tokens.ticket(b_->core, *access);
  EXPECT_TRUE(b_->feed.holds(ticket));
  revoke(*tokens.refresh_token);
  b_->stop_for(Seconds{2});
  b_->run(b_->feed.ensure_fresh(b_->core));
  EXPECT_FALSE(b_->feed.holds(ticket));
}

TEST_P(AccessToken, needs_neither_a_cache_nor_redis_to_be_known) {
  const auto tokens = a_->sign_in(user_);
  EXPECT_TRUE(Process(project_).access_token_works(tokens.access_token));
}

class JwtAccessToken : public testing::Test {
 protected:
  boost::json::object claims_of(const std::string& token) {
    const auto verified = jose::verify(token, project_->secrets.oauth_keys, {.types = {"at+jwt"}});
    return verified ? verified->claims : boost::json::object();
  }
  std::string sign(const boost::json::object& claims, std::string_view type = "at+jwt") {
    return jose::sign(test::test_signing_key(), type, claims);
  }

  project::Handle project_ = TestProject{}.jwt_access_tokens().database(test::fresh_database()).build();
  Process a_{project_};
  UserId user_ = a_.add_user();
};

TEST_F(JwtAccessToken, carries_the_contracts_claims) {
  const auto claims = claims_of(a_.sign_in(user_).access_token);
  EXPECT_EQ(claims.at("iss"), "http://app.localhost:3000");
  EXPECT_EQ(claims.at("aud"), "http://app.localhost:3000");
  EXPECT_EQ(claims.at("sub").as_string(), user_.str());
  EXPECT_EQ(claims.at("client_id"), test::kPublicClient);
  EXPECT_EQ(claims.at("scope"), "openid offline_access email");
  EXPECT_EQ(claims.at("iat"), unix_seconds(a_.core->now()));
  EXPECT_EQ(claims.at("exp"), unix_seconds(a_.core->now()) + 1800);
  EXPECT_EQ(claims.at("auth_time"), unix_seconds(a_.core->now()));
  EXPECT_EQ(claims.at("amr"), boost::json::array{"pwd"});
  EXPECT_EQ(claims.at("jti").as_string().size(), 64u);
  for (const char* name : {"is_anonymous", "is_verified", "can_reauthenticate"}) {
    EXPECT_EQ(claims.at(std::string("https://authgear.com/claims/user/") + name), false) << name;
  }
  EXPECT_EQ(claims.at("https://authgear.com/claims/user/roles"), boost::json::array());
  EXPECT_FALSE(claims.contains("sid"));
  EXPECT_FALSE(claims.contains("email"));
}

// {iss, aud, typ, exp, sub, client_id, jti} each wrong once
TEST_F(JwtAccessToken, lesson_21_with_one_wrong_claim_is_unknown_though_its_signature_verifies) {
  const auto claims = claims_of(a_.sign_in(user_).access_token);
  ASSERT_TRUE(a_.access_token_works(sign(claims)));
  const auto with = [&](const char* name, const boost::json::value& value) {
    auto changed = claims;
    changed[name] = value;
    return sign(changed);
  };
  EXPECT_FALSE(a_.access_token_works(with("iss", "http://evil.example")));
  EXPECT_FALSE(a_.access_token_works(with("aud", "http://evil.example")));
  EXPECT_FALSE(a_.access_token_works(with("aud", boost::json::array{"http://app.localhost:3000"})));
  EXPECT_FALSE(a_.access_token_works(with("exp", unix_seconds(a_.core->now()))));
  EXPECT_FALSE(a_.access_token_works(with("exp", nullptr)));
  EXPECT_FALSE(a_.access_token_works(with("exp", 1e300)));
  EXPECT_FALSE(a_.access_token_works(with("exp", std::numeric_limits<std::int64_t>::max())));
  EXPECT_FALSE(a_.access_token_works(with("sub", boost::json::string(uuid_v4()))));
  EXPECT_FALSE(a_.access_token_works(with("client_id", test::kConfidentialClient)));
  EXPECT_FALSE(a_.access_token_works(with("jti", boost::json::string(64, '0'))));
  EXPECT_FALSE(a_.access_token_works(with("jti", "short")));
  EXPECT_FALSE(a_.access_token_works(sign(claims, "JWT")));
  EXPECT_FALSE(a_.access_token_works(sign(claims, "")));
}

TEST_F(JwtAccessToken, of_another_key_is_unknown) {
  const auto claims = claims_of(a_.sign_in(user_).access_token);
  static const auto other = jose::Key::generate_rsa(2048, "test-key");
  EXPECT_FALSE(a_.access_token_works(jose::sign(other, "at+jwt", claims)));
}

class IdToken : public testing::Test {
 protected:
  boost::json::object claims_of(const std::string& token) {
    return jose::verify(token, project_->secrets.oauth_keys, {.types = {"JWT"}}).value().claims;
  }

  project::Handle project_ = TestProject{}.database(test::fresh_database()).build();
  Process a_{project_};
  UserId user_ = a_.add_user();
};

TEST_F(IdToken, carries_the_contracts_claims) {
  const auto tokens = a_.sign_in(user_);
  const auto claims = claims_of(*tokens.id_token);
  EXPECT_EQ(claims.at("iss"), "http://app.localhost:3000");
  EXPECT_EQ(claims.at("aud"), test::kPublicClient);
  EXPECT_EQ(claims.at("sub").as_string(), user_.str());
  EXPECT_EQ(claims.at("exp").as_int64() - claims.at("iat").as_int64(), 300);
  EXPECT_EQ(claims.at("nonce"), "a nonce");
  EXPECT_EQ(claims.at("amr"), boost::json::array{"pwd"});
  EXPECT_EQ(claims.at("sid").as_string(), crypto::base64url("offline_grant:" + tokens.refresh_token->substr(0, 36)));
  EXPECT_FALSE(claims.contains("email"));
}

TEST_F(IdToken, of_a_refresh_has_no_nonce_and_the_first_auth_time) {
  const auto tokens = a_.sign_in(user_);
  const auto first = claims_of(*tokens.id_token);
  a_.core.clock.advance(Seconds{100});
  const auto second = claims_of(*a_.refresh(*tokens.refresh_token).id_token);
  EXPECT_FALSE(second.contains("nonce"));
  EXPECT_EQ(second.at("auth_time"), first.at("auth_time"));
  EXPECT_EQ(second.at("sid"), first.at("sid"));
  EXPECT_EQ(second.at("iat").as_int64(), first.at("iat").as_int64() + 100);
}

TEST_F(IdToken, tells_roles_verification_and_reauthentication) {
  static constexpr postgres::Sql kRows[] = {
      "INSERT INTO _auth_identity (id, app_id, type, user_id, created_at, updated_at) "
      "VALUES ('i', $1, 'login_id', $2, now(), now())",
      "INSERT INTO _auth_identity_login_id (id, app_id, login_id_key, login_id_type, login_id, original_login_id, "
      "unique_key, claims) SELECT 'i', $1, 'email', 'email', 'person@example.com', 'person@example.com', "
      "'person@example.com', '{\"email\": \"person@example.com\"}' WHERE $2::text IS NOT NULL",
      "INSERT INTO _auth_verified_claim (id, app_id, user_id, name, value, created_at) "
      "VALUES ('v', $1, $2, 'email', 'person@example.com', now())",
      "INSERT INTO _auth_authenticator (id, app_id, type, user_id, created_at, updated_at, is_default, kind) "
      "VALUES ('a', $1, 'password', $2, now(), now(), false, 'primary')",
      "INSERT INTO _auth_role (id, app_id, created_at, updated_at, key) SELECT r, $1, now(), now(), r "
      "FROM unnest('{reader,writer,nobody}'::text[]) AS r WHERE $2::text IS NOT NULL",
      "INSERT INTO _auth_user_role (id, app_id, created_at, updated_at, user_id, role_id) "
      "VALUES ('ur', $1, now(), now(), $2, 'writer')",
      "INSERT INTO _auth_group (id, app_id, created_at, updated_at, key) "
      "SELECT 'g', $1, now(), now(), 'g' WHERE $2::text IS NOT NULL",
      "INSERT INTO _auth_user_group (id, app_id, created_at, updated_at, user_id, group_id) "
      "VALUES ('ug', $1, now(), now(), $2, 'g')",
      "INSERT INTO _auth_group_role (id, app_id, created_at, updated_at, group_id, role_id) "
      "SELECT 'gr' || r, $1, now(), now(), 'g', r FROM unnest('{reader,writer}'::text[]) AS r WHERE $2::text IS NOT "
      "NULL",
  };
  for (const auto& sql : kRows) {
    a_.execute(sql, postgres::Params(a_.core->app_id(), user_));
  }
  const auto claims = claims_of(*a_.sign_in(user_).id_token);
  EXPECT_EQ(claims.at("https://authgear.com/claims/user/is_verified"), true);
  EXPECT_EQ(claims.at("https://authgear.com/claims/user/can_reauthenticate"), true);
  EXPECT_EQ(claims.at("https://authgear.com/claims/user/is_anonymous"), false);
  EXPECT_EQ(claims.at("https://authgear.com/claims/user/roles"), (boost::json::array{"reader", "writer"}));
}

TEST_F(IdToken, as_a_hint_names_its_client_user_and_grant_even_after_it_expired) {
  const auto tokens = a_.sign_in(user_);
  a_.core.clock.advance(Seconds{100'000});
  const auto hint = parse_id_token_hint(*project_, *tokens.id_token);
  ASSERT_TRUE(hint);
  EXPECT_EQ(hint->client.str(), test::kPublicClient);
  EXPECT_EQ(hint->user, user_);
  EXPECT_EQ(hint->grant->str(), tokens.refresh_token->substr(0, 36));
  EXPECT_FALSE(hint->session);
}

TEST_F(IdToken, as_a_hint_must_be_ours) {
  const auto claims = claims_of(*a_.sign_in(user_).id_token);
  const auto sign = [&](const char* name, const char* value, std::string_view type = "JWT") {
    auto changed = claims;
    changed[name] = value;
    return jose::sign(test::test_signing_key(), type, changed);
  };
  EXPECT_TRUE(parse_id_token_hint(*project_, sign("x", "y")));
  EXPECT_FALSE(parse_id_token_hint(*project_, sign("iss", "http://evil.example")));
  EXPECT_FALSE(parse_id_token_hint(*project_, sign("aud", "nobody")));
  EXPECT_FALSE(parse_id_token_hint(*project_, sign("sub", "")));
  EXPECT_FALSE(parse_id_token_hint(*project_, sign("x", "y", "at+jwt")));
  static const auto other = jose::Key::generate_rsa(2048, "test-key");
  EXPECT_FALSE(parse_id_token_hint(*project_, jose::sign(other, "JWT", claims)));
  EXPECT_FALSE(parse_id_token_hint(*project_, ""));
}

}  // namespace
}  // namespace gatehouse::grant
