#include "main/commands/healthcheck.h"

#include <cstdio>
#include <memory>

#include <curl/curl.h>

namespace gatehouse::main {

namespace {

constexpr long kSeconds = 3;
constexpr long kOk = 200;

std::size_t discard(char*, std::size_t size, std::size_t count, void*) { return size * count; }

}  // namespace

int healthcheck(const std::string& url) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), curl_easy_cleanup);
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, kSeconds);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, discard);
  const CURLcode code = curl_easy_perform(curl.get());
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (code == CURLE_OK && status == kOk) {
    return 0;
  }
  std::fprintf(stderr, "%s: %s\n", url.c_str(), code == CURLE_OK ? "not healthy" : curl_easy_strerror(code));
  return 1;
}

}  // namespace gatehouse::main
