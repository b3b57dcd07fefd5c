#pragma once

#include <string>
#include <vector>

#include "project/load.h"

namespace gatehouse::project {

struct NewClient {
  std::string client_id;  // empty: 16 random hexadecimal digits
  std::string name;
  ApplicationType type = ApplicationType::spa;
  std::vector<std::string> redirect_uris;
  std::vector<std::string> post_logout_redirect_uris;
  std::string secret;  // of a confidential client; empty: random
};

struct NewProject {
  std::string id;
  std::string public_origin;
  std::string database_url;
  std::string audit_database_url;  // empty: no audit log
  std::string redis_url;
  std::optional<SmtpSecret> smtp;
  std::vector<NewClient> clients;
  bool guarded = true;  // the lockout, wrong codes that revoke a code, and passwords that are hard to guess
};

// authgear.yaml, authgear.secrets.yaml and gatehouse.yaml of a new project, with fresh keys (RSA-2048 twice, about
// 300 ms), refresh token rotation on, unknown accounts hidden, and the guards on. Throws InvalidProject for what `load`
// would refuse.
Files create_project(const NewProject& project);

// Writes the files into the folder, which is made where it is missing; secrets for their owner only (0600), each file
// whole or not at all. Throws std::runtime_error when a file is there already and `overwrite` is not set (nothing is
// written then), or that cannot be written.
void write_folder(const std::string& folder, const Files& files, bool overwrite);

// YAML of a JSON value; text is quoted where YAML would take it for something else.
std::string to_yaml(const boost::json::value& value);

}  // namespace gatehouse::project
