#include "project/registry.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <mutex>

#include <boost/url.hpp>
#include <fmt/format.h>

#include "platform/base/ascii.h"
#include "platform/telemetry/log.h"

namespace gatehouse::project {
namespace {

namespace fs = std::filesystem;

// What a Host header says for an origin: "auth.example.com:8443"; where the port is the scheme's own, with it and
// without.
std::vector<std::string> hosts_of(const std::string& origin) {
  const auto url = boost::urls::parse_uri(origin).value();
  const std::string port(url.port());
  const std::string own = lower_case(url.scheme()) == "https" ? "443" : "80";
  const std::string host = lower_case({url.encoded_host().data(), url.encoded_host().size()});
  if (port.empty() || port == own) {
    return {host, host + ":" + own};
  }
  return {host + ":" + port};
}

// What a cheap look at the folder shows: differs whenever a file does.
struct Look {
  std::string signature;
  bool settled = true;  // false while a file is so young that a second change may look the same
};

Look look_at(const std::string& folder) {
  Look look;
  const auto young = fs::file_time_type::clock::now() - std::chrono::seconds{2};
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    std::error_code gone;
    const auto time = at->last_write_time(gone);
    const auto size = at->is_regular_file(gone) ? at->file_size(gone) : 0;
    look.settled = look.settled && time < young;
    look.signature += fmt::format("{}\n{} {}\n", at->path().string(), time.time_since_epoch().count(), size);
  }
  return look;
}

void log_warnings(const Loaded& loaded) {
  for (const auto& warning : loaded.warnings) {
    log::warn(warning, {{"project", loaded.project->id().str()}});
  }
}

}  // namespace

struct FolderRegistry::Impl {
  std::string folder;
  Acceptance accept;

  std::mutex refreshing;  // one at a time looks at the folder
  std::string signature;  // of the last look

  mutable std::mutex lock;  // of what follows; held for a copy only
  Handle project;
  std::vector<std::string> hosts;
  std::string problem;
  std::atomic<std::uint64_t> version = 0;

  Loaded load_accepted() const {
    Loaded next = load(read_folder(folder));
    if (accept) {
      accept(*next.project);
    }
    return next;
  }

  void serve(const Loaded& next) {
    log_warnings(next);
    auto next_hosts = hosts_of(next.project->origin());
    const std::lock_guard guard(lock);
    hosts = std::move(next_hosts);
    project = next.project;
    problem.clear();
    version.fetch_add(1, std::memory_order_release);
  }

  bool serve_if_new(const Loaded& next) {
    {
      const std::lock_guard guard(lock);
      if (project->version == next.project->version) {
        problem.clear();
        return false;
      }
    }
    serve(next);
    log::info("a new version of the project is served", {{"project", next.project->id().str()}});
    return true;
  }

  // The last good version goes on; said once.
  void refuse(std::string why) {
    const std::lock_guard guard(lock);
    if (problem != why) {
      log::error("the new version of the project is not served", {{"problem", why}});
    }
    problem = std::move(why);
  }
};

FolderRegistry::FolderRegistry(std::string folder, Acceptance accept) : impl_(std::make_unique<Impl>()) {
  impl_->folder = std::move(folder);
  impl_->accept = std::move(accept);
  impl_->signature = look_at(impl_->folder).signature;  // before reading: the next look sees a change in between
  impl_->serve(impl_->load_accepted());
}

FolderRegistry::~FolderRegistry() = default;

Handle FolderRegistry::find_by_host(std::string_view host) {
  const std::string wanted = lower_case(host);
  const std::lock_guard guard(impl_->lock);
  const bool known = std::ranges::find(impl_->hosts, wanted) != impl_->hosts.end();
  return known ? impl_->project : nullptr;
}

Handle FolderRegistry::find_by_id(const ProjectId& id) {
  const std::lock_guard guard(impl_->lock);
  return impl_->project->id() == id ? impl_->project : nullptr;
}

std::uint64_t FolderRegistry::version() const { return impl_->version.load(std::memory_order_acquire); }

Handle FolderRegistry::current() const {
  const std::lock_guard guard(impl_->lock);
  return impl_->project;
}

bool FolderRegistry::refresh() {
  const std::lock_guard one_at_a_time(impl_->refreshing);
  Look look = look_at(impl_->folder);
  if (look.settled && look.signature == impl_->signature) {
    return false;
  }
  bool is_new = false;
  try {
    is_new = impl_->serve_if_new(impl_->load_accepted());
  } catch (const std::runtime_error& e) {
    impl_->refuse(e.what());
  }
  impl_->signature = std::move(look.signature);  // what anything else ended is tried again
  return is_new;
}

std::string FolderRegistry::problem() const {
  const std::lock_guard guard(impl_->lock);
  return impl_->problem;
}

}  // namespace gatehouse::project
