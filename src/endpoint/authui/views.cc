#include "endpoint/authui/views.h"

#include <algorithm>
#include <utility>

#include "domain/sign_in/login_hint.h"
#include "endpoint/authui/sentences.h"
#include "endpoint/authui/steps.h"
#include "platform/base/json_text.h"

namespace gatehouse::authui {

namespace {

namespace json = boost::json;

std::int64_t number_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_number() ? value->to_number<std::int64_t>() : 0;
}

bool flag_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

void tell(json::object& values, const Visit& visit, const text::Translations& texts, TimePoint now,
          const text::Arguments& arguments) {
  if (!visit.memory.notice.empty()) {
    values["notice"] = texts(visit.memory.notice);
  }
  if (!visit.memory.caution.empty()) {
    values["caution"] = texts(visit.memory.caution);
  }
  if (!visit.memory.failure) {
    return;
  }
  const Sentences sentences = explain(*visit.memory.failure, texts, now, arguments);
  values["problem"] = sentences.form;
  values["has_errors"] = !sentences.field.empty();
  values["errors"] = json::array(sentences.field.begin(), sentences.field.end());
}

// "email_username" for a project that takes both: a key of login_id.*.
std::string label_key(std::vector<std::string> types) {
  std::ranges::sort(types);
  std::string key = "login_id.";
  for (const std::string& type : types) {
    key += (key.ends_with('.') ? "" : "_") + type;
  }
  return types.empty() ? "login_id.email" : key;
}

std::string input_type(const std::vector<std::string>& types) {
  if (types.size() != 1) {
    return "text";
  }
  return types.front() == "email" ? "email" : types.front() == "phone" ? "tel" : "text";
}

std::string prefilled(const http::Request& request, const Visit& visit) {
  if (!visit.memory.login_id.empty()) {
    return visit.memory.login_id;
  }
  return sign_in::login_id_of_hint(visit.sign_in ? visit.sign_in->login_hint : request.query.get_or("login_hint", ""))
      .value_or("");
}

json::object login_view(project::Context& ctx, const http::Request& request, const Visit& visit,
                        const text::Translations& texts) {
  const std::vector<std::string> types = login_id_types(ctx.config());
  json::object values{{"login_id_label", texts(label_key(types))},
                      {"login_id_input", input_type(types)},
                      {"login_id", prefilled(request, visit)}};
  if (!ctx.config().authentication.public_signup_disabled) {
    values["signup_url"] = path_with_query(kSignupPath, request);
  }
  tell(values, visit, texts, ctx.now(), {{"kind", types.size() == 1 ? types.front() : ""}});
  return values;
}

// The key that the sign-up page asks for: the one in the query, else the project's first.
const project::LoginIdKey* signup_key(const project::Config& config, const http::Request& request) {
  const auto& keys = config.login_id.keys;
  const auto asked = std::ranges::find(keys, request.query.get_or("q_login_id_key", ""), &project::LoginIdKey::key);
  return asked != keys.end() ? &*asked : keys.empty() ? nullptr : &keys.front();
}

json::array steps(const text::Translations& texts, const project::Config& config, std::string_view current) {
  const bool verifies =
      config.verification.email.enabled && config.verification.email.required &&
      std::ranges::find(config.login_id.keys, "email", &project::LoginIdKey::type) != config.login_id.keys.end();
  json::array list;
  bool done = true;
  for (const std::string_view name : {"signup.step_account", "signup.step_verify", "signup.step_password"}) {
    if (name == "signup.step_verify" && !verifies && current != name) {
      continue;
    }
    done = done && name != current;
    list.push_back({{"number", list.size() + 1}, {"name", texts(name)}, {"current", name == current}, {"done", done}});
  }
  return list;
}

json::array other_keys(const project::Config& config, const http::Request& request, const project::LoginIdKey* chosen,
                       std::string_view step, const text::Translations& texts) {
  json::array links;
  for (const project::LoginIdKey& key : config.login_id.keys) {
    if (chosen != nullptr && key.key != chosen->key && !key.create_disabled) {
      const std::string separator = "&q_login_id_key=";
      links.push_back(
          {{"type", key.type},
           {"text", texts("signup.use_" + key.type)},
           {"href", path_with_query(kSignupPath, request, step) + separator + http::percent_encode(key.key)}});
    }
  }
  return links;
}

json::object signup_view(project::Context& ctx, const http::Request& request, const Visit& visit,
                         const endpoint::Look& look) {
  const text::Translations& texts = *look.texts;
  const project::LoginIdKey* key = signup_key(ctx.config(), request);
  const std::string type = key != nullptr ? key->type : "email";
  json::array progress = steps(texts, ctx.config(), "signup.step_account");
  json::object values{{"login_id_key", key != nullptr ? key->key : ""},
                      {"login_id_label", texts("login_id." + type)},
                      {"login_id_input", input_type({type})},
                      {"login_id_hint", texts("signup." + type + "_hint")},
                      {"login_id_autocomplete", type == "phone" ? "tel" : type},
                      {"login_id", prefilled(request, visit)},
                      {"login_url", path_with_query(kLoginPath, request)},
                      {"other_keys", other_keys(ctx.config(), request, key, visit.step, texts)},
                      {"has_steps", progress.size() > 1},
                      {"steps", std::move(progress)}};
  values["accept_both"] = !look.terms_url.empty() && !look.privacy_url.empty();
  values["accept_terms"] = !look.terms_url.empty() && look.privacy_url.empty();
  values["accept_privacy"] = look.terms_url.empty() && !look.privacy_url.empty();
  tell(values, visit, texts, ctx.now(), {{"kind", type}});
  return values;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

// "ada***@example.com" of "Adawong@example.com": each star stands for one character.
bool is_masked_form(std::string_view masked, std::string_view plain) {
  for (const char c : masked) {
    if (plain.empty() || (c != '*' && lower(c) != lower(plain.front()))) {
      return false;
    }
    plain.remove_prefix(1);
    while (c == '*' && !plain.empty() && (plain.front() & 0xc0) == 0x80) {
      plain.remove_prefix(1);
    }
  }
  return plain.empty();
}

// The address that the code went to: in full where the person typed it here, so that the mask hides nothing.
std::string target_of(const std::string& masked, const std::string& typed) {
  return is_masked_form(masked, typed) ? typed : masked;
}

json::object code_view(project::Context& ctx, const Visit& visit, const flow::Reply& reply,
                       const text::Translations& texts) {
  const json::object& data = reply.action.data;
  const std::int64_t length = number_at(data, "code_length");
  const std::int64_t seconds = seconds_until(text_at(data, "can_resend_at"), ctx.now());
  const auto valid = std::chrono::ceil<std::chrono::minutes>(ctx.config().verification.code_valid_period).count();
  json::object values{{"length", std::to_string(length == 0 ? 6 : length)},
                      {"target", target_of(text_at(data, "masked_claim_value"), visit.memory.login_id)},
                      {"minutes", std::to_string(valid)},
                      {"seconds", seconds == 0 ? "" : std::to_string(seconds)},
                      {"resend_in", texts("code.resend_in", {{"time", "{time}"}})},
                      {"by_phone", text_at(data, "channel") != "email"}};
  tell(values, visit, texts, ctx.now(), {{"length", std::to_string(length == 0 ? 6 : length)}});
  if (text_at(data, "delivery_status") == "failed") {
    values["problem"] = texts("code.not_sent");
  }
  if (reply.type == "signup") {
    values["has_steps"] = true;
    values["steps"] = steps(texts, ctx.config(), "signup.step_verify");
  }
  return values;
}

json::array rules_of(const json::object& policy, const text::Translations& texts) {
  json::array rules;
  if (const std::int64_t length = number_at(policy, "minimum_length"); length > 0) {
    rules.emplace_back(texts("policy.min_length", {{"n", std::to_string(length)}}));
  }
  for (const auto& [key, text] : {std::pair{"uppercase_required", "policy.uppercase"},
                                  {"lowercase_required", "policy.lowercase"},
                                  {"alphabet_required", "policy.alphabet"},
                                  {"digit_required", "policy.digit"},
                                  {"symbol_required", "policy.symbol"}}) {
    if (flag_at(policy, key)) {
      rules.emplace_back(texts(text));
    }
  }
  if (number_at(policy, "minimum_zxcvbn_score") > 0) {
    rules.emplace_back(texts("policy.guessable"));
  }
  const json::value* history = policy.if_contains("history");
  if (history != nullptr && history->is_object() && flag_at(history->get_object(), "enabled")) {
    rules.emplace_back(texts("policy.history"));
  }
  return rules;
}

json::object new_password_view(project::Context& ctx, const Visit& visit, const flow::Reply& reply,
                               const text::Translations& texts, std::string_view page) {
  const bool creates = page == "create_password";
  const auto option = password_option(reply.action);
  const json::object& holder = creates && option ? *option : reply.action.data;
  const json::value* policy = holder.if_contains("password_policy");
  json::object values{{"label", texts(creates ? "create_password.label" : "change_password.label")},
                      {"field", creates ? "x_password" : "x_new_password"},
                      {"expired", text_at(reply.action.data, "force_change_reason") == "expiry"}};
  if (policy != nullptr && policy->is_object()) {
    values["rules"] = rules_of(policy->get_object(), texts);
  }
  if (reply.type == "signup") {
    values["has_steps"] = true;
    values["steps"] = steps(texts, ctx.config(), "signup.step_password");
  }
  tell(values, visit, texts, ctx.now(), {});
  return values;
}

}  // namespace

json::object view_of(const Services& services, project::Context& ctx, const http::Request& request, const Visit& visit,
                     const flow::Reply& reply, std::string_view page) {
  const auto look = services.pages.look(ctx, request);
  json::object values;
  if (page == "login") {
    values = login_view(ctx, request, visit, *look->texts);
  } else if (page == "signup") {
    values = signup_view(ctx, request, visit, *look);
  } else if (page == "enter_oob_otp") {
    values = code_view(ctx, visit, reply, *look->texts);
  } else if (page == "enter_password") {
    tell(values, visit, *look->texts, ctx.now(), {});
  } else {
    values = new_password_view(ctx, visit, reply, *look->texts, page);
  }
  if (visit.client != nullptr) {
    const std::string name = endpoint::display_name(*visit.client);
    values["client"] = name;
    values["client_initials"] = endpoint::initials(name).substr(0, 4);
  }
  const std::string start_url = path_with_query(reply.type == "signup" ? kSignupPath : kLoginPath, request);
  values["start_url"] = start_url;
  if (!visit.memory.login_id.empty()) {
    endpoint::add_who(values, visit.memory.login_id);
    values["change_url"] = start_url;
  }
  return values;
}

namespace {

// A step that the account needs and that this version has not, like a second factor of an adopted account.
bool needs_more_than_we_have(const Failure& failure) {
  const auto* cause = failure.reason == "InvariantViolated" ? failure.info.if_contains("cause") : nullptr;
  const auto* kind = cause == nullptr || !cause->is_object() ? nullptr : cause->get_object().if_contains("kind");
  return kind != nullptr && *kind == "NoAuthenticator";
}

}  // namespace

std::optional<endpoint::Problem> account_problem(const Failure& failure) {
  static constexpr std::pair<std::string_view, std::string_view> kKinds[] = {
      {"DisabledUser", "disabled"},
      {"AnonymizedUser", "disabled"},
      {"ScheduledAnonymizationByAdmin", "deletion"},
      {"ScheduledDeletionByAdmin", "deletion"},
      {"ScheduledDeletionByEndUser", "deletion"},
      {"UserOutsideValidPeriod", "period"},
  };
  for (const auto& [reason, kind] : kKinds) {
    if (failure.reason == reason) {
      return endpoint::Problem{.kind = std::string(kind), .status = http::Status::forbidden};
    }
  }
  if (needs_more_than_we_have(failure)) {
    return endpoint::Problem{.kind = "unsupported", .status = http::Status::forbidden};
  }
  return std::nullopt;
}

}  // namespace gatehouse::authui
