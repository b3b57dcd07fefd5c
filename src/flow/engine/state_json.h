#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "flow/engine/state.h"

namespace gatehouse::flow {

// A state as text, to be sealed. Throws Error RequestEntityTooLarge over 64 KiB.
std::string write_state(const State& state);

// Nothing for what is not a state of this format or of the next one. Keys that it does not know are ignored, missing
// ones keep their defaults: so versions that run beside each other read each other's states.
std::optional<State> read_state(std::string_view text);

}  // namespace gatehouse::flow
