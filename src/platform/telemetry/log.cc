#include "platform/telemetry/log.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <unistd.h>

#include "platform/base/time.h"
#include "platform/telemetry/json_text.h"

namespace gatehouse::log {

namespace {

std::atomic<Level> threshold{Level::info};

constexpr std::array<std::string_view, 4> kNames{"debug", "info", "warn", "error"};

}  // namespace

void set_level(Level level) { threshold.store(level, std::memory_order_relaxed); }

bool enabled(Level level) { return level >= threshold.load(std::memory_order_relaxed); }

void write_lines(std::string_view lines) {
  while (!lines.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, lines.data(), lines.size());
    if (written < 0 && errno != EINTR) {
      return;  // nobody to tell
    }
    lines.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
  }
}

namespace {

void write_line(Level level, std::string_view message, const FieldsList& fields) {
  std::string line = R"({"time":")";
  line += rfc3339(wall_clock());
  line += R"(","level":")";
  line += kNames.at(static_cast<std::size_t>(level));
  line += R"(","message":)";
  telemetry::append_json_string(line, message);
  for (const auto& [name, value] : fields) {
    line += ',';
    telemetry::append_json_string(line, name);
    line += ':';
    telemetry::append_json_string(line, value);
  }
  line += "}\n";
  write_lines(line);
}

}  // namespace

void write(Level level, std::string_view message, FieldsList fields) {
  if (enabled(level)) {
    write_line(level, message, fields);
  }
}

void notice(std::string_view message, FieldsList fields) { write_line(Level::info, message, fields); }

}  // namespace gatehouse::log
