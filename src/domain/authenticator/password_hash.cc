#include "domain/authenticator/password_hash.h"

#include <algorithm>
#include <argon2.h>
#include <array>
#include <charconv>
#include <stdexcept>

#include <botan/bcrypt.h>
#include <botan/exceptn.h>
#include <botan/rng.h>
#include <openssl/crypto.h>
#include <re2/re2.h>

#include "platform/crypto/hash.h"
#include "platform/crypto/random.h"

namespace gatehouse::authenticator {

namespace {

constexpr std::uint32_t kArgonPasses = 2;
constexpr std::uint32_t kArgonMemory = 19 * 1024;  // KiB
constexpr std::uint32_t kArgonLanes = 1;
constexpr std::size_t kArgonSalt = 16;
constexpr std::size_t kArgonHash = 32;
constexpr std::string_view kArgonPrefix = "$argon2id$";
constexpr std::string_view kArgonCurrent = "$argon2id$v=19$m=19456,t=2,p=1$";

constexpr std::uint32_t kMostArgonMemory = 64 * 1024;  // KiB
constexpr std::uint32_t kMostArgonPasses = 16;
constexpr std::uint32_t kMostArgonLanes = 16;
constexpr std::size_t kLongestStored = 512;

constexpr std::string_view kSha512Prefix = "$bcrypt-sha512$";
constexpr std::uint16_t kBcryptCost = 10;
constexpr int kMostBcryptCost = 15;
constexpr std::size_t kBcryptLength = 60;
constexpr std::size_t kBcryptSchemeLength = 7;  // "$2b$10$"

// Salt and hash of argon2id in base64 without padding.
constexpr std::size_t kArgonSaltText = 22;
constexpr std::size_t kArgonHashText = 43;

// Botan wants a generator of its own for salts; ours stays the only source.
class OurRandom : public Botan::RandomNumberGenerator {
 public:
  void randomize(std::uint8_t output[], std::size_t length) override {
    const std::string bytes = crypto::random_bytes(length);
    std::ranges::copy(bytes, output);
  }
  bool accepts_input() const override { return false; }
  void add_entropy(const std::uint8_t /*input*/[], std::size_t /*length*/) override {}
  std::string name() const override { return "gatehouse"; }
  void clear() override {}
  bool is_seeded() const override { return true; }
};

// The digest is as good as the password.
class Sha512 {
 public:
  explicit Sha512(std::string_view password) : digest_(crypto::sha512(password)) {}
  ~Sha512() { OPENSSL_cleanse(digest_.data(), digest_.size()); }
  Sha512(const Sha512&) = delete;
  Sha512& operator=(const Sha512&) = delete;
  const std::string& bytes() const { return digest_; }

 private:
  std::string digest_;
};

std::string argon2id(std::string_view password) {
  const std::string salt = crypto::random_bytes(kArgonSalt);
  std::array<char, 128> encoded{};
  const int result = argon2id_hash_encoded(kArgonPasses, kArgonMemory, kArgonLanes, password.data(), password.size(),
                                           salt.data(), salt.size(), kArgonHash, encoded.data(), encoded.size());
  if (result != ARGON2_OK) {
    throw std::runtime_error(std::string("argon2id failed: ") + argon2_error_message(result));
  }
  return encoded.data();
}

// "m=19456" of "m=19456,t=2,p=1": the number after the letter; nothing unless it stands there in decimal.
std::optional<std::uint32_t> parameter(std::string_view& rest, std::string_view name) {
  if (!rest.starts_with(name)) {
    return std::nullopt;
  }
  rest.remove_prefix(name.size());
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (error != std::errc{}) {
    return std::nullopt;
  }
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return value;
}

bool affordable_argon2id(std::string_view stored) {
  std::string_view rest = stored.substr(kArgonPrefix.size());
  if (rest.starts_with("v=")) {
    rest.remove_prefix(std::min(rest.find('$'), rest.size()));
    rest.remove_prefix(std::min<std::size_t>(1, rest.size()));
  }
  const auto memory = parameter(rest, "m=");
  const auto passes = parameter(rest, ",t=");
  const auto lanes = parameter(rest, ",p=");
  return memory && *memory <= kMostArgonMemory && passes && *passes <= kMostArgonPasses && lanes &&
         *lanes <= kMostArgonLanes && rest.starts_with('$');
}

HashMatch match_argon2id(std::string_view password, const std::string& stored) {
  if (!affordable_argon2id(stored)) {
    return HashMatch::malformed;
  }
  switch (argon2id_verify(stored.c_str(), password.data(), password.size())) {
    case ARGON2_OK:
      return HashMatch::yes;
    case ARGON2_VERIFY_MISMATCH:
      return HashMatch::no;
    default:
      return HashMatch::malformed;
  }
}

// "$2b$10$" and 53 characters.
bool affordable_bcrypt(const std::string& stored) {
  if (stored.size() != kBcryptLength || !stored.starts_with("$2") || stored[3] != '$' || stored[6] != '$' ||
      std::string_view("aby").find(stored[2]) == std::string_view::npos) {
    return false;
  }
  int cost = 0;
  const auto [end, error] = std::from_chars(stored.data() + 4, stored.data() + 6, cost);
  return error == std::errc{} && end == stored.data() + 6 && cost >= 4 && cost <= kMostBcryptCost;
}

HashMatch match_bcrypt(const std::string& password, const std::string& stored) {
  if (!affordable_bcrypt(stored)) {
    return HashMatch::malformed;
  }
  try {
    return Botan::check_bcrypt(password, stored) ? HashMatch::yes : HashMatch::no;
  } catch (const Botan::Exception&) {
    return HashMatch::malformed;
  }
}

}  // namespace

std::string hash_password(HashFormat format, std::string_view password) {
  if (format == HashFormat::argon2id) {
    return argon2id(password);
  }
  OurRandom random;
  // Botan's length goes along: a NUL inside the digest does not end it, as it would in crypt(3).
  return std::string(kSha512Prefix) + Botan::generate_bcrypt(Sha512(password).bytes(), random, kBcryptCost);
}

HashMatch match_password(std::string_view password, const std::string& stored) {
  if (stored.size() > kLongestStored) {
    return HashMatch::malformed;
  }
  if (stored.starts_with(kArgonPrefix)) {
    return match_argon2id(password, stored);
  }
  if (stored.starts_with(kSha512Prefix)) {
    return match_bcrypt(Sha512(password).bytes(), stored.substr(kSha512Prefix.size()));
  }
  std::string copy(password);
  const HashMatch match = match_bcrypt(copy, stored);
  OPENSSL_cleanse(copy.data(), copy.size());
  return match;
}

std::string scheme_of(std::string_view stored) {
  static const RE2 pattern(R"(^(\$argon2id\$(?:v=[0-9]+\$)?[a-z0-9=,]+\$|(?:\$bcrypt-sha512\$)?\$2[aby]\$[0-9]{2}\$))");
  std::string scheme;
  RE2::PartialMatch(re2::StringPiece(stored.data(), stored.size()), pattern, &scheme);
  return scheme;
}

std::string scheme_of(HashFormat format) {
  return std::string(format == HashFormat::argon2id ? kArgonCurrent : "$bcrypt-sha512$$2a$10$");
}

std::string nobodys_hash(std::string_view scheme) {
  std::string hash(scheme);
  if (scheme.starts_with(kArgonPrefix)) {
    return hash + std::string(kArgonSaltText, 'A') + "$" + std::string(kArgonHashText, 'A');
  }
  return hash + std::string(kBcryptLength - kBcryptSchemeLength, '.');
}

bool is_current(HashFormat format, std::string_view stored) {
  if (format == HashFormat::argon2id) {
    return stored.starts_with(kArgonCurrent);
  }
  // "$2b" has three characters, whichever letter stands there.
  return stored.starts_with(kSha512Prefix) && stored.size() == kSha512Prefix.size() + kBcryptLength &&
         stored.substr(kSha512Prefix.size() + 3).starts_with("$10$");
}

}  // namespace gatehouse::authenticator
