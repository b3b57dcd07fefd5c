#include "domain/grant/consent.h"

#include "support/token_process.h"

namespace gatehouse::grant {
namespace {

using test::Process;
using test::TestProject;

TEST(Consent, covers_what_was_allowed_to_this_client_by_this_user_and_nothing_else) {
  Process a(TestProject{}.database(test::fresh_database()).build());
  const auto user = a.add_user();
  const auto other = a.add_user();
  const ClientId client{test::kThirdPartyClient};
  Consents consents;
  const auto covers = [&](const UserId& of, const ClientId& by, std::vector<std::string> scopes) {
    return a.run(consents.covers(a.core, of, by, std::move(scopes)));
  };
  const auto allow = [&](const std::vector<std::string>& scopes) {
    postgres::Batch batch;
    Consents::add(batch, a.core, user, client, scopes);
    a.commit(std::move(batch));
  };
  EXPECT_FALSE(covers(user, client, {"openid"}));
  allow({"openid", "email"});
  EXPECT_TRUE(covers(user, client, {"openid", "email"}));
  EXPECT_TRUE(covers(user, client, {"email"}));
  EXPECT_FALSE(covers(user, client, {"openid", "phone"}));
  EXPECT_FALSE(covers(other, client, {"openid"}));
  EXPECT_FALSE(covers(user, ClientId{test::kConfidentialClient}, {"openid"}));
  allow({"phone", "openid"});
  allow({"openid"});
  EXPECT_TRUE(covers(user, client, {"openid", "email", "phone"}));
}

TEST(Consent, comes_with_the_authorization_code_and_marks_the_grant) {
  static constexpr postgres::Sql kMarked =
      "SELECT EXISTS (SELECT FROM _gatehouse_refresh r JOIN _auth_oauth_authorization a ON a.id = r.authorization_id "
      "AND a.app_id = r.app_id WHERE r.app_id = $1 AND a.user_id = r.user_id AND a.client_id = r.client_id)";
  Process a(TestProject{}.database(test::fresh_database()).build());
  const auto user = a.add_user();
  a.sign_in(user, test::kThirdPartyClient);
  Consents consents;
  EXPECT_TRUE(a.run(consents.covers(a.core, user, ClientId{test::kThirdPartyClient}, {"openid", "offline_access"})));
  EXPECT_TRUE(a.value<bool>(kMarked, a.core->app_id()));
}

}  // namespace
}  // namespace gatehouse::grant
