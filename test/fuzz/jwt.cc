#include "platform/jose/jwt.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <vector>

// The input is a JWT, and a JWK before its first line feed where there is one. Nothing may crash, and nothing that this
// process did not sign may verify.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using gatehouse::jose::Key;
  static const std::vector<Key> keys{Key::generate_rsa(2048, "a"), Key::generate_p256("b")};
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto line = input.find('\n');
  const std::string_view jwt = line == std::string_view::npos ? input : input.substr(line + 1);
  for (const auto* type : {"JWT", "at+jwt", ""}) {
    if (gatehouse::jose::verify(jwt, keys, {{type}}) || gatehouse::jose::verify(jwt, {keys[1]}, {{type}})) {
      std::abort();
    }
  }
  if (line == std::string_view::npos) {
    return 0;
  }
  boost::system::error_code broken;
  const auto jwk = boost::json::parse(boost::json::string_view(input.data(), line), broken);
  if (broken || !jwk.is_object()) {
    return 0;
  }
  try {
    const Key key = Key::from_jwk(jwk.get_object());
    if (Key::from_jwk(key.public_jwk()).public_jwk() != key.public_jwk()) {
      std::abort();
    }
    gatehouse::jose::verify(jwt, {key}, {{"JWT"}});
  } catch (const std::runtime_error&) {
    return 0;
  }
  return 0;
}
