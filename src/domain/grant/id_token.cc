#include "domain/grant/id_token.h"

#include "platform/base/json_text.h"
#include "platform/base/uuid.h"
#include "platform/crypto/encoding.h"
#include "platform/jose/jwt.h"

namespace gatehouse::grant {

namespace {

constexpr Seconds kLifetime = std::chrono::minutes{5};
constexpr std::string_view kSessionKind = "idp:";
constexpr std::string_view kGrantKind = "offline_grant:";

void read_sid(const std::string& sid, IdTokenHint& hint) {
  const auto plain = crypto::from_base64url(sid);
  if (!plain) {
    return;
  }
  const auto id_after = [&](std::string_view kind) {
    return plain->starts_with(kind) && is_uuid(std::string_view(*plain).substr(kind.size()))
               ? plain->substr(kind.size())
               : std::string();
  };
  if (std::string id = id_after(kGrantKind); !id.empty()) {
    hint.grant = GrantId{std::move(id)};
  } else if (std::string session = id_after(kSessionKind); !session.empty()) {
    hint.session = SessionId{std::move(session)};
  }
}

}  // namespace

std::string make_sid(const GrantId& grant) { return crypto::base64url(std::string(kGrantKind) + grant.str()); }

std::string sign_id_token(const project::Context& ctx, const project::OAuthClient& client, const TokenSubject& subject,
                          const std::optional<std::string>& nonce) {
  const auto now = unix_seconds(ctx.now());
  boost::json::object claims{{"iss", ctx.project().origin()},     {"aud", client.client_id.str()},
                             {"sub", subject.user.user.id.str()}, {"iat", now},
                             {"exp", now + kLifetime.count()},    {"auth_time", unix_seconds(subject.authenticated_at)},
                             {"sid", make_sid(subject.grant)}};
  if (!subject.amr.empty()) {
    claims["amr"] = boost::json::value_from(subject.amr);
  }
  if (nonce) {
    claims["nonce"] = *nonce;
  }
  add_user_claims(claims, subject.user);
  add_personal_claims(claims, client, subject);
  return jose::sign(ctx.project().signing_key(), "JWT", claims);
}

std::optional<IdTokenHint> parse_id_token_hint(const project::Project& project, std::string_view id_token) {
  const jose::Expected expected{.types = {"JWT"}};
  const auto verified = jose::verify(id_token, project.secrets.oauth_keys, expected);
  if (!verified || text_at(verified->claims, "iss") != project.origin()) {
    return std::nullopt;
  }
  IdTokenHint hint;
  hint.client = ClientId{text_at(verified->claims, "aud")};
  hint.user = UserId{text_at(verified->claims, "sub")};
  if (project.client(hint.client) == nullptr || hint.user.empty()) {
    return std::nullopt;
  }
  read_sid(text_at(verified->claims, "sid"), hint);
  return hint;
}

}  // namespace gatehouse::grant
