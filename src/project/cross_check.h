#pragma once

#include <vector>

#include "project/config.h"
#include "project/load.h"
#include "project/place.h"

namespace gatehouse::project {

// What a schema cannot say: the contract's checks across fields of authgear.yaml ("Cross-field checks" of
// config-defaults). `file` is what was written, `config` the same with defaults.
void check_across_fields(const Place& file, const Config& config, std::vector<Problem>& problems);

// The groups' checks below share these.
inline constexpr const char* kConfigFile = "authgear.yaml";
inline constexpr const char* kSecretsFile = "authgear.secrets.yaml";
inline constexpr const char* kFeaturesFile = "authgear.features.yaml";
inline constexpr const char* kOwnFile = "gatehouse.yaml";

}  // namespace gatehouse::project
