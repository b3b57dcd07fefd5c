#include "domain/authenticator/password.h"
#include "domain/identity/login_id.h"
#include "domain/user/users.h"
#include "platform/base/uuid.h"
#include "support/postgres_server.h"
#include "support/test_project.h"

namespace gatehouse::identity {
namespace {

using namespace std::chrono_literals;

// One for all tests; each has a project of its own.
const std::string& database() {
  static const std::string url = test::fresh_database();
  return url;
}

class LoginIdsInDatabase : public testing::Test {
 protected:
  LoginIdsInDatabase() : ctx_(test::TestProject(uuid_v4()).database(database()).build()) {}

  NormalizedLoginId id_of(const std::string& typed) {
    const bool is_email = typed.find('@') != std::string::npos;
    return normalize(*ctx_.project, is_email ? "email" : "username", typed);
  }

  UserId add_user(const std::vector<std::string>& login_ids) {
    User user;
    user.id = UserId{uuid_v4()};
    user.created_at = user.updated_at = ctx_->now();
    postgres::Batch batch;
    user::Users().insert(batch, *ctx_, user);
    for (const auto& typed : login_ids) {
      login_ids_.insert(batch, *ctx_, make_identity(id_of(typed), user.id, ctx_->now()));
    }
    ctx_.run(ctx_->commit(std::move(batch)));
    return user.id;
  }

  void add_password(const UserId& user, const std::string& kind) {
    PasswordAuthenticator password;
    password.id = AuthenticatorId{uuid_v4()};
    password.user_id = user;
    password.created_at = password.updated_at = ctx_->now();
    password.kind = kind;
    password.password_hash = "hash of " + kind;
    postgres::Batch batch;
    passwords_.insert(batch, *ctx_, password);
    ctx_.run(ctx_->commit(std::move(batch)));
  }

  std::optional<FoundLogin> find(const std::vector<std::string>& typed) {
    std::vector<NormalizedLoginId> candidates;
    for (const auto& one : typed) {
      candidates.push_back(id_of(one));
    }
    return ctx_.run(login_ids_.find(*ctx_, candidates));
  }

  test::TestContext ctx_;
  CpuPool pool_{{.threads = 1}};
  authenticator::PasswordHasher hasher_{pool_, authenticator::HashFormat::argon2id};
  authenticator::Passwords passwords_{hasher_};
  LoginIds login_ids_;
};

TEST_F(LoginIdsInDatabase, a_login_comes_with_user_and_passwords_in_one_piece) {
  const UserId user = add_user({"Person@Example.com", "person"});
  add_password(user, "primary");
  add_password(user, "secondary");
  const auto found = find({"person@EXAMPLE.com"});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->identity.original_login_id, "Person@Example.com");
  EXPECT_EQ(found->identity.login_id, "person@example.com");
  EXPECT_EQ(found->identity.claims, (boost::json::object{{"email", "person@example.com"}}));
  EXPECT_EQ(found->user.id, user);
  EXPECT_FALSE(found->user.is_disabled);
  EXPECT_FALSE(found->verified);
  ASSERT_EQ(found->passwords.size(), 2U);
  for (const auto& password : found->passwords) {
    EXPECT_EQ(password.password_hash, "hash of " + password.kind);
  }
}

TEST_F(LoginIdsInDatabase, a_user_without_a_password_is_found_and_nobody_is_nothing) {
  add_user({"person@example.com"});
  const auto found = find({"person@example.com"});
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->passwords.empty());
  EXPECT_FALSE(find({"nobody@example.com"}));
  EXPECT_FALSE(find({}));
}

TEST_F(LoginIdsInDatabase, the_first_candidate_that_exists_is_taken) {
  const UserId first = add_user({"first"});
  const UserId second = add_user({"second@example.com"});
  add_password(first, "primary");
  add_password(second, "primary");
  const auto found = find({"missing", "second@example.com", "first"});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->user.id, second);
  ASSERT_EQ(found->passwords.size(), 1U);
  EXPECT_EQ(found->passwords[0].user_id, second);
}

TEST_F(LoginIdsInDatabase, it_is_verified_only_by_its_own_claim) {
  const UserId user = add_user({"one@example.com", "two@example.com"});
  postgres::Batch batch;
  user::Users().mark_verified(batch, *ctx_, user, {"email", "one@example.com"});
  ctx_.run(ctx_->commit(std::move(batch)));
  EXPECT_TRUE(find({"one@example.com"})->verified);
  EXPECT_FALSE(find({"two@example.com"})->verified);
}

TEST_F(LoginIdsInDatabase, an_email_address_and_a_user_name_are_different_types) {
  add_user({"person"});
  NormalizedLoginId as_email = id_of("person");
  as_email.type = "email";
  EXPECT_FALSE(ctx_.run(login_ids_.find(*ctx_, {as_email})));
}

TEST_F(LoginIdsInDatabase, a_login_id_of_another_project_is_not_there) {
  add_user({"person"});
  test::TestContext other(test::TestProject("other").database(ctx_.project->secrets.database_url).build());
  EXPECT_FALSE(other.run(login_ids_.find(*other, {id_of("person")})));
}

TEST_F(LoginIdsInDatabase, the_same_login_id_twice_breaks_the_constraint) {
  add_user({"person@b\u00fccher.example"});
  try {
    add_user({"PERSON@xn--bcher-kva.example"});
    FAIL();
  } catch (const postgres::StatementError& error) {
    EXPECT_TRUE(error.unique_violation(kUniqueLoginId));
  }
}

TEST_F(LoginIdsInDatabase, a_users_login_ids_come_in_their_order) {
  const UserId user = add_user({"one@example.com"});
  ctx_.clock.advance(1s);
  postgres::Batch batch;
  login_ids_.insert(batch, *ctx_, make_identity(id_of("two"), user, ctx_->now()));
  ctx_.run(ctx_->commit(std::move(batch)));
  const auto all = ctx_.run(login_ids_.of_user(*ctx_, user));
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].login_id, "one@example.com");
  EXPECT_EQ(all[1].login_id, "two");
}

TEST(DuplicatedIdentity, it_has_the_contracts_shape) {
  const Error error = duplicated_identity("email");
  EXPECT_EQ(error.reason(), "InvariantViolated");
  EXPECT_EQ(error.info().at("cause"), (boost::json::value{{"kind", "DuplicatedIdentity"}}));
  EXPECT_EQ(error.info().at("LoginIDTypeIncoming"), "email");
}

}  // namespace
}  // namespace gatehouse::identity
