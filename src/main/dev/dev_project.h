#pragma once

#include <string>

#include "main/dev/data_folder.h"

namespace gatehouse::main::dev {

// The addresses that the development project's files are made of.
struct DevAddresses {
  std::string endpoint;
  std::string demo;
  std::string inbox;
  int smtp_port = 0;
  std::string database_url;
  std::string audit_database_url;
  std::string redis_url;
};

struct DevClients {
  std::string public_client_id;
  std::string confidential_client_id;
  std::string confidential_client_secret;
};

// Writes the project's files on the first start, with random secrets; later starts only put in the new addresses, so
// that what a developer changed in them stays.
DevClients prepare_project(const DataFolder& folder, const DevAddresses& addresses);

}  // namespace gatehouse::main::dev
