#include "project/cross_check.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace gatehouse::project {
namespace {

bool has(const std::vector<std::string>& all, std::string_view one) { return std::ranges::find(all, one) != all.end(); }

class CrossCheck {
 public:
  CrossCheck(const Place& file, const Config& config, std::vector<Problem>& problems)
      : file_(file), config_(config), problems_(problems) {}

  void run() {
    times();
    clients();
    login_providers();
    authenticators();
    phone_input();
    fraud_protection();
    localization();
    custom_attributes();
    lockout();
    flow_groups();
    flow_allowlists();
    saml();
  }

 private:
  void report(std::string path, std::string what) {
    problems_.push_back({kConfigFile, std::move(path), std::move(what)});
  }

  // The contract's schema has no least value; with such a time nobody stays signed in for a moment.
  void not_negative(const Place& of, const std::string& path, std::string_view key) {
    if (of[key].whole() < 0) {
      report(fmt::format("{}/{}", path, key), "must not be negative");
    }
  }

  void times() {
    not_negative(file_["session"], "/session", "lifetime_seconds");
    not_negative(file_["session"], "/session", "idle_timeout_seconds");
    const auto clients = file_["oauth"]["clients"].items();
    for (std::size_t i = 0; i < clients.size(); ++i) {
      not_negative(clients[i], fmt::format("/oauth/clients/{}", i), "refresh_token_idle_timeout_seconds");
    }
  }

  void clients() {
    for (std::size_t i = 0; i < config_.oauth_clients.size(); ++i) {
      const auto& client = config_.oauth_clients[i];
      if (client.refresh_token_lifetime < client.access_token_lifetime) {
        report(fmt::format("/oauth/clients/{}/refresh_token_lifetime_seconds", i),
               "must be at least access_token_lifetime_seconds");
      }
    }
  }

  void login_providers() {
    std::set<std::string> seen;
    const auto providers = file_["identity"]["oauth"]["providers"].items();
    for (std::size_t i = 0; i < providers.size(); ++i) {
      if (!seen.insert(providers[i]["alias"].text()).second) {
        report(fmt::format("/identity/oauth/providers/{}", i), "must have an alias that no other provider has");
      }
    }
  }

  void authenticators() {
    const auto& of = config_.authentication;
    const auto passkey = std::ranges::find(of.identities, "passkey");
    if (passkey != of.identities.end() && !has(of.primary_authenticators, "passkey")) {
      report(fmt::format("/authentication/identities/{}", passkey - of.identities.begin()),
             "needs a primary authenticator that can be used with it");
    }
    if (of.secondary_authenticators.empty() && of.secondary_authentication_mode != "disabled") {
      report("/authentication/secondary_authentication_mode",
             "must be disabled where there is no secondary authenticator");
    }
  }

  void phone_input() {
    const Place input = file_["ui"]["phone_input"];
    const auto allowed = input["allowlist"].texts();
    const auto pinned = input["pinned_list"].texts();
    const auto is_allowed = [&](const std::string& code) { return has(allowed, code); };
    if (input["allowlist"].is_there() && !std::ranges::all_of(pinned, is_allowed)) {
      report("/ui/phone_input/pinned_list", "must only have entries of allowlist");
    }
  }

  void fraud_protection() {
    const auto entries = file_["fraud_protection"]["sms"]["unverified_otp_budget"]["by_phone_country"].items();
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const auto codes = entries[i]["geo_location_codes"].texts();
      std::set<std::string> seen;
      for (std::size_t k = 0; k < codes.size(); ++k) {
        if (!seen.insert(codes[k]).second) {
          report(fmt::format("/fraud_protection/sms/unverified_otp_budget/by_phone_country/{}/geo_location_codes/{}", i,
                             k),
                 "must not be there twice");
        }
      }
    }
  }

  void localization() {
    const auto& of = config_.localization;
    if (!has(of.supported_languages, of.fallback_language)) {
      report("/localization/supported_languages", "must contain the fallback_language");
    }
  }

  void custom_attributes() {
    const auto attributes = file_["user_profile"]["custom_attributes"]["attributes"].items();
    std::set<std::string> ids;
    std::set<std::string> pointers;
    for (std::size_t i = 0; i < attributes.size(); ++i) {
      const std::string path = fmt::format("/user_profile/custom_attributes/attributes/{}", i);
      const Place& of = attributes[i];
      if (!ids.insert(of["id"].text()).second) {
        report(path + "/id", "must not be there twice");
      }
      if (!pointers.insert(of["pointer"].text()).second) {
        report(path + "/pointer", "must not be there twice");
      }
      const std::string type = of["type"].text();
      if ((type == "number" || type == "integer") && of["minimum"].is_there() && of["maximum"].is_there() &&
          of["minimum"].number(0) > of["maximum"].number(0)) {
        report(path + "/minimum", "must be at most maximum");
      }
    }
  }

  void lockout() {
    const auto& of = config_.authentication.lockout;
    if (of.max_attempts > 0 && of.minimum_duration > of.maximum_duration) {
      report("/authentication/lockout/minimum_duration", "must be at most maximum_duration");
    }
  }

  // Names of the flows of one type ("login" …) that the file defines.
  bool is_defined(const std::string& type, const std::string& name) const {
    const auto flows = file_["authentication_flow"][type + "_flows"].items();
    return name == "default" || std::ranges::any_of(flows, [&](const Place& f) { return f["name"].text() == name; });
  }

  void flows_are_defined(const std::string& path, const std::vector<Place>& flows) {
    for (std::size_t i = 0; i < flows.size(); ++i) {
      if (!is_defined(flows[i]["type"].text(), flows[i]["name"].text())) {
        report(fmt::format("{}/flows/{}", path, i), "must be a flow of authentication_flow, or have the name default");
      }
    }
  }

  void flow_groups() {
    std::set<std::string> seen;
    const auto groups = file_["ui"]["authentication_flow"]["groups"].items();
    for (std::size_t i = 0; i < groups.size(); ++i) {
      const std::string path = fmt::format("/ui/authentication_flow/groups/{}", i);
      const auto flows = groups[i]["flows"].items();
      if (!seen.insert(groups[i]["name"].text()).second) {
        report(path, "must have a name that no other group has");
      }
      if (std::ranges::none_of(flows, [](const Place& f) { return f["type"].text() == "login"; })) {
        report(path, "must contain a login flow");
      }
      flows_are_defined(path, flows);
    }
  }

  void flow_allowlists() {
    const auto defined = file_["ui"]["authentication_flow"]["groups"].items();
    const auto clients = file_["oauth"]["clients"].items();
    for (std::size_t i = 0; i < clients.size(); ++i) {
      const std::string path = fmt::format("/oauth/clients/{}/authentication_flow_allowlist", i);
      const Place list = clients[i]["x_authentication_flow_allowlist"];
      const auto groups = list["groups"].items();
      for (std::size_t k = 0; k < groups.size(); ++k) {
        const std::string name = groups[k]["name"].text();
        if (name != "default" &&
            std::ranges::none_of(defined, [&](const Place& g) { return g["name"].text() == name; })) {
          report(fmt::format("{}/groups/{}", path, k),
                 "must be a group of ui.authentication_flow, or have the name default");
        }
      }
      flows_are_defined(path, list["flows"].items());
    }
  }

  void saml() {
    const auto providers = file_["saml"]["service_providers"].items();
    if (!providers.empty() && file_["saml"]["signing"]["key_id"].text().empty()) {
      report("/saml/signing/key_id", "must not be empty where there are service providers");
    }
    for (std::size_t i = 0; i < providers.size(); ++i) {
      const std::string path = fmt::format("/saml/service_providers/{}", i);
      const std::string id = providers[i]["client_id"].text();
      if (std::ranges::none_of(config_.oauth_clients, [&](const auto& c) { return c.client_id.str() == id; })) {
        report(path + "/client_id", "must be the client_id of a client of oauth.clients");
      }
      saml_mappings(path, providers[i]["attributes"]);
    }
  }

  void saml_mappings(const std::string& path, const Place& attributes) {
    const auto definitions = attributes["definitions"].items();
    const auto mappings = attributes["mappings"].items();
    for (std::size_t k = 0; k < mappings.size(); ++k) {
      const std::string name = mappings[k]["to"]["saml_attribute"].text();
      if (std::ranges::none_of(definitions, [&](const Place& d) { return d["name"].text() == name; })) {
        report(fmt::format("{}/mappings/{}/to/saml_attribute", path, k), "must name one of the definitions");
      }
    }
  }

  const Place& file_;
  const Config& config_;
  std::vector<Problem>& problems_;
};

}  // namespace

void check_across_fields(const Place& file, const Config& config, std::vector<Problem>& problems) {
  CrossCheck(file, config, problems).run();
}

}  // namespace gatehouse::project
