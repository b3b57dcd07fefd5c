#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "platform/base/clock.h"
#include "platform/base/task.h"
#include "platform/jose/jwt.h"
#include "platform/postgres/database.h"
#include "project/context.h"
#include "project/project.h"
#include "support/run_task.h"

namespace gatehouse::test {

inline constexpr const char* kPublicClient = "public-client";              // spa
inline constexpr const char* kConfidentialClient = "confidential-client";  // confidential
inline constexpr const char* kThirdPartyClient = "third-party";            // third_party_app
inline constexpr const char* kConfidentialSecret = "confidential-client-secret-of-the-tests";
inline constexpr const char* kThirdPartySecret = "third-party-secret-of-the-tests";
// Each client's redirect URI and post-logout redirect URI.
inline constexpr const char* kRedirectUri = "http://rp.localhost:4000/callback";
inline constexpr const char* kPostLogoutUri = "http://rp.localhost:4000/signed-out";

// RSA-2048, made once per process.
const jose::Key& test_signing_key();

// A project with the contract's defaults, e-mail and user name as login IDs, three clients and a signing key. `config`
// and `secrets` are there to be changed before `build`.
//   auto project = TestProject{}.database(url).build();
class TestProject {
 public:
  explicit TestProject(std::string id = "app", std::string origin = "http://app.localhost:3000");

  TestProject& database(std::string url);  // also the audit database, unless that was given
  TestProject& audit_database(std::string url);
  TestProject& redis(std::string url);
  TestProject& rotation(bool enabled = true);  // of all clients
  TestProject& jwt_access_tokens(bool enabled = true);
  TestProject& no_rate_limits();
  TestProject& login_ids(std::vector<std::string> types);
  TestProject& add_client(project::OAuthClient client, std::string secret = "");
  project::OAuthClient& client(std::string_view id);

  project::Handle build() const;

  project::Config config;
  project::Secrets secrets;
  project::Resources resources;
};

// A core of its own: loop, clock, database of the project, and a context with 30 s left.
class TestContext {
 public:
  explicit TestContext(project::Handle project,
                       postgres::DatabaseOptions options = {});  // url and schema: the project's
  ~TestContext();

  template <class T>
  T run(Task<T> task) {
    return run_task(io, std::move(task));
  }
  // Another request of the same project on the same core.
  std::unique_ptr<project::Context> another() const;

  project::Context& operator*() { return *ctx_; }
  project::Context* operator->() { return ctx_.get(); }
  operator project::Context&() { return *ctx_; }

  project::Handle project;
  asio::io_context io{1};
  FakeClock clock;
  std::unique_ptr<postgres::Database> database;

 private:
  std::unique_ptr<project::Context> ctx_;
};

}  // namespace gatehouse::test
