#pragma once

#include <memory>
#include <stdexcept>
#include <string>

namespace gatehouse::crypto {

// Owns an OpenSSL object: Handle<EVP_PKEY, EVP_PKEY_free>.
template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
template <class T, auto Free>
using Handle = std::unique_ptr<T, Freed<Free>>;

// For calls that fail only when memory or the library is broken. Never names data.
inline void must(bool worked, const char* what) {
  if (!worked) {
    throw std::runtime_error(std::string("OpenSSL failed: ") + what);
  }
}

template <class T>
T* must_have(T* object, const char* what) {
  must(object != nullptr, what);
  return object;
}

}  // namespace gatehouse::crypto
