#pragma once

#include <string>

namespace gatehouse::test {

// A self-signed certificate for `host` (a name or an address), that is its own authority.
struct Certificate {
  std::string certificate;  // PEM
  std::string key;          // PEM
};
Certificate self_signed(const std::string& host);

}  // namespace gatehouse::test
