#include "domain/identity/login_id_rules.h"

#include <algorithm>

#include "domain/identity/precis.h"
#include "domain/identity/unicode_text.h"
#include "domain/identity/word_list.h"
#include "platform/base/error.h"

namespace gatehouse::identity {

namespace {

namespace json = boost::json;

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// RFC 5322 3.2.3, RFC 6532 3.2
bool is_atom_text(char c) {
  return is_letter_or_digit(c) || static_cast<unsigned char>(c) >= 0x80 ||
         std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

bool is_dot_atom(std::string_view text) {
  char before = '.';
  for (const char c : text) {
    if (c == '.' ? before == '.' : !is_atom_text(c)) {
      return false;
    }
    before = c;
  }
  return before != '.';
}

[[noreturn]] void refuse_format(std::string_view format) { refuse_login_id("format", {{"format", format}}); }

[[noreturn]] void refuse_blocked(std::string_view reason) { refuse_login_id("blocked", {{"reason", reason}}); }

bool is_blocked_domain(const project::Project& project, std::string_view domain) {
  const auto& config = project.config.login_id.email;
  const auto listed = [&](std::string_view file) { return is_listed(project, file, domain, Match::whole); };
  return listed("email_domain_blocklist.txt") ||
         (config.block_free_email_provider_domains && listed("free_email_provider_domain_list.txt")) ||
         (config.block_disposable_email_domains && listed("disposable_email_domain_list.txt"));
}

// The block list goes before the allow list; only one of them counts, as in the contract.
void check_domain(const project::Project& project, std::string_view domain) {
  const auto& config = project.config.login_id.email;
  if (config.domain_blocklist_enabled) {
    if (is_blocked_domain(project, domain)) {
      refuse_blocked("EmailDomainBlocklist");
    }
    return;
  }
  if (config.domain_allowlist_enabled && !is_listed(project, "email_domain_allowlist.txt", domain, Match::whole)) {
    refuse_blocked("EmailDomainAllowlist");
  }
}

// Compatibility forms of "@", "," or a space become the real ones: the address would then be another, or two.
bool is_mailable(std::string_view local) {
  return is_dot_atom(nfkc(local)) && enforce_folded(local, StringClass::freeform, Direction::any).has_value();
}

void check_email(const project::Project& project, std::string_view typed) {
  if (!is_address(typed)) {
    refuse_format("email");
  }
  const auto at = typed.rfind('@');
  if (project.config.login_id.email.block_plus_sign && typed.substr(0, at).find('+') != std::string_view::npos) {
    refuse_format("email");
  }
  const auto domain = enforce_folded(typed.substr(at + 1), StringClass::freeform, Direction::any);
  // A full-width domain is the plain one to mail servers, but not to the lists below.
  if (!domain || nfkc(*domain) != *domain || !is_mailable(typed.substr(0, at))) {
    refuse_format("email");
  }
  check_domain(project, *domain);
}

bool is_ascii_username(std::string_view typed) {
  return std::ranges::all_of(typed, [](char c) { return is_letter_or_digit(c) || c == '_' || c == '-' || c == '.'; });
}

void check_username(const project::Project& project, std::string_view typed) {
  const auto& config = project.config.login_id.username;
  const auto folded = enforce_folded(typed, StringClass::identifier, Direction::bidi_rule);
  if (!folded) {
    refuse_format("username");
  }
  if (config.block_reserved_usernames && is_reserved_name(project, *folded)) {
    refuse_blocked("UsernameReserved");
  }
  if (config.exclude_keywords_enabled && is_listed(project, "username_excluded_keywords.txt", *folded, Match::part)) {
    refuse_blocked("UsernameExcludedKeywords");
  }
  if (config.ascii_only && !is_ascii_username(typed)) {
    refuse_format("username");
  }
  if (looks_latin_but_is_not(typed)) {
    refuse_login_id("general", {{"msg", "username contains confusable characters"}});
  }
}

}  // namespace

void refuse_login_id(std::string_view kind, json::object details) {
  json::object cause{{"location", "/login_id"}, {"kind", kind}};
  if (!details.empty()) {
    cause["details"] = std::move(details);
  }
  throw Error(ErrorKind::invalid, "ValidationFailed", "invalid login ID", {{"causes", json::array{std::move(cause)}}});
}

bool is_address(std::string_view text) {
  const auto at = text.find('@');
  return at != std::string_view::npos && is_dot_atom(text.substr(0, at)) && is_dot_atom(text.substr(at + 1)) &&
         code_points(text).has_value();
}

void check_login_id(const project::Project& project, const project::LoginIdKey& key, std::string_view typed) {
  if (std::cmp_greater(typed.size(), key.max_length)) {
    refuse_login_id("maxLength", {{"expected", key.max_length}, {"actual", typed.size()}});
  }
  if (typed.empty()) {
    refuse_login_id("required", {});
  }
  if (key.type == "email") {
    check_email(project, typed);
  } else {
    check_username(project, typed);
  }
}

}  // namespace gatehouse::identity
