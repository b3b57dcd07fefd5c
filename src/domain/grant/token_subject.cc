#include "domain/grant/token_subject.h"

#include "domain/user/users.h"

namespace gatehouse::grant {

void add_personal_claims(boost::json::object& claims, const project::OAuthClient& client, const TokenSubject& subject) {
  if (!client.personal_data_in_tokens()) {
    return;
  }
  for (const auto& [name, value] : user::standard_claims(subject.user.user, subject.user.verified, subject.scopes)) {
    claims.emplace(name, value);  // never over a claim of the token itself
  }
}

}  // namespace gatehouse::grant
