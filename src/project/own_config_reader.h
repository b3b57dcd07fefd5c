#pragma once

#include <string>
#include <vector>

#include "project/config.h"
#include "project/place.h"

namespace gatehouse::project {

// gatehouse.yaml, accepted by its schema, as types with defaults. docs/operate/gatehouse-yaml.md lists them.
OwnConfig read_own_config(const Place& file, bool rate_limits_disabled);

// What the settings ask for and cannot have with the rest of the configuration, each as a sentence with its path.
std::vector<std::string> own_config_warnings(const Config& config);

}  // namespace gatehouse::project
