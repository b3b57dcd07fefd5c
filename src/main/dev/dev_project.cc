#include "main/dev/dev_project.h"

#include <array>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "platform/crypto/encoding.h"
#include "platform/crypto/random.h"
#include "project/new_project.h"

namespace gatehouse::main::dev {

namespace {

using project::ApplicationType;

constexpr const char* kPublicClient = "demo-application";
constexpr const char* kConfidentialClient = "demo-server";

// What stands in the project's files and may differ at the next start.
std::array<std::string, 6> moving_parts(const DevAddresses& at) {
  return {at.endpoint,           at.demo,     fmt::format("port: {}\n", at.smtp_port), at.database_url,
          at.audit_database_url, at.redis_url};
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

// The demo's own URIs first; the others let a program on this machine sign in on any port (RFC 8252 7.3).
project::NewProject new_project(const DevAddresses& at, const std::string& secret) {
  const std::vector<std::string> redirects{at.demo + "/callback", "http://127.0.0.1/callback", "http://[::1]/callback"};
  const std::vector<std::string> afterwards{at.demo + "/", at.demo};
  project::NewProject made;
  made.guarded = false;  // who develops types anything, and often
  made.id = "development";
  made.public_origin = at.endpoint;
  made.database_url = at.database_url;
  made.audit_database_url = at.audit_database_url;
  made.redis_url = at.redis_url;
  made.smtp = project::SmtpSecret{.host = "127.0.0.1",
                                  .port = at.smtp_port,
                                  .username = "development",
                                  .password = "development",
                                  .sender = "Gatehouse <no-reply@localhost>"};
  made.clients = {
      {kPublicClient, "Demo application", ApplicationType::native, redirects, afterwards, ""},
      {kConfidentialClient, "Demo server", ApplicationType::confidential, redirects, afterwards, secret},
  };
  return made;
}

std::string secret_of(const DataFolder& folder) {
  const auto path = folder.path() / "client-secret";
  if (read_file(path).empty()) {
    write_file(path, crypto::random_text(43, crypto::kBase62), true);
  }
  return read_file(path);
}

void make_project(const DataFolder& folder, const DevAddresses& at, const std::string& secret) {
  project::write_folder(folder.project(), project::create_project(new_project(at, secret)), true);
  const auto texts = folder.project() / "templates/en";
  std::filesystem::create_directories(texts);
  write_file(texts / "translation.json", "{\n  \"app.name\": \"Gatehouse\"\n}\n");
}

}  // namespace

DevClients prepare_project(const DataFolder& folder, const DevAddresses& addresses) {
  DevClients clients{kPublicClient, kConfidentialClient, secret_of(folder)};
  const auto record = folder.path() / "addresses.json";
  const auto now = moving_parts(addresses);
  if (read_file(record).empty()) {
    make_project(folder, addresses, clients.confidential_client_secret);
  } else {
    const auto before = boost::json::value_to<std::array<std::string, 6>>(boost::json::parse(read_file(record)));
    for (const auto* name : {"authgear.yaml", "authgear.secrets.yaml"}) {
      std::string text = read_file(folder.project() / name);
      for (std::size_t i = 0; i < now.size(); ++i) {
        replace_all(text, before.at(i), now.at(i));
      }
      write_file(folder.project() / name, text, std::string_view(name) == "authgear.secrets.yaml");
    }
  }
  write_file(record, boost::json::serialize(boost::json::value_from(now)));
  return clients;
}

}  // namespace gatehouse::main::dev
