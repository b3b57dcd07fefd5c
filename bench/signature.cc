// The limit of everything that ends in a token: signatures by RS256 of claims of an ID token's size.
// Usage: bench_signature THREADS SECONDS
#include <cstdlib>

#include <boost/json.hpp>

#include "bench/measured.h"
#include "platform/jose/jwt.h"

using namespace gatehouse;

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::atoi(argv[1]) : 1;
  const double seconds = argc > 2 ? std::atof(argv[2]) : 3;
  const auto key = jose::Key::generate_rsa(2048, "bench");
  const std::string claims = boost::json::serialize(boost::json::object{
      {"iss", "http://localhost:3000"},
      {"aud", "demo-application"},
      {"sub", "6f9f2c0e-1f0b-4c3e-9d2a-0d7d5c1b2a3f"},
      {"iat", 1'790'000'000},
      {"exp", 1'790'000'300},
      {"auth_time", 1'790'000'000},
      {"sid", "aWRwc2Vzc2lvbjo2ZjlmMmMwZS0xZjBiLTRjM2UtOWQyYS0wZDdkNWMxYjJhM2Y"},
      {"amr", {"pwd", "x_primary_password"}},
      {"https://authgear.com/claims/user/is_verified", true},
      {"https://authgear.com/claims/user/is_anonymous", false},
      {"https://authgear.com/claims/user/can_reauthenticate", true},
  });
  bench::measure(threads, seconds, [&] { jose::sign(key, "JWT", claims); });
}
