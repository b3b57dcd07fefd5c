#include "domain/authenticator/stored_schemes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/authenticator/password.h"
#include "domain/authenticator/password_hash.h"
#include "domain/user/users.h"
#include "platform/base/uuid.h"
#include "support/postgres_server.h"
#include "support/test_project.h"

namespace gatehouse::authenticator {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class StoredSchemesTest : public testing::Test {
 protected:
  StoredSchemesTest() : ctx(test::TestProject().database(test::fresh_database()).build()) {}

  void store(const std::string& hash) {
    const UserId user{uuid_v4()};
    postgres::Batch batch;
    user::Users().insert(batch, *ctx, {.id = user, .created_at = ctx->now(), .updated_at = ctx->now()});
    passwords.insert(batch, *ctx,
                     {.id = AuthenticatorId(uuid_v4()),
                      .user_id = user,
                      .created_at = ctx->now(),
                      .updated_at = ctx->now(),
                      .kind = "primary",
                      .password_hash = hash});
    ctx.run(ctx->commit(std::move(batch)));
  }
  std::set<std::string> schemes() { return ctx.run(stored.of_project(*ctx)); }

  test::TestContext ctx;
  CpuPool pool{{.threads = 1}};
  PasswordHasher hasher{pool, HashFormat::argon2id};
  Passwords passwords{hasher};
  StoredSchemes stored;
};

}  // namespace

TEST_F(StoredSchemesTest, each_kind_of_hash_is_found_once_as_our_own_code_sees_it) {
  const std::string argon = hash_password(HashFormat::argon2id, "x");
  const std::string sha512 = hash_password(HashFormat::bcrypt_sha512, "x");
  const std::string bcrypt = nobodys_hash("$2y$05$");
  for (const auto& hash : {argon, sha512, bcrypt, argon, sha512, std::string("none of them")}) {
    store(hash);
  }
  EXPECT_EQ(schemes(), (std::set<std::string>{scheme_of(argon), scheme_of(sha512), scheme_of(bcrypt)}));
}

TEST_F(StoredSchemesTest, what_changed_is_known_within_a_minute_and_what_was_met_at_once) {
  EXPECT_THAT(schemes(), IsEmpty());
  store(nobodys_hash("$2a$10$"));
  EXPECT_THAT(schemes(), IsEmpty());
  stored.met(*ctx, {"$2b$12$", ""});
  EXPECT_THAT(schemes(), ElementsAre("$2b$12$"));
  ctx.clock.advance(1min);
  EXPECT_THAT(schemes(), ElementsAre("$2a$10$"));
}

TEST_F(StoredSchemesTest, a_project_sees_its_own_passwords_only) {
  store(nobodys_hash("$2a$10$"));
  test::TestProject other(uuid_v4());
  test::TestContext elsewhere(other.database(ctx->project().secrets.database_url).build());
  EXPECT_THAT(elsewhere.run(stored.of_project(*elsewhere)), IsEmpty());
}

}  // namespace gatehouse::authenticator
