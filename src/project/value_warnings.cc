#include "project/value_warnings.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include <fmt/format.h>

namespace gatehouse::project {
namespace {

class ValueWarnings {
 public:
  explicit ValueWarnings(const Place& file) : file_(file) {}

  std::vector<std::string> run() {
    zero(file_["session"], "/session", "lifetime_seconds");
    zero(file_["session"], "/session", "idle_timeout_seconds");
    clients();
    const Place authentication = file_["authentication"];
    not_yet(authentication["identities"], "/authentication/identities", std::array<std::string_view, 1>{"login_id"});
    not_yet(authentication["primary_authenticators"], "/authentication/primary_authenticators",
            std::array<std::string_view, 1>{"password"});
    login_id_keys();
    nobody_gets_in();
    return std::move(warnings_);
  }

 private:
  void zero(const Place& of, const std::string& path, std::string_view key) {
    const auto* value = of[key].json();
    if (value != nullptr && value->is_int64() && value->get_int64() == 0) {
      warnings_.push_back(fmt::format("{}/{} is 0, which counts as absent: the default is used", path, key));
    }
  }

  // The contract takes them as URIs; no request that names one is answered.
  void fragments(const Place& uris, const std::string& path) {
    const auto all = uris.texts();
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i].contains('#')) {
        warnings_.push_back(
            fmt::format("{}/{} has a fragment (#…), so it is never followed (RFC 6749 3.1.2)", path, i));
      }
    }
  }

  void clients() {
    const auto clients = file_["oauth"]["clients"].items();
    std::set<std::string> ids;
    for (std::size_t i = 0; i < clients.size(); ++i) {
      const std::string path = fmt::format("/oauth/clients/{}", i);
      zero(clients[i], path, "refresh_token_lifetime_seconds");
      zero(clients[i], path, "refresh_token_idle_timeout_seconds");
      fragments(clients[i]["redirect_uris"], path + "/redirect_uris");
      if (!ids.insert(clients[i]["client_id"].text()).second) {
        warnings_.push_back(path + "/client_id is there twice: only the first client counts");
      }
    }
  }

  void not_yet(const Place& list, const std::string& path, const auto& known) {
    const auto all = list.texts();
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (std::ranges::find(known, all[i]) == known.end()) {
        warnings_.push_back(fmt::format("{}/{} ({}) does nothing yet", path, i, all[i]));
      }
    }
  }

  void login_id_keys() {
    const auto keys = file_["identity"]["login_id"]["keys"].items();
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (keys[i]["type"].text() == "phone") {
        warnings_.push_back(fmt::format("/identity/login_id/keys/{} (phone) does nothing yet", i));
      }
    }
  }

  void nobody_gets_in() {
    const auto is_empty = [](const Place& list) { return list.is_there() && list.items().empty(); };
    if (is_empty(file_["identity"]["login_id"]["keys"])) {
      warnings_.emplace_back("/identity/login_id/keys is empty: nobody can sign up or in");
    }
    if (is_empty(file_["authentication"]["primary_authenticators"])) {
      warnings_.emplace_back("/authentication/primary_authenticators is empty: nobody can sign up or in");
    }
  }

  const Place& file_;
  std::vector<std::string> warnings_;
};

}  // namespace

std::vector<std::string> value_warnings(const Place& file) { return ValueWarnings(file).run(); }

}  // namespace gatehouse::project
