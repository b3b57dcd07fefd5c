#include "flow/engine/default_flows.h"

#include <algorithm>

#include <fmt/format.h>

#include "flow/engine/errors.h"

namespace gatehouse::flow {

namespace {

using Steps = std::vector<StepDefinition>;

bool contains(const std::vector<std::string>& list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}

// One for each distinct type of login ID, in the order of the configuration.
std::vector<Identification> login_id_types(const project::Config& config) {
  std::vector<Identification> types;
  for (const auto& key : config.login_id.keys) {
    const auto type = from_text<Identification>(key.type);
    if (type && std::ranges::find(types, *type) == types.end()) {
      types.push_back(*type);
    }
  }
  return types;
}

bool fits_primary(std::string_view authenticator, Identification identification) {
  if (authenticator == "oob_otp_email") {
    return identification == Identification::email;
  }
  if (authenticator == "oob_otp_sms") {
    return identification == Identification::phone;
  }
  return true;
}

std::vector<Authentication> authentications(const std::vector<std::string>& configured, std::string_view stage) {
  std::vector<Authentication> all;
  for (const auto& name : configured) {
    if (const auto authentication = from_text<Authentication>(fmt::format("{}_{}", stage, name))) {
      all.push_back(*authentication);
    }
  }
  return all;
}

std::vector<Authentication> primary(const project::Config& config, Identification identification) {
  std::vector<std::string> fitting;
  for (const auto& name : config.authentication.primary_authenticators) {
    if (fits_primary(name, identification)) {
      fitting.push_back(name);
    }
  }
  return authentications(fitting, "primary");
}

bool is_oob(Authentication authentication) { return text(authentication).find("oob_otp") != std::string::npos; }

bool verification_required(const project::Config& config, Identification identification) {
  const auto& verification = config.verification;
  switch (identification) {
    case Identification::email:
      return verification.email.enabled && verification.email.required;
    case Identification::phone:
      return verification.phone_number.enabled && verification.phone_number.required;
    default:
      return false;
  }
}

// The contract's names of the generated steps.
std::string step_name(std::string_view stage, Identification identification) {
  return fmt::format("authenticate_{}_{}", stage, text(identification));
}

StepDefinition create_secondary(const project::Config& config, Identification identification) {
  StepDefinition step{.type = StepType::create_authenticator, .name = step_name("secondary", identification)};
  for (const auto authentication : authentications(config.authentication.secondary_authenticators, "secondary")) {
    Branch branch{.authentication = authentication};
    if (!config.authentication.recovery_code_disabled) {
      branch.steps.push_back({.type = StepType::view_recovery_code});
    }
    step.one_of.push_back(std::move(branch));
  }
  return step;
}

Branch signup_branch(const project::Config& config, Identification identification, const std::string& identify) {
  Branch branch{.identification = identification};
  if (verification_required(config, identification)) {
    branch.steps.push_back({.type = StepType::verify, .target_step = identify});
  }
  StepDefinition create{.type = StepType::create_authenticator, .name = step_name("primary", identification)};
  for (const auto authentication : primary(config, identification)) {
    if (authentication != Authentication::primary_passkey) {
      create.one_of.push_back(
          {.authentication = authentication, .target_step = is_oob(authentication) ? identify : ""});
    }
  }
  branch.steps.push_back(std::move(create));
  if (config.authentication.secondary_authentication_mode == "required") {
    branch.steps.push_back(create_secondary(config, identification));
  }
  return branch;
}

StepDefinition signup_identify(const project::Config& config) {
  StepDefinition identify{.type = StepType::identify, .name = "signup_identify"};
  if (contains(config.authentication.identities, "login_id")) {
    for (const auto type : login_id_types(config)) {
      identify.one_of.push_back(signup_branch(config, type, identify.name));
    }
  }
  return identify;
}

std::optional<StepDefinition> authenticate_secondary(const project::Config& config, Identification identification) {
  const auto& mode = config.authentication.secondary_authentication_mode;
  if (mode == "disabled") {
    return std::nullopt;
  }
  StepDefinition step{
      .type = StepType::authenticate, .name = step_name("secondary", identification), .optional = mode != "required"};
  for (const auto authentication : authentications(config.authentication.secondary_authenticators, "secondary")) {
    step.one_of.push_back({.authentication = authentication});
  }
  if (!config.authentication.recovery_code_disabled) {
    step.one_of.push_back({.authentication = Authentication::recovery_code});
  }
  if (!config.authentication.device_token_disabled) {
    step.one_of.push_back({.authentication = Authentication::device_token});
  }
  return step;
}

Branch login_authentication(const project::Config& config, Identification identification, Authentication authentication,
                            const std::string& authenticate, const std::string& identify) {
  Branch branch{.authentication = authentication, .target_step = is_oob(authentication) ? identify : ""};
  if (authentication == Authentication::primary_passkey) {
    return branch;
  }
  if (auto secondary = authenticate_secondary(config, identification)) {
    branch.steps.push_back(std::move(*secondary));
  }
  if (authentication == Authentication::primary_password) {
    branch.steps.push_back({.type = StepType::change_password, .target_step = authenticate});
  }
  return branch;
}

StepDefinition login_identify(const project::Config& config) {
  StepDefinition identify{.type = StepType::identify, .name = "login_identify"};
  if (!contains(config.authentication.identities, "login_id")) {
    return identify;
  }
  for (const auto type : login_id_types(config)) {
    StepDefinition authenticate{.type = StepType::authenticate, .name = step_name("primary", type)};
    for (const auto authentication : primary(config, type)) {
      authenticate.one_of.push_back(
          login_authentication(config, type, authentication, authenticate.name, identify.name));
    }
    identify.one_of.push_back({.identification = type, .steps = {std::move(authenticate)}});
  }
  return identify;
}

}  // namespace

Definition define_flow(const project::Config& config, std::string_view type, std::string_view name) {
  const auto flow_type = from_text<FlowType>(type);
  if (!flow_type) {
    throw Error(ErrorKind::bad_request, "AuthenticationFlowUnknownFlow", "There is no such type of flow.");
  }
  const bool built_in = *flow_type == FlowType::signup || *flow_type == FlowType::login;
  if (name != "default" || !built_in) {
    throw Error(ErrorKind::not_found, "AuthenticationFlowFlowNotFound", "The project has no such flow.");
  }
  Definition flow{.type = *flow_type, .name = std::string(name)};
  if (*flow_type == FlowType::signup) {
    flow.steps.push_back(signup_identify(config));
    return flow;
  }
  flow.steps.push_back(login_identify(config));
  flow.steps.push_back({.type = StepType::check_account_status});
  return flow;
}

}  // namespace gatehouse::flow
