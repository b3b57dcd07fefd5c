#pragma once

#include <map>
#include <set>
#include <string>

#include "project/context.h"

namespace gatehouse::authenticator {

// Which kinds of password hash a project has, parameters included ("$argon2id$v=19$m=19456,t=2,p=1$",
// "$bcrypt-sha512$$2a$10$"; `scheme_of`), so that a password that is checked in vain can take as long for everybody.
class StoredSchemes {
 public:
  // At most some, as they were within the last minute; one query then, however many passwords there are.
  Task<std::set<std::string>> of_project(project::Context& ctx);
  // Those that were met count at once.
  void met(const project::Context& ctx, const std::set<std::string>& schemes);

 private:
  struct Known {
    std::set<std::string> schemes;
    TimePoint read_at;
  };
  std::map<project::ProjectId, Known> known_;
};

}  // namespace gatehouse::authenticator
