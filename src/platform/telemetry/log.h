#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::log {

enum class Level { debug, info, warn, error };

using FieldsList = std::vector<std::pair<std::string_view, std::string>>;

// One JSON object a line on standard error: {"time","level","message", fields…}. The only global of the house.
// Never give it a secret, a password, a code or a token.
void set_level(Level level);
bool enabled(Level level);
void write(Level level, std::string_view message, FieldsList fields = {});
inline void debug(std::string_view message, FieldsList fields = {}) { write(Level::debug, message, std::move(fields)); }
inline void info(std::string_view message, FieldsList fields = {}) { write(Level::info, message, std::move(fields)); }
inline void warn(std::string_view message, FieldsList fields = {}) { write(Level::warn, message, std::move(fields)); }
inline void error(std::string_view message, FieldsList fields = {}) { write(Level::error, message, std::move(fields)); }

// As info, whatever the level: for the few lines of a process's life that whoever looks on wants to see.
void notice(std::string_view message, FieldsList fields = {});

// Whole lines that somebody has put together, as they are.
void write_lines(std::string_view lines);

}  // namespace gatehouse::log
