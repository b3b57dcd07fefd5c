#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "domain/model/session.h"
#include "project/context.h"

namespace gatehouse::session {

// "Session" of the contract's events: an IdP session or a grant ("offline_grant").
struct SessionModel {
  std::string id;
  std::string type;  // idp, offline_grant
  TimePoint created_at;
  TimePoint last_accessed_at;
  std::vector<std::string> amr;
  std::string created_by_ip;
  std::string last_accessed_by_ip;
  std::string user_agent;
  std::optional<std::string> client_id;
  std::optional<std::string> application_name;  // of the client
};

boost::json::object to_event_json(const SessionModel& model);

// Of a session that this request opened.
SessionModel model_of(const Session& session, const project::Context& ctx);

}  // namespace gatehouse::session
