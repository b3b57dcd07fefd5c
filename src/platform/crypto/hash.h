#pragma once

#include <string>
#include <string_view>

namespace gatehouse::crypto {

std::string sha256(std::string_view data);      // 32 bytes
std::string sha256_hex(std::string_view data);  // the contract's H(x)
std::string sha512(std::string_view data);
std::string md5_hex(std::string_view data);  // only where the contract asks for it
std::string hmac_sha256(std::string_view key, std::string_view data);
std::string hkdf_sha256(std::string_view key, std::string_view info, std::size_t length);  // RFC 5869, no salt

// Compares in time that depends on the lengths only.
bool secure_equal(std::string_view a, std::string_view b);

}  // namespace gatehouse::crypto
