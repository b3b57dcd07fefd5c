#pragma once

#include <optional>
#include <string>

#include <boost/json.hpp>

#include "domain/model/ids.h"
#include "platform/postgres/session.h"
#include "project/context.h"

namespace gatehouse::event {

// Something that happened, with the type and payload keys of the contract's events. Payloads stay with what emits them.
struct Event {
  std::string type;  // "user.authenticated"
  boost::json::object payload;
  std::optional<UserId> user;  // context.user_id
  std::string triggered_by = "user";
};

// Adds the event to the batch that makes it true: one row in the outbox, numbered by _auth_event_sequence there.
// Workers deliver it to the audit log (and to hooks).
void add(postgres::Batch& batch, const project::Context& ctx, const Event& event);

}  // namespace gatehouse::event
