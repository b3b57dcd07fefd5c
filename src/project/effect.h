#pragma once

#include <string>
#include <vector>

#include "project/place.h"

namespace gatehouse::project {

// Paths of what the files set and what does nothing here yet, each once and as high up as it is true: "/saml", not
// "/saml/signing/key_id". Of a list's items the first that has the key.
std::vector<std::string> keys_without_effect_in_config(const Place& file);
std::vector<std::string> keys_without_effect_in_features(const Place& file);
std::vector<std::string> keys_without_effect_in_secrets(const Place& file);

}  // namespace gatehouse::project
