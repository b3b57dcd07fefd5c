// The limit of every sign-in by password: verifications of argon2id hashes of the product's parameters.
// Usage: bench_hash THREADS SECONDS
#include <cstdlib>

#include "bench/measured.h"
#include "domain/authenticator/password_hash.h"

using namespace gatehouse;

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::atoi(argv[1]) : 1;
  const double seconds = argc > 2 ? std::atof(argv[2]) : 3;
  const std::string password = "correct horse battery staple";
  const std::string stored = authenticator::hash_password(authenticator::HashFormat::argon2id, password);
  bench::measure(threads, seconds, [&] {
    if (authenticator::match_password(password, stored) != authenticator::HashMatch::yes) {
      std::abort();
    }
  });
}
