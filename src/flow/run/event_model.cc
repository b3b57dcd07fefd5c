#include "flow/run/event_model.h"

#include <string>

namespace gatehouse::flow {

boost::json::object identity_model(const LoginIdIdentity& identity) {
  auto claims = identity.claims;
  const auto claim = [&](std::string_view name, const std::string& value) {
    claims["https://authgear.com/claims/login_id/" + std::string(name)] = value;
  };
  claim("type", identity.login_id_type);
  claim("key", identity.login_id_key);
  claim("original_value", identity.original_login_id);
  claim("value", identity.login_id);
  return {{"id", identity.id.str()},
          {"created_at", rfc3339(identity.created_at)},
          {"updated_at", rfc3339(identity.updated_at)},
          {"type", "login_id"},
          {"user_id", identity.user_id.str()},
          {"claims", std::move(claims)}};
}

boost::json::object session_model(const project::Context& ctx, const Session& session) {
  boost::json::object model{{"id", session.id.str()},
                            {"created_at", rfc3339(session.created_at)},
                            {"updated_at", rfc3339(session.last_access_at)},
                            {"type", "idp"},
                            {"lastAccessedAt", rfc3339(session.last_access_at)},
                            {"createdByIP", ctx.client_ip},
                            {"lastAccessedByIP", ctx.client_ip},
                            {"lastAccessedByIPCountryCode", ""},
                            {"lastAccessedByIPEnglishCountryName", ""},
                            {"clientID", nullptr},
                            {"displayName", ctx.user_agent}};
  if (!session.amr.empty()) {
    model["amr"] = boost::json::value_from(session.amr);
  }
  if (!ctx.user_agent.empty()) {
    model["userAgent"] = ctx.user_agent;
  }
  return model;
}

}  // namespace gatehouse::flow
