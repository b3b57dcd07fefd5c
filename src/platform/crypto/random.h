#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gatehouse::crypto {

// Everything random comes from here (OpenSSL's private DRBG).
std::string random_bytes(std::size_t count);

inline constexpr std::string_view kBase62 = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
inline constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
inline constexpr std::string_view kDigits = "0123456789";

// `length` characters of `alphabet`, each equally likely.
std::string random_text(std::size_t length, std::string_view alphabet);

}  // namespace gatehouse::crypto
