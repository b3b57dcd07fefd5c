#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "platform/http/server.h"
#include "platform/telemetry/log.h"

namespace gatehouse::main {

struct Listener {
  std::string address;
  std::uint16_t port = 0;

  bool is_loopback() const;
};

// How this process runs: from environment variables, with Authgear's names where it has them, and flags; a flag wins.
struct Settings {
  Listener main_listen{"0.0.0.0", 3000};
  std::optional<http::TlsFiles> tls;
  http::Limits http;
  std::vector<std::string> trusted_proxies{"127.0.0.0/8", "::1/128"};  // CIDRs
  std::string database_url;                                            // for `migrate`; serving takes the project's own
  std::string database_schema = "public";
  std::string audit_database_url;
  std::string audit_database_schema = "public";
  std::string redis_url;
  std::string config_source_directory = ".";
  bool config_source_watch = true;
  std::string master_key_file;
  std::vector<std::string> egress_allow;  // CIDRs
  std::string egress_proxy;
  std::string egress_ca_file;
  unsigned threads = 0;                    // cores that serve; 0: as many as the machine has
  Seconds drain{30};                       // at the end: how long what is in flight may take
  std::int64_t starts_per_minute = 600;    // flows, and sign-in requests, that one client network may begin; 0: any
  std::chrono::days audit_retention{180};  // 0: for ever
  log::Level log_level = log::Level::warn;
  bool dev_mode = false;
};

// Ends the start. Each line names a setting, says what is wrong with its value and gives an example of a right one; the
// value itself only where it is no secret. what(): the lines.
class SettingsError : public std::runtime_error {
 public:
  SettingsError(std::string_view name, std::string_view what);
  explicit SettingsError(std::vector<std::string> lines);
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::vector<std::string> lines_;
};

using Environment = std::map<std::string, std::string, std::less<>>;

Environment process_environment();

// One setting, for `--help` and for the documentation.
struct SettingDescription {
  std::string_view name;  // of the environment variable
  std::string_view about;
  std::string_view example;  // a right value
  std::string flag() const;  // "--main-listen-addr"; GATEHOUSE_ is left off
};

const std::vector<SettingDescription>& setting_descriptions();

// `flags`: values given on the command line, by the names of the environment variables. `to_serve`: what serving cannot
// do without has to be set. Throws SettingsError that names every wrong setting, and every GATEHOUSE_ variable that is
// no setting.
Settings read_settings(const Environment& environment, const Environment& flags = {}, bool to_serve = false);

// Development mode is for this machine only: throws SettingsError where it is on and the project's public origin is
// that of another host than localhost or a loopback address.
void check_development(const Settings& settings, const std::string& public_origin);

// One line for each bare name that is set and that Authgear would read (URL, LEVEL …), where the right name is not set:
// it is never read here.
std::vector<std::string> bare_name_warnings(const Environment& environment);

}  // namespace gatehouse::main
