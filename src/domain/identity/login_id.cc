#include "domain/identity/login_id.h"

#include <algorithm>

#include "domain/identity/login_id_rules.h"
#include "domain/identity/precis.h"
#include "domain/identity/unicode_text.h"
#include "platform/base/error.h"
#include "platform/base/uuid.h"

namespace gatehouse::identity {

namespace {

namespace json = boost::json;

const project::LoginIdKey* key_of(const project::Project& project, std::string_view type) {
  const auto& keys = project.config.login_id.keys;
  const auto found = std::ranges::find(keys, type, &project::LoginIdKey::type);
  return found == keys.end() ? nullptr : &*found;
}

// Where the address ends and the domain begins; the last "@", as a quoted local part may have others.
std::size_t at_of(std::string_view address) { return address.rfind('@'); }

std::optional<std::string> folded(std::string_view text) {
  return enforce_folded(text, StringClass::freeform, Direction::any);
}

std::optional<std::string> normalized_email(const project::LoginIdEmailConfig& config, std::string_view typed) {
  const auto at = at_of(typed);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  const auto domain = folded(typed.substr(at + 1));
  std::optional<std::string> local = nfkc(typed.substr(0, at));
  if (!config.case_sensitive) {
    local = folded(*local);
  }
  if (!domain || !local) {
    return std::nullopt;
  }
  if (config.ignore_dot_sign) {
    std::erase(*local, '.');
  }
  if (local->empty()) {
    return std::nullopt;
  }
  return *local + "@" + *domain;
}

std::optional<std::string> email_unique_key(std::string_view login_id) {
  const auto at = at_of(login_id);
  const auto domain = punycode_domain(login_id.substr(at + 1));
  if (!domain) {
    return std::nullopt;
  }
  return std::string(login_id.substr(0, at + 1)) + *domain;
}

std::optional<std::string> normalized_username(const project::LoginIdUsernameConfig& config, std::string_view typed) {
  std::string text = nfkc(typed);
  if (config.case_sensitive) {
    return text.empty() ? std::nullopt : std::optional(text);
  }
  return enforce_folded(text, StringClass::identifier, Direction::any);
}

std::optional<NormalizedLoginId> normalized(const project::Project& project, const project::LoginIdKey& key,
                                            std::string_view typed) {
  const auto& config = project.config.login_id;
  const bool is_email = key.type == "email";
  const auto login_id = is_email ? normalized_email(config.email, typed) : normalized_username(config.username, typed);
  if (!login_id) {
    return std::nullopt;
  }
  const auto unique_key = is_email ? email_unique_key(*login_id) : login_id;
  if (!unique_key) {
    return std::nullopt;
  }
  return NormalizedLoginId{key.type, key.key, std::string(typed), *login_id, *unique_key};
}

bool is_known(std::string_view type) { return type == "email" || type == "username"; }

std::string_view claim_of(std::string_view type) { return type == "email" ? "email" : "preferred_username"; }

}  // namespace

NormalizedLoginId normalize(const project::Project& project, std::string_view type, std::string_view typed) {
  const std::string_view text = trimmed(typed);
  const auto* key = key_of(project, type);
  if (key == nullptr || !is_known(type)) {
    refuse_login_id("general", {{"msg", "login ID key is not allowed"}});
  }
  check_login_id(project, *key, text);
  auto result = normalized(project, *key, text);
  if (!result) {
    refuse_login_id("format", {{"format", type}});
  }
  return std::move(*result);
}

std::optional<NormalizedLoginId> normalize_for_lookup(const project::Project& project, std::string_view type,
                                                      std::string_view typed) {
  constexpr std::size_t kLongest = 1024;
  const std::string_view text = trimmed(typed);
  const auto* key = key_of(project, type);
  if (key == nullptr || !is_known(type) || text.empty() || text.size() > kLongest || !code_points(text)) {
    return std::nullopt;
  }
  return normalized(project, *key, text);
}

Error duplicated_identity(std::string_view login_id_type) {
  return {ErrorKind::invalid,
          "InvariantViolated",
          "identity already exists",
          {{"cause", {{"kind", "DuplicatedIdentity"}}},
           {"IdentityTypeIncoming", "login_id"},
           {"LoginIDTypeIncoming", login_id_type},
           {"IdentityTypeExisting", "login_id"},
           {"LoginIDTypeExisting", login_id_type},
           {"ExistingIdentities", json::array{}}}};
}

LoginIdIdentity make_identity(const NormalizedLoginId& id, const UserId& user, TimePoint now) {
  LoginIdIdentity identity;
  identity.id = IdentityId{uuid_v4()};
  identity.user_id = user;
  identity.created_at = now;
  identity.updated_at = now;
  identity.login_id_key = id.key;
  identity.login_id_type = id.type;
  identity.login_id = id.login_id;
  identity.original_login_id = id.original;
  identity.unique_key = id.unique_key;
  identity.claims = {{claim_of(id.type), id.login_id}};
  return identity;
}

}  // namespace gatehouse::identity
