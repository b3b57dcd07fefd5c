#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/json.hpp>

#include "flow/runner.h"
#include "platform/base/error.h"

namespace gatehouse::test {

// Flows as a test of their pages needs them: each token has the step that it shows, the next answer to `feed` is set by
// the test.
class FakeRunner : public flow::Runner {
 public:
  Task<flow::Reply> create(project::Context&, flow::Start start) override {
    started.push_back(start);
    if (refuse_create) {
      throw *refuse_create;
    }
    flow::Reply reply = put("authflowstate_NEW" + std::to_string(started.size()), start.type, identify());
    owners[reply.state_token] = start.browser;
    co_return reply;
  }
  Task<flow::Reply> feed(project::Context&, std::string token, boost::json::object input) override {
    fed.emplace_back(token, input);
    if (refuse_feed) {
      throw *refuse_feed;
    }
    if (!states.contains(token) && !answers_finished) {
      throw Error(ErrorKind::not_found, "AuthenticationFlowNotFound", "gone");
    }
    co_return answer;
  }
  Task<flow::Shown> show(project::Context&, std::string token, std::string browser) override {
    const auto found = states.find(token);
    if (found == states.end()) {
      throw Error(ErrorKind::not_found, "AuthenticationFlowNotFound", "gone");
    }
    const auto owner = owners.find(token);
    co_return flow::Shown{found->second, owner != owners.end() && owner->second == browser};
  }

  flow::Reply put(const std::string& token, const std::string& type, flow::Action action) {
    return states[token] = {.state_token = token, .type = type, .name = "default", .action = std::move(action)};
  }

  static flow::Action identify() {
    return {.type = "identify", .data = {{"type", "identification_data"}, {"options", boost::json::array{}}}};
  }
  static flow::Action authenticate() {
    return {.type = "authenticate",
            .data = {{"type", "authentication_data"}, {"options", {{{"authentication", "primary_password"}}}}}};
  }
  static flow::Action verify() {
    return {.type = "verify",
            .data = {{"type", "verify_oob_otp_data"},
                     {"channel", "email"},
                     {"otp_form", "code"},
                     {"masked_claim_value", "mi**@x.example"},
                     {"code_length", 6},
                     {"can_resend_at", "2027-01-15T08:00:42.000000Z"},
                     {"delivery_status", "sent"}}};
  }
  static flow::Action create_password() {
    return {.type = "create_authenticator",
            .data = {{"type", "create_authenticator_data"},
                     {"options",
                      {{{"authentication", "primary_password"},
                        {"password_policy", {{"minimum_length", 8}, {"uppercase_required", true}}}}}}}};
  }

  std::map<std::string, flow::Reply> states;
  std::map<std::string, std::string> owners;
  std::vector<flow::Start> started;
  std::vector<std::pair<std::string, boost::json::object>> fed;
  flow::Reply answer;
  bool answers_finished = false;
  std::optional<Error> refuse_feed;
  std::optional<Error> refuse_create;
};

}  // namespace gatehouse::test
