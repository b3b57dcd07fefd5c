#include "domain/session/session_event.h"

namespace gatehouse::session {

boost::json::object to_event_json(const SessionModel& model) {
  boost::json::object json{{"id", model.id},
                           {"created_at", rfc3339(model.created_at)},
                           {"updated_at", rfc3339(model.last_accessed_at)},
                           {"type", model.type},
                           {"lastAccessedAt", rfc3339(model.last_accessed_at)},
                           {"createdByIP", model.created_by_ip},
                           {"lastAccessedByIP", model.last_accessed_by_ip},
                           {"lastAccessedByIPCountryCode", ""},
                           {"lastAccessedByIPEnglishCountryName", ""},
                           {"clientID", nullptr},
                           {"displayName", model.application_name.value_or(model.user_agent)}};
  if (!model.amr.empty()) {
    json["amr"] = boost::json::value_from(model.amr);
  }
  if (model.client_id) {
    json["clientID"] = *model.client_id;
  }
  if (model.application_name) {
    json["applicationName"] = *model.application_name;
  }
  if (!model.user_agent.empty()) {
    json["userAgent"] = model.user_agent;
  }
  return json;
}

SessionModel model_of(const Session& session, const project::Context& ctx) {
  SessionModel model;
  model.id = session.id.str();
  model.type = "idp";
  model.created_at = session.created_at;
  model.last_accessed_at = session.last_access_at;
  model.amr = session.amr;
  model.created_by_ip = model.last_accessed_by_ip = ctx.client_ip;
  model.user_agent = ctx.user_agent;
  return model;
}

}  // namespace gatehouse::session
