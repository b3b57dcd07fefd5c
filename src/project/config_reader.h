#pragma once

#include "project/config.h"
#include "project/place.h"

namespace gatehouse::project {

// authgear.yaml, accepted by its schema, as types with the contract's defaults; limits and switches of
// authgear.features.yaml applied.
Config read_config(const Place& file, const Place& features);

}  // namespace gatehouse::project
