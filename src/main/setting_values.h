#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "main/settings.h"

// Values of settings as text. Each throws WrongValue, which says what is wrong: "must be …", "must hold …".
namespace gatehouse::main {

class WrongValue : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

Listener parse_listener(const std::string& text);  // "0.0.0.0:3000", ":3000", "[::1]:3000", "localhost:3000"
bool parse_switch(const std::string& text);        // Go's forms: 1, t, true, 0, f, false
std::int64_t parse_whole(const std::string& text, std::int64_t least, std::int64_t most);
std::vector<std::string> parse_networks(const std::string& text);  // CIDRs or addresses, by commas; empty: none
log::Level parse_level(const std::string& text);
std::string parse_database_url(const std::string& text);
std::string parse_redis_url(const std::string& text);
std::string parse_http_url(const std::string& text);
std::string parse_file(const std::string& text);  // there, and readable
std::string parse_folder(const std::string& text);
std::string parse_schema(const std::string& text);        // a name
std::string parse_key_ring(const std::string& text);      // a file with a key ring
std::string parse_certificates(const std::string& text);  // a file with certificates in PEM
std::string parse_private_key(const std::string& text);   // a file with a private key in PEM

}  // namespace gatehouse::main
