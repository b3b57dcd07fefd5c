#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "flow/runner.h"

namespace gatehouse::flow {

// The results of finished flows, for the retry of a request whose answer was lost: found by the state token that was
// fed, sealed under a key derived from that token, given only to the same input.
class FinishedFlows {
 public:
  void insert(postgres::Batch& batch, const project::Context& ctx, const std::string& state_token,
              const boost::json::object& input, const Reply& reply, std::chrono::sys_days expires_on);
  Task<std::optional<Reply>> find(project::Context& ctx, std::string state_token, boost::json::object input);
};

// An input as text, the same for the same keys and values whatever their order.
std::string canonical(const boost::json::object& input);

}  // namespace gatehouse::flow
