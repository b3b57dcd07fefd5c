#pragma once

#include <string>
#include <string_view>

#include "domain/authenticator/password.h"

// The formats in which passwords are stored; pure functions that burn CPU, for a thread of the CPU pool.
namespace gatehouse::authenticator {

enum class HashMatch { no, yes, malformed };

// argon2id: "$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>" (RFC 9106, PHC string); bcrypt_sha512: "$bcrypt-sha512$" and
// bcrypt of cost 10 over the 64 raw bytes of the password's SHA-512.
std::string hash_password(HashFormat format, std::string_view password);

// Malformed: not one of the formats, or dearer than anything that we compute: argon2id above 64 MiB, bcrypt above
// cost 15.
HashMatch match_password(std::string_view password, const std::string& stored);

// What makes a hash cheap or dear, as text: "$argon2id$v=19$m=19456,t=2,p=1$", "$bcrypt-sha512$$2a$10$", "$2b$12$";
// empty for what is none of the formats. The same as _gatehouse_hash_scheme in the database.
std::string scheme_of(std::string_view stored);
std::string scheme_of(HashFormat format);  // of what `hash_password` writes

// A hash of that scheme that no password is known for.
std::string nobodys_hash(std::string_view scheme);

// Whether `stored` is what `hash_password` writes, parameters included.
bool is_current(HashFormat format, std::string_view stored);

}  // namespace gatehouse::authenticator
