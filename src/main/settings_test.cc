#include "main/settings.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/crypto/key_ring.h"
#include "support/certificate.h"
#include "support/temporary_folder.h"

namespace gatehouse::main {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using testing::UnorderedElementsAre;

std::string error_of(const Environment& environment, const Environment& flags = {}) {
  try {
    read_settings(environment, flags);
    return "";
  } catch (const SettingsError& e) {
    return e.what();
  }
}

TEST(Settings, have_the_contracts_defaults) {
  const Settings s = read_settings({});
  EXPECT_EQ(s.main_listen.address, "0.0.0.0");
  EXPECT_EQ(s.main_listen.port, 3000);
  EXPECT_FALSE(s.tls);
  EXPECT_THAT(s.trusted_proxies, ElementsAre("127.0.0.0/8", "::1/128"));
  EXPECT_EQ(s.database_url + s.audit_database_url + s.redis_url + s.master_key_file + s.egress_proxy, "");
  EXPECT_EQ(s.database_schema, "public");
  EXPECT_EQ(s.audit_database_schema, "public");
  EXPECT_EQ(s.config_source_directory, ".");
  EXPECT_TRUE(s.config_source_watch);
  EXPECT_THAT(s.egress_allow, IsEmpty());
  EXPECT_EQ(s.threads, 0U);
  EXPECT_EQ(s.audit_retention, std::chrono::days{180});
  EXPECT_EQ(s.log_level, log::Level::warn);
  EXPECT_FALSE(s.dev_mode);
  EXPECT_EQ(s.http.header_bytes, http::Limits{}.header_bytes);
}

TEST(Settings, are_read_from_their_variables) {
  test::TemporaryFolder folder;
  const auto pair = test::self_signed("localhost");
  folder.write("ring", crypto::KeyRing::generate());
  folder.write("certificate", "Ours:\n" + pair.certificate);
  folder.write("key", pair.key);
  const Settings s = read_settings({{"MAIN_LISTEN_ADDR", "[::1]:8443"},
                                    {"CONFIG_SOURCE_TYPE", "local_fs"},
                                    {"CONFIG_SOURCE_DIRECTORY", folder.path()},
                                    {"CONFIG_SOURCE_WATCH", "0"},
                                    {"DATABASE_URL", "postgres://db/app"},
                                    {"DATABASE_SCHEMA", "one"},
                                    {"AUDIT_DATABASE_URL", "postgresql://db/audit"},
                                    {"AUDIT_DATABASE_SCHEMA", "two"},
                                    {"REDIS_URL", "redis://redis:6380/1"},
                                    {"GATEHOUSE_MASTER_KEY_FILE", folder / "ring"},
                                    {"GATEHOUSE_TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.7,2001:db8::1"},
                                    {"TRUST_PROXY", "false"},
                                    {"GATEHOUSE_EGRESS_ALLOW", "172.16.0.0/12"},
                                    {"GATEHOUSE_EGRESS_PROXY", "http://proxy.internal:3128"},
                                    {"GATEHOUSE_EGRESS_CA_FILE", folder / "certificate"},
                                    {"TLS_CERT_FILE_PATH", folder / "certificate"},
                                    {"TLS_KEY_FILE_PATH", folder / "key"},
                                    {"GATEHOUSE_THREADS", "3"},
                                    {"GATEHOUSE_DRAIN_SECONDS", "2"},
                                    {"GATEHOUSE_HTTP_HEADER_BYTES", "8192"},
                                    {"GATEHOUSE_HTTP_BODY_BYTES", "2048"},
                                    {"GATEHOUSE_HTTP_HEADER_SECONDS", "1"},
                                    {"GATEHOUSE_HTTP_BODY_SECONDS", "2"},
                                    {"GATEHOUSE_HTTP_WRITE_SECONDS", "3"},
                                    {"GATEHOUSE_HTTP_IDLE_SECONDS", "4"},
                                    {"GATEHOUSE_HTTP_CONNECTIONS", "5"},
                                    {"GATEHOUSE_AUDIT_RETENTION_DAYS", "3650"},
                                    {"LOG_LEVEL", "debug"},
                                    {"DEV_MODE", "true"}});
  EXPECT_EQ(s.main_listen.address, "::1");
  EXPECT_EQ(s.main_listen.port, 8443);
  EXPECT_EQ(s.config_source_directory, folder.path());
  EXPECT_FALSE(s.config_source_watch);
  EXPECT_EQ(s.database_url, "postgres://db/app");
  EXPECT_EQ(s.database_schema, "one");
  EXPECT_EQ(s.audit_database_url, "postgresql://db/audit");
  EXPECT_EQ(s.audit_database_schema, "two");
  EXPECT_EQ(s.redis_url, "redis://redis:6380/1");
  EXPECT_EQ(s.master_key_file, folder / "ring");
  EXPECT_THAT(s.trusted_proxies, ElementsAre("10.0.0.0/8", "192.0.2.7/32", "2001:db8::1/128"));
  EXPECT_THAT(s.egress_allow, ElementsAre("172.16.0.0/12"));
  EXPECT_EQ(s.egress_proxy, "http://proxy.internal:3128");
  EXPECT_EQ(s.egress_ca_file, folder / "certificate");
  ASSERT_TRUE(s.tls);
  EXPECT_EQ(s.tls->certificate, folder / "certificate");
  EXPECT_EQ(s.tls->key, folder / "key");
  EXPECT_EQ(s.threads, 3U);
  EXPECT_EQ(s.drain, Seconds{2});
  EXPECT_EQ(s.http.header_bytes, 8192U);
  EXPECT_EQ(s.http.body_bytes, 2048U);
  EXPECT_EQ(s.http.header_time, Seconds{1});
  EXPECT_EQ(s.http.body_time, Seconds{2});
  EXPECT_EQ(s.http.write_time, Seconds{3});
  EXPECT_EQ(s.http.idle_time, Seconds{4});
  EXPECT_EQ(s.http.connections_per_core, 5U);
  EXPECT_EQ(s.audit_retention, std::chrono::days{3650});
  EXPECT_EQ(s.log_level, log::Level::debug);
  EXPECT_TRUE(s.dev_mode);
}

TEST(Settings, a_flag_wins_over_the_variable) {
  EXPECT_EQ(read_settings({{"LOG_LEVEL", "nonsense"}}, {{"LOG_LEVEL", "error"}}).log_level, log::Level::error);
}

TEST(Settings, listeners_take_short_forms) {
  EXPECT_EQ(read_settings({{"MAIN_LISTEN_ADDR", ":80"}}).main_listen.address, "0.0.0.0");
  EXPECT_EQ(read_settings({{"MAIN_LISTEN_ADDR", "localhost:0"}}).main_listen.address, "127.0.0.1");
}

TEST(Settings, an_empty_list_of_proxies_trusts_nobody) {
  EXPECT_THAT(read_settings({{"GATEHOUSE_TRUSTED_PROXIES", ""}}).trusted_proxies, IsEmpty());
}

TEST(Settings, each_wrong_value_ends_in_one_message_with_name_reason_and_example) {
  const std::pair<const char*, std::vector<std::string>> table[] = {
      {"MAIN_LISTEN_ADDR", {"", "3000", "0.0.0.0", "0.0.0.0:x", "0.0.0.0:65536", "host.example:80", "::1:80:"}},
      {"CONFIG_SOURCE_TYPE", {"", "database", "kubernetes"}},
      {"CONFIG_SOURCE_DIRECTORY", {"", "/nowhere/at/all"}},
      {"CONFIG_SOURCE_WATCH", {"", "yes"}},
      {"DATABASE_URL", {"", "mysql://x", "host=x", "postgres://db:99999/app", "postgres://db:x/app"}},
      {"DATABASE_SCHEMA", {"", "a;b", std::string(64, 'x')}},
      {"AUDIT_DATABASE_URL", {"", "x"}},
      {"AUDIT_DATABASE_SCHEMA", {""}},
      {"REDIS_URL", {"", "http://redis", "redis://redis:99999"}},
      {"GATEHOUSE_MASTER_KEY_FILE", {"", "/nowhere", "/tmp", "/etc/passwd"}},
      {"GATEHOUSE_TRUSTED_PROXIES", {"x", "10.0.0.0/33", "10.0.0.1,", ","}},
      {"TRUST_PROXY", {"true", "1", "perhaps"}},
      {"GATEHOUSE_EGRESS_ALLOW", {"all"}},
      {"GATEHOUSE_EGRESS_PROXY", {"proxy:3128", "ftp://proxy"}},
      {"GATEHOUSE_EGRESS_CA_FILE", {"", "/nowhere", "/etc/passwd"}},
      {"TLS_CERT_FILE_PATH", {"/nowhere", "/etc/passwd"}},
      {"TLS_KEY_FILE_PATH", {"/nowhere", "/etc/passwd"}},
      {"GATEHOUSE_THREADS", {"", "0", "-1", "many", "1.5", "1025"}},
      {"GATEHOUSE_DRAIN_SECONDS", {"-1", "0", "1", "30s", "3601"}},
      {"GATEHOUSE_HTTP_HEADER_BYTES", {"10", "16k"}},
      {"GATEHOUSE_HTTP_BODY_BYTES", {"0"}},
      {"GATEHOUSE_HTTP_HEADER_SECONDS", {"0"}},
      {"GATEHOUSE_HTTP_BODY_SECONDS", {"0"}},
      {"GATEHOUSE_HTTP_WRITE_SECONDS", {"0"}},
      {"GATEHOUSE_HTTP_IDLE_SECONDS", {"99999"}},
      {"GATEHOUSE_HTTP_CONNECTIONS", {"0"}},
      {"GATEHOUSE_STARTS_PER_MINUTE", {"", "-1", "many", "1000001"}},
      {"GATEHOUSE_AUDIT_RETENTION_DAYS", {"", "-1", "180d", "36501"}},
      {"LOG_LEVEL", {"", "WARN", "verbose"}},
      {"DEV_MODE", {"maybe", "true"}},
  };
  std::set<std::string> covered;
  for (const auto& [name, values] : table) {
    covered.insert(name);
    for (const auto& value : values) {
      const std::string error = error_of({{name, value}});
      EXPECT_THAT(error, HasSubstr(name)) << name << "=" << value;
      EXPECT_THAT(error, HasSubstr("Example: ")) << name << "=" << value;
      EXPECT_THAT(error, Not(HasSubstr("\n")));
    }
  }
  for (const auto& setting : setting_descriptions()) {
    EXPECT_TRUE(covered.contains(std::string(setting.name))) << setting.name;
  }
}

TEST(Settings, the_message_reads_well) {
  EXPECT_EQ(error_of({{"MAIN_LISTEN_ADDR", "3000"}}),
            "MAIN_LISTEN_ADDR (or --main-listen-addr) is \"3000\", but must be an IP address and a port. "
            "Example: MAIN_LISTEN_ADDR=0.0.0.0:3000");
  EXPECT_THAT(error_of({{"TRUST_PROXY", "true"}}), HasSubstr("GATEHOUSE_TRUSTED_PROXIES"));
}

TEST(Settings, a_secret_value_is_not_shown) {
  for (const auto* name : {"DATABASE_URL", "AUDIT_DATABASE_URL", "REDIS_URL", "GATEHOUSE_EGRESS_PROXY"}) {
    const std::string error = error_of({{name, "nonsense-with-hunter2"}});
    EXPECT_THAT(error, HasSubstr(name));
    EXPECT_THAT(error, Not(HasSubstr("hunter2")));
  }
}

TEST(Settings, every_example_is_a_right_value_where_its_file_is_there) {
  for (const auto& setting : setting_descriptions()) {
    const std::string error = error_of({{std::string(setting.name), std::string(setting.example)}});
    EXPECT_TRUE(error.empty() || error.contains("that is there")) << error;
  }
}

TEST(Settings, certificate_and_key_come_together) {
  test::TemporaryFolder folder;
  const auto pair = test::self_signed("localhost");
  folder.write("certificate", pair.certificate);
  folder.write("key", pair.key);
  folder.write("other", test::self_signed("localhost").key);
  const std::string certificate = folder / "certificate";
  EXPECT_THAT(error_of({{"TLS_CERT_FILE_PATH", certificate}}), HasSubstr("TLS_KEY_FILE_PATH (or"));
  EXPECT_THAT(error_of({{"TLS_KEY_FILE_PATH", folder / "key"}}), HasSubstr("TLS_CERT_FILE_PATH (or"));
  EXPECT_THAT(error_of({{"TLS_CERT_FILE_PATH", certificate}, {"TLS_KEY_FILE_PATH", folder / "other"}}),
              AllOf(HasSubstr("TLS_KEY_FILE_PATH (or"), HasSubstr("Example: ")));
  EXPECT_EQ(error_of({{"TLS_CERT_FILE_PATH", certificate}, {"TLS_KEY_FILE_PATH", folder / "key"}}), "");
}

TEST(Settings, all_that_is_wrong_is_told_at_once_one_line_each) {
  try {
    read_settings({{"LOG_LEVEL", "loud"}, {"GATEHOUSE_THREAD", "4"}, {"REDIS_URL", "redis://"}, {"DEV_MODE", "true"}},
                  {}, true);
    FAIL();
  } catch (const SettingsError& e) {
    EXPECT_THAT(e.lines(),
                UnorderedElementsAre(StartsWith("LOG_LEVEL (or "), StartsWith("GATEHOUSE_THREAD is no setting"),
                                     StartsWith("REDIS_URL (or "), StartsWith("DEV_MODE (or "),
                                     StartsWith("GATEHOUSE_MASTER_KEY_FILE (or --master-key-file) is not set")));
    EXPECT_THAT(e.lines(), Each(ContainsRegex("Example: [A-Z_]+=")));
  }
}

TEST(Settings, a_misspelt_name_is_refused_with_the_nearest_right_one) {
  EXPECT_EQ(error_of({{"GATEHOUSE_THREAD", "4"}}),
            "GATEHOUSE_THREAD is no setting; 'gatehouse serve --help' lists them all. Is GATEHOUSE_THREADS meant? "
            "Example: GATEHOUSE_THREADS=4");
  EXPECT_EQ(error_of({{"GATEHOUSES", "x"}, {"HOME", "/root"}}), "");
}

TEST(Settings, what_kubernetes_says_of_a_service_is_no_misspelt_name) {
  EXPECT_EQ(error_of({{"GATEHOUSE_SERVICE_HOST", "10.0.0.1"},
                      {"GATEHOUSE_SERVICE_PORT", "80"},
                      {"GATEHOUSE_WORKER_SERVICE_PORT_HTTP", "80"},
                      {"GATEHOUSE_PORT", "tcp://10.0.0.1:80"},
                      {"GATEHOUSE_PORT_80_TCP_ADDR", "10.0.0.1"}}),
            "");
}

TEST(Settings, the_master_key_is_needed_to_serve_only) {
  EXPECT_NO_THROW(read_settings({}));
  EXPECT_THROW(read_settings({}, {}, true), SettingsError);
}

TEST(Settings, development_mode_is_for_loopback_only) {
  EXPECT_THAT(error_of({{"DEV_MODE", "true"}, {"MAIN_LISTEN_ADDR", "192.0.2.1:3000"}}), HasSubstr("DEV_MODE"));
  const Settings on = read_settings({{"DEV_MODE", "true"}, {"MAIN_LISTEN_ADDR", "127.0.0.1:3000"}});
  EXPECT_TRUE(on.dev_mode);
  for (const char* here :
       {"http://localhost:3000", "http://demo.localhost", "https://127.0.0.2", "http://[::1]:3000"}) {
    EXPECT_NO_THROW(check_development(on, here)) << here;
  }
  for (const char* elsewhere : {"https://id.example.com", "http://localhost.example.com", "http://192.0.2.1", "x"}) {
    EXPECT_THROW(check_development(on, elsewhere), SettingsError) << elsewhere;
    EXPECT_NO_THROW(check_development({}, elsewhere)) << elsewhere;
  }
}

TEST(Settings, bare_names_are_not_read_and_named_once) {
  const Environment environment{
      {"URL", "postgres://x"}, {"LEVEL", "debug"}, {"TYPE", "x"}, {"CONFIG_SOURCE_TYPE", "local_fs"}};
  EXPECT_EQ(read_settings(environment).database_url, "");
  EXPECT_EQ(read_settings(environment).log_level, log::Level::warn);
  EXPECT_THAT(bare_name_warnings(environment),
              ElementsAre("the environment variable URL is not read; the setting's name is DATABASE_URL",
                          "the environment variable LEVEL is not read; the setting's name is LOG_LEVEL"));
}

TEST(Settings, flags_are_named_after_their_variables) {
  std::set<std::string> flags;
  for (const auto& setting : setting_descriptions()) {
    EXPECT_TRUE(flags.insert(setting.flag()).second) << setting.flag();
    EXPECT_FALSE(setting.about.empty());
  }
  EXPECT_TRUE(flags.contains("--main-listen-addr"));
  EXPECT_TRUE(flags.contains("--trusted-proxies"));
}

}  // namespace
}  // namespace gatehouse::main
