#pragma once

#include <vector>

#include "project/config.h"
#include "project/load.h"
#include "project/place.h"

namespace gatehouse::project {

// authgear.secrets.yaml, accepted by its schema, as types. Adds what is wrong to `problems`, without a word of its
// content.
Secrets read_secrets(const Place& file, std::vector<Problem>& problems);

// The contract's checks of the secrets against the configuration: what it needs is there.
void check_secrets(const Place& config_file, const Config& config, const Place& secrets_file,
                   std::vector<Problem>& problems);

}  // namespace gatehouse::project
