#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <boost/json.hpp>

#include "platform/crypto/encoding.h"
#include "project/load.h"
#include "support/test_project.h"

// The files of a project, to be loaded as an operator's would be.
namespace gatehouse::test {

inline constexpr const char* kSmallest = "id: app\nhttp:\n  public_origin: http://app.localhost:3000\n";
inline constexpr const char* kMarker = "marker-of-a-secret";

inline boost::json::object oct_jwk(std::string_view text, std::string_view kid = "k") {
  return {{"kid", kid}, {"kty", "oct"}, {"k", crypto::base64url(text)}};
}

inline boost::json::object secret(std::string_view key, boost::json::value data) {
  return {{"key", key}, {"data", std::move(data)}};
}

inline boost::json::object key_set(boost::json::object jwk) { return {{"keys", boost::json::array{std::move(jwk)}}}; }

// What the contract always asks for.
inline boost::json::array required_secrets() {
  const boost::json::object rsa = test_signing_key().private_jwk();
  return {secret("db", {{"database_url", "postgres://u:marker-of-a-secret@db.internal:5432/app"}}),
          secret("redis", {{"redis_url", "redis://:marker-of-a-secret@redis.internal:6379"}}),
          secret("admin-api.auth", key_set(rsa)), secret("oauth", key_set(rsa)),
          secret("csrf", key_set(oct_jwk(kMarker)))};
}

inline std::string secrets_file(const boost::json::array& secrets) {
  return boost::json::serialize(boost::json::object{{"secrets", secrets}});
}

inline project::Files files(std::string config, const boost::json::array& secrets = required_secrets(),
                            std::string features = "") {
  project::Files all{{"authgear.yaml", std::move(config)}, {"authgear.secrets.yaml", secrets_file(secrets)}};
  if (!features.empty()) {
    all["authgear.features.yaml"] = std::move(features);
  }
  return all;
}

}  // namespace gatehouse::test
