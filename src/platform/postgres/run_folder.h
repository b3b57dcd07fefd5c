#pragma once

#include <filesystem>

// Run folders are /tmp/gatehouse-XXXXXX. Each holds a file that its process keeps locked while it lives, so that the
// folder of a process that was killed can be told from one in use.
namespace gatehouse::postgres {

// Locks the folder for this process; returns the descriptor to keep open. Throws std::system_error.
int claim_run_folder(const std::filesystem::path& folder);

// Removes those in `under` whose process is gone. Leaves alone what another user made, what is not locked that way, and
// links.
void remove_dead_run_folders(const std::filesystem::path& under = "/tmp");

}  // namespace gatehouse::postgres
