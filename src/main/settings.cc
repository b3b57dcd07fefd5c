#include "main/settings.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <set>
#include <unistd.h>
#include <utility>

#include <boost/url/parse.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "main/setting_values.h"
#include "platform/http/address.h"
#include "platform/http/tls_context.h"

namespace gatehouse::main {
namespace {

struct Setting {
  SettingDescription is;
  bool secret;  // its value is never shown
  void (*read)(Settings&, const std::string&);
};

template <std::size_t http::Limits::* Member, std::int64_t Least, std::int64_t Most>
void read_limit(Settings& s, const std::string& text) {
  s.http.*Member = static_cast<std::size_t>(parse_whole(text, Least, Most));
}

template <Seconds http::Limits::* Member>
void read_time(Settings& s, const std::string& text) {
  s.http.*Member = Seconds{parse_whole(text, 1, 3600)};
}

void read_trust_proxy(Settings&, const std::string& text) {
  if (!text.empty() && parse_switch(text)) {
    throw WrongValue("would trust every peer; list the proxies in GATEHOUSE_TRUSTED_PROXIES and leave this one out");
  }
}

void read_config_source_type(Settings&, const std::string& text) {
  if (text != "local_fs") {
    throw WrongValue("must be local_fs: projects come from a folder");
  }
}

http::TlsFiles& tls(Settings& s) { return s.tls ? *s.tls : s.tls.emplace(); }

using http::Limits;

// In the order of `--help`.
const std::array all_settings{
    Setting{{"MAIN_LISTEN_ADDR", "address and port of the main listener (0.0.0.0:3000)", "0.0.0.0:3000"},
            false,
            [](Settings& s, const std::string& t) { s.main_listen = parse_listener(t); }},
    Setting{{"CONFIG_SOURCE_TYPE", "where projects come from (local_fs)", "local_fs"}, false, read_config_source_type},
    Setting{{"CONFIG_SOURCE_DIRECTORY", "folder with authgear.yaml and authgear.secrets.yaml (.)", "/etc/gatehouse"},
            false,
            [](Settings& s, const std::string& t) { s.config_source_directory = parse_folder(t); }},
    Setting{{"CONFIG_SOURCE_WATCH", "read the project again when its files change (true)", "true"},
            false,
            [](Settings& s, const std::string& t) { s.config_source_watch = parse_switch(t); }},
    Setting{{"DATABASE_URL", "PostgreSQL of users and sessions, for migrate; to serve, authgear.secrets.yaml names it",
             "postgres://user:password@db:5432/app"},
            true,
            [](Settings& s, const std::string& t) { s.database_url = parse_database_url(t); }},
    Setting{{"DATABASE_SCHEMA", "its schema (public)", "public"},
            false,
            [](Settings& s, const std::string& t) { s.database_schema = parse_schema(t); }},
    Setting{{"AUDIT_DATABASE_URL", "PostgreSQL of the audit log, likewise", "postgres://user:password@db:5432/audit"},
            true,
            [](Settings& s, const std::string& t) { s.audit_database_url = parse_database_url(t); }},
    Setting{{"AUDIT_DATABASE_SCHEMA", "its schema (public)", "public"},
            false,
            [](Settings& s, const std::string& t) { s.audit_database_schema = parse_schema(t); }},
    Setting{{"REDIS_URL", "Redis, for project create; to serve, authgear.secrets.yaml names it",
             "redis://:password@redis:6379/0"},
            true,
            [](Settings& s, const std::string& t) { s.redis_url = parse_redis_url(t); }},
    Setting{{"GATEHOUSE_MASTER_KEY_FILE", "file with the key ring", "/etc/gatehouse/master-key.json"},
            false,
            [](Settings& s, const std::string& t) { s.master_key_file = parse_key_ring(t); }},
    Setting{{"GATEHOUSE_TRUSTED_PROXIES", "peers whose forwarded headers count (loopback)", "10.0.0.0/8,192.0.2.7"},
            false,
            [](Settings& s, const std::string& t) { s.trusted_proxies = parse_networks(t); }},
    Setting{{"TRUST_PROXY", "refused when true: see GATEHOUSE_TRUSTED_PROXIES", "false"}, false, read_trust_proxy},
    Setting{{"GATEHOUSE_EGRESS_ALLOW", "private networks that outgoing connections may reach (none)", "10.0.0.0/8"},
            false,
            [](Settings& s, const std::string& t) { s.egress_allow = parse_networks(t); }},
    Setting{{"GATEHOUSE_EGRESS_PROXY", "proxy of outgoing HTTP (none)", "http://proxy.internal:3128"},
            true,
            [](Settings& s, const std::string& t) { s.egress_proxy = parse_http_url(t); }},
    Setting{{"GATEHOUSE_EGRESS_CA_FILE", "certificates to trust beside the system's (none)", "/etc/ssl/ours.pem"},
            false,
            [](Settings& s, const std::string& t) { s.egress_ca_file = parse_certificates(t); }},
    Setting{{"TLS_CERT_FILE_PATH", "certificate chain in PEM: HTTPS on the listener", "/etc/gatehouse/tls-cert.pem"},
            false,
            [](Settings& s, const std::string& t) { tls(s).certificate = parse_certificates(t); }},
    Setting{{"TLS_KEY_FILE_PATH", "its key in PEM", "/etc/gatehouse/tls-key.pem"},
            false,
            [](Settings& s, const std::string& t) { tls(s).key = parse_private_key(t); }},
    Setting{{"GATEHOUSE_THREADS", "threads that serve (one a core)", "4"},
            false,
            [](Settings& s, const std::string& t) { s.threads = static_cast<unsigned>(parse_whole(t, 1, 1024)); }},
    Setting{{"GATEHOUSE_DRAIN_SECONDS", "time for what is in flight when the process ends (30)", "30"},
            false,
            [](Settings& s, const std::string& t) { s.drain = Seconds{parse_whole(t, 2, 3600)}; }},
    Setting{{"GATEHOUSE_HTTP_HEADER_BYTES", "largest header of a request (16384)", "16384"},
            false,
            read_limit<&Limits::header_bytes, 1024, 1 << 20>},
    Setting{{"GATEHOUSE_HTTP_BODY_BYTES", "largest body of a request (1048576)", "1048576"},
            false,
            read_limit<&Limits::body_bytes, 1024, 1 << 30>},
    Setting{{"GATEHOUSE_HTTP_HEADER_SECONDS", "time for a request's header (10)", "10"},
            false,
            read_time<&Limits::header_time>},
    Setting{
        {"GATEHOUSE_HTTP_BODY_SECONDS", "time for a request's body (30)", "30"}, false, read_time<&Limits::body_time>},
    Setting{{"GATEHOUSE_HTTP_WRITE_SECONDS", "time for a client to take a response (30)", "30"},
            false,
            read_time<&Limits::write_time>},
    Setting{{"GATEHOUSE_HTTP_IDLE_SECONDS", "time between two requests of a connection (75)", "75"},
            false,
            read_time<&Limits::idle_time>},
    Setting{{"GATEHOUSE_HTTP_CONNECTIONS", "connections a core (20000)", "20000"},
            false,
            read_limit<&Limits::connections_per_core, 1, 1'000'000>},
    Setting{{"GATEHOUSE_STARTS_PER_MINUTE",
             "flows, and sign-in requests, that one client network (/32, /56) may begin; 0: no limit (600)", "600"},
            false,
            [](Settings& s, const std::string& t) { s.starts_per_minute = parse_whole(t, 0, 1'000'000); }},
    Setting{
        {"GATEHOUSE_AUDIT_RETENTION_DAYS",
         "how long the worker keeps the audit log; 0: for ever (180, as Authgear's partitions)", "365"},
        false,
        [](Settings& s, const std::string& t) { s.audit_retention = std::chrono::days{parse_whole(t, 0, 36'500)}; }},
    Setting{{"LOG_LEVEL", "debug, info, warn or error (warn)", "info"},
            false,
            [](Settings& s, const std::string& t) { s.log_level = parse_level(t); }},
    Setting{{"DEV_MODE", "conveniences for development; only on a loopback address (false)", "false"},
            false,
            [](Settings& s, const std::string& t) { s.dev_mode = parse_switch(t); }},
};

const Setting* find(std::string_view name) {
  const auto* found = std::ranges::find(all_settings, name, [](const Setting& s) { return s.is.name; });
  return found == all_settings.end() ? nullptr : found;
}

// Enough of a value to find it by.
std::string shown(const std::string& value) {
  constexpr std::size_t kLongest = 80;
  std::string text = value.substr(0, kLongest);
  std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, '?');
  return value.size() > kLongest ? text + "…" : text;
}

// Names of this program's own that are no setting: what the repository's tests and scripts read.
constexpr std::array<std::string_view, 4> kOtherNames{"GATEHOUSE_BINARY", "GATEHOUSE_BENCH", "GATEHOUSE_DEV",
                                                      "GATEHOUSE_TIMING_ATTEMPTS"};

// What Kubernetes puts into every container for a Service whose name begins with "gatehouse".
bool is_of_a_service(std::string_view name) {
  return name.ends_with("_SERVICE_HOST") || name.contains("_SERVICE_PORT") || name.ends_with("_PORT") ||
         name.contains("_PORT_");
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t k = 0; k < b.size(); ++k) {
      const std::size_t replaced = diagonal + (a[i] == b[k] ? 0 : 1);
      diagonal = std::exchange(row[k + 1], std::min({replaced, row[k] + 1, row[k + 1] + 1}));
    }
  }
  return row.back();
}

// What ends the start, one line for each setting.
class Problems {
 public:
  void add(std::string_view name, std::string_view what) {
    if (named_.insert(std::string(name)).second) {
      lines_.push_back(SettingsError(name, what).what());
    }
  }

  bool about(std::string_view name) const { return named_.contains(std::string(name)); }

  void throw_if_any() const {
    if (!lines_.empty()) {
      throw SettingsError(lines_);
    }
  }

 private:
  std::set<std::string> named_;
  std::vector<std::string> lines_;
};

void apply(const Setting& setting, Settings& settings, const std::string& value, Problems& problems) {
  try {
    setting.read(settings, value);
  } catch (const WrongValue& e) {
    problems.add(setting.is.name,
                 setting.secret ? std::string(e.what()) : fmt::format("is \"{}\", but {}", shown(value), e.what()));
  }
}

void check_names(const Environment& environment, Problems& problems) {
  for (const auto& [name, value] : environment) {
    if (!name.starts_with("GATEHOUSE_") || find(name) != nullptr || is_of_a_service(name) ||
        std::ranges::find(kOtherNames, name) != kOtherNames.end()) {
      continue;
    }
    const auto distance = [&](const Setting& setting) { return edit_distance(name, setting.is.name); };
    const auto& nearest = *std::ranges::min_element(all_settings, {}, distance);
    problems.add(name,
                 fmt::format("is no setting; 'gatehouse serve --help' lists them all. Is {0} meant? Example: {0}={1}",
                             nearest.is.name, nearest.is.example));
  }
}

bool is_on_this_machine(const std::string& origin) {
  const auto url = boost::urls::parse_uri(origin);
  if (!url) {
    return false;
  }
  return http::names_this_machine(url->encoded_host_and_port().decode());
}

void check_tls(const http::TlsFiles& files, Problems& problems) {
  if (files.certificate.empty()) {
    problems.add("TLS_CERT_FILE_PATH", "is needed beside TLS_KEY_FILE_PATH");
  } else if (files.key.empty()) {
    problems.add("TLS_KEY_FILE_PATH", "is needed beside TLS_CERT_FILE_PATH");
  } else {
    try {
      http::make_tls_context(files);
    } catch (const std::runtime_error& e) {
      problems.add("TLS_KEY_FILE_PATH", fmt::format("does not fit TLS_CERT_FILE_PATH: {}", e.what()));
    }
  }
}

void check_together(const Settings& settings, Problems& problems) {
  if (settings.tls) {
    check_tls(*settings.tls, problems);
  }
  if (settings.dev_mode && !settings.main_listen.is_loopback() && !problems.about("MAIN_LISTEN_ADDR")) {
    problems.add("DEV_MODE", fmt::format("must be false unless MAIN_LISTEN_ADDR is a loopback address, and it is {}",
                                         settings.main_listen.address));
  }
}

}  // namespace

void check_development(const Settings& settings, const std::string& public_origin) {
  if (settings.dev_mode && !is_on_this_machine(public_origin)) {
    throw SettingsError(
        "DEV_MODE",
        fmt::format("must be false unless http.public_origin is on localhost or a loopback address, and it is {}",
                    public_origin));
  }
}

bool Listener::is_loopback() const { return boost::asio::ip::make_address(address).is_loopback(); }

SettingsError::SettingsError(std::string_view name, std::string_view what)
    : SettingsError(std::vector<std::string>{[&] {
        const Setting* setting = find(name);
        return setting == nullptr ? fmt::format("{} {}", name, what)
                                  : fmt::format("{} (or {}) {}. Example: {}={}", name, setting->is.flag(), what, name,
                                                setting->is.example);
      }()}) {}

SettingsError::SettingsError(std::vector<std::string> lines)
    : std::runtime_error(fmt::format("{}", fmt::join(lines, "\n"))), lines_(std::move(lines)) {}

std::string SettingDescription::flag() const {
  std::string_view rest = name;
  if (rest.starts_with("GATEHOUSE_")) {
    rest.remove_prefix(std::string_view("GATEHOUSE_").size());
  }
  std::string text = "--";
  for (const char c : rest) {
    text += c == '_' ? '-' : static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
  }
  return text;
}

const std::vector<SettingDescription>& setting_descriptions() {
  static const auto all = [] {
    std::vector<SettingDescription> descriptions;
    descriptions.reserve(all_settings.size());
    for (const auto& setting : all_settings) {
      descriptions.push_back(setting.is);
    }
    return descriptions;
  }();
  return all;
}

Environment process_environment() {
  Environment environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (equals != std::string_view::npos) {
      environment.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return environment;
}

Settings read_settings(const Environment& environment, const Environment& flags, bool to_serve) {
  Settings settings;
  Problems problems;
  for (const auto& setting : all_settings) {
    if (const auto flag = flags.find(setting.is.name); flag != flags.end()) {
      apply(setting, settings, flag->second, problems);
    } else if (const auto variable = environment.find(setting.is.name); variable != environment.end()) {
      apply(setting, settings, variable->second, problems);
    }
  }
  if (to_serve && settings.master_key_file.empty()) {
    problems.add("GATEHOUSE_MASTER_KEY_FILE", "is not set; 'gatehouse master-key --out FILE' makes one");
  }
  check_together(settings, problems);
  check_names(environment, problems);
  problems.throw_if_any();
  return settings;
}

std::vector<std::string> bare_name_warnings(const Environment& environment) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kBareNames{
      {{"URL", "DATABASE_URL"},
       {"SCHEMA", "DATABASE_SCHEMA"},
       {"LISTEN_ADDR", "MAIN_LISTEN_ADDR"},
       {"TYPE", "CONFIG_SOURCE_TYPE"},
       {"DIRECTORY", "CONFIG_SOURCE_DIRECTORY"},
       {"LEVEL", "LOG_LEVEL"}}};
  std::vector<std::string> warnings;
  for (const auto& [bare, name] : kBareNames) {
    if (environment.contains(bare) && !environment.contains(name)) {
      warnings.push_back(fmt::format("the environment variable {} is not read; the setting's name is {}", bare, name));
    }
  }
  return warnings;
}

}  // namespace gatehouse::main
