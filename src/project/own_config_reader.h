#pragma once

#include "project/config.h"
#include "project/place.h"

namespace gatehouse::project {

// gatehouse.yaml, accepted by its schema, as types with defaults. docs/operate/gatehouse-yaml.md lists them.
OwnConfig read_own_config(const Place& file, bool rate_limits_disabled);

}  // namespace gatehouse::project
