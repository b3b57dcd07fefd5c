#pragma once

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "domain/client/oauth_error.h"
#include "domain/consume/consume.h"
#include "domain/grant/grants.h"
#include "domain/session/sessions.h"
#include "platform/base/one_shot.h"
#include "platform/base/uuid.h"
#include "platform/crypto/encoding.h"
#include "platform/crypto/hash.h"
#include "support/postgres_server.h"
#include "support/test_project.h"

namespace gatehouse::test {

inline constexpr const char* kVerifier = "a-code-verifier-of-exactly-forty-three-chars";

inline const std::string& ring_json() {
  static const std::string json = crypto::KeyRing::generate();
  return json;
}

// One process of the deployment: a core with its services. Two of them on one database are two processes.
class Process {
 public:
  // `board`: shared by two cores of one process.
  explicit Process(project::Handle project, std::string ring = ring_json(),
                   std::shared_ptr<session::RevocationBoard> board = {})
      : core(std::move(project)),
        keys(crypto::KeyRing::parse(ring)),
        feed(*core.database, uuid_v4(), std::move(board), [this] { return boot_time() + asleep; }),
        sessions(feed),
        access_tokens(feed, keys),
        grants(feed, access_tokens, keys,
               {.take = [this](project::Context&, const UserId&) { return take_one(); },
                .give_back = [this](project::Context&, const UserId&) { return give_one_back(); }}) {}

  // As if the process had been stopped meanwhile; the deployment's time goes on as well.
  void stop_for(Micros time) {
    asleep += time;
    core.clock.advance(time);
  }

  template <class T>
  T run(Task<T> task) {
    return core.run(std::move(task));
  }
  void execute(postgres::Sql sql, postgres::Params params) { run(core->db().run(sql, std::move(params))); }
  template <class T, class... Args>
  T value(postgres::Sql sql, const Args&... args) {
    return run(core->db().one<T>(sql, args...));
  }
  void commit(postgres::Batch batch) { run(consume::commit(core, std::move(batch))); }

  UserId add_user() {
    static constexpr postgres::Sql kSql =
        "INSERT INTO _auth_user (id, app_id, created_at, updated_at, is_disabled, standard_attributes) "
        "VALUES ($1, $2, $3, $3, false, '{\"email\": \"person@example.com\"}')";
    const UserId user{uuid_v4()};
    execute(kSql, postgres::Params(user, core->app_id(), core->now()));
    return user;
  }

  session::OpenedSession open_session(const UserId& user) {
    postgres::Batch batch;
    auto opened = sessions.open(batch, core, user, {"pwd"});
    commit(std::move(batch));
    return opened;
  }

  const project::OAuthClient& client(const char* id) const { return *core.project->client(ClientId{id}); }

  grant::CodeGrant code_grant(const UserId& user, const char* client_id = kPublicClient) const {
    grant::CodeGrant given;
    given.user = user;
    given.client = ClientId{client_id};
    given.redirect_uri = kRedirectUri;
    given.code_challenge = crypto::base64url(crypto::sha256(kVerifier));
    given.nonce = "a nonce";
    given.scopes = {"openid", "offline_access", "email"};
    given.amr = {"pwd"};
    given.authenticated_at = core.clock.now();
    return given;
  }

  std::string add_code(const grant::CodeGrant& given) {
    postgres::Batch batch;
    auto code = grant::AuthorizationCodes::insert(batch, core, given);
    commit(std::move(batch));
    return code;
  }

  static grant::CodeExchange exchange_of(std::string code) {
    return grant::CodeExchange{std::move(code), kRedirectUri, kVerifier, std::nullopt};
  }

  grant::IssuedTokens exchange(std::string code, const char* client_id = kPublicClient) {
    return run(grants.exchange(core, client(client_id), exchange_of(std::move(code))));
  }
  // Signed in to the application: code, exchanged.
  grant::IssuedTokens sign_in(const UserId& user, const char* client_id = kPublicClient) {
    return exchange(add_code(code_grant(user, client_id)), client_id);
  }
  grant::IssuedTokens refresh(std::string token, const char* client_id = kPublicClient) {
    return run(grants.refresh(core, client(client_id), {.refresh_token = std::move(token)}));
  }
  bool access_token_works(const std::string& token) { return run(access_tokens.resolve(core, token)).has_value(); }
  bool refresh_token_works(const std::string& token, const char* client_id = kPublicClient) {
    try {
      refresh(token, client_id);
      return true;
    } catch (const client::OAuthError& error) {
      EXPECT_EQ(error.error(), "invalid_grant");
      return false;
    }
  }

  // The limit of a user's requests: `requests_left` more.
  Task<void> take_one() {
    if (requests_left == 0) {
      throw Error(ErrorKind::too_many_request, "RateLimited", "one too many");
    }
    --requests_left;
    co_return;
  }
  Task<void> give_one_back() {
    ++requests_left;
    co_return;
  }

  int requests_left = 1'000'000;
  Micros asleep{0};
  TestContext core;
  crypto::KeyRing keys;
  session::RevocationFeed feed;
  session::Sessions sessions;
  grant::AccessTokens access_tokens;
  grant::Grants grants;
};

// What came of many requests at once.
struct Outcomes {
  std::vector<grant::IssuedTokens> tokens;
  std::vector<std::string> errors;
};

// `requests` times `request` on each process, all at once, each process on its own thread.
template <class Request>
Outcomes all_at_once(std::vector<Process*> processes, int requests, Request request) {
  std::vector<Outcomes> of_each(processes.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < processes.size(); ++i) {
    threads.emplace_back([&, i] {
      Process& process = *processes[i];
      Outcomes& outcomes = of_each[i];
      std::vector<std::unique_ptr<project::Context>> contexts;
      const auto one = [](Process& in, project::Context& ctx, Outcomes& into, Request make) -> Task<void> {
        try {
          into.tokens.push_back(co_await make(in, ctx));
        } catch (const client::OAuthError& error) {
          into.errors.push_back(error.error());
        } catch (const Error& error) {
          into.errors.push_back(error.reason());
        }
      };
      const auto all = [](std::vector<Task<void>> tasks, asio::io_context& io) -> Task<void> {
        auto left = std::make_shared<std::size_t>(tasks.size());
        auto done = std::make_shared<OneShot<void>>();
        for (auto& task : tasks) {
          asio::co_spawn(io.get_executor(), std::move(task), [left, done](const std::exception_ptr&) {
            if (--*left == 0) {
              done->set();
            }
          });
        }
        co_await done->wait();
      };
      std::vector<Task<void>> tasks;
      for (int n = 0; n < requests; ++n) {
        contexts.push_back(process.core.another());
        tasks.push_back(one(process, *contexts.back(), outcomes, request));
      }
      process.run(all(std::move(tasks), process.core.io));
    });
  }
  Outcomes together;
  for (std::size_t i = 0; i < threads.size(); ++i) {
    threads[i].join();
    std::ranges::move(of_each[i].tokens, std::back_inserter(together.tokens));
    std::ranges::move(of_each[i].errors, std::back_inserter(together.errors));
  }
  return together;
}

}  // namespace gatehouse::test
