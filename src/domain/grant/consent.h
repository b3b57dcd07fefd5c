#pragma once

#include <string>
#include <vector>

#include "domain/model/ids.h"
#include "project/context.h"

namespace gatehouse::grant {

// What a user allowed a client (_auth_oauth_authorization).
class Consents {
 public:
  // Whether these scopes are all allowed already. Only third-party clients need to ask.
  Task<bool> covers(project::Context& ctx, UserId user, ClientId client, std::vector<std::string> scopes);

  // Allows these scopes besides those that are.
  static void add(postgres::Batch& batch, const project::Context& ctx, const UserId& user, const ClientId& client,
                  const std::vector<std::string>& scopes);
};

}  // namespace gatehouse::grant
