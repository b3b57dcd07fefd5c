#include "platform/http/access_log.h"

#include <algorithm>

#include <fmt/format.h>

#include "platform/telemetry/json_text.h"
#include "platform/telemetry/log.h"

namespace gatehouse::http {

namespace {

// Up to this many bytes a write to a pipe is not mixed with another process's (POSIX PIPE_BUF).
constexpr std::size_t kWriteSize = 4096;
constexpr std::size_t kLongestPath = 512;
constexpr std::size_t kLongestPlainPiece = 15;

// A token or a link's key that somebody put into the path: long, and not only of what names are made of.
bool may_be_secret(std::string_view piece) {
  return piece.size() > kLongestPlainPiece &&
         !std::ranges::all_of(piece, [](char c) { return (c >= 'a' && c <= 'z') || c == '-' || c == '_'; });
}

void append_field(std::string& line, std::string_view name, std::string_view value) {
  line += name;
  telemetry::append_json_string(line, value);
}

}  // namespace

std::string loggable_path(std::string_view path) {
  path = path.substr(0, kLongestPath);
  std::string shown;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find_first_of("/."), path.size());
    shown += may_be_secret(path.substr(0, end)) ? "***" : path.substr(0, end);
    shown += path.substr(end, 1);
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return shown;
}

void AccessLog::add(const AccessRecord& record) {
  if (!log::enabled(log::Level::info)) {
    return;
  }
  const std::size_t before = lines_.size();
  lines_ += R"({"time":")";
  append_time();
  lines_ += R"(","level":"info","message":"request")";
  append_field(lines_, R"(,"method":)", record.method.substr(0, 16));
  append_field(lines_, R"(,"path":)", loggable_path(record.path));
  fmt::format_to(std::back_inserter(lines_), R"(,"status":{},"bytes":{},"duration_us":{})", record.status, record.bytes,
                 record.duration.count());
  append_field(lines_, R"(,"client_ip":)", record.client_ip);
  append_field(lines_, R"(,"request_id":)", record.request_id);
  append_field(lines_, R"(,"host":)", record.host);
  lines_ += "}\n";
  if (lines_.size() < kWriteSize) {
    return;
  }
  if (before > 0 && lines_.size() > kWriteSize) {
    log::write_lines(std::string_view{lines_}.substr(0, before));
    lines_.erase(0, before);
    return;
  }
  flush();
}

void AccessLog::append_time() {
  const TimePoint now = wall_clock();
  const TimePoint second = std::chrono::floor<Seconds>(now);
  if (second != second_) {
    second_ = second;
    second_text_ = rfc3339(second).substr(0, std::string_view{"2026-01-31T23:59:59"}.size());
  }
  fmt::format_to(std::back_inserter(lines_), "{}.{:06}Z", second_text_, (now - second).count());
}

void AccessLog::flush() {
  log::write_lines(lines_);
  lines_.clear();
}

}  // namespace gatehouse::http
