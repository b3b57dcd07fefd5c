#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>

#include "domain/protection/gcra.h"
#include "domain/session/revocations.h"
#include "main/settings.h"
#include "platform/base/clock.h"
#include "platform/cpu_pool/cpu_pool.h"
#include "platform/crypto/key_ring.h"
#include "platform/http/static_files.h"
#include "platform/telemetry/metrics.h"
#include "project/registry.h"

namespace gatehouse::main {

// What all cores of the process share. Everything in it may be used from any thread.
struct Deployment {
  Deployment(Settings its_settings, crypto::KeyRing its_keys, std::unique_ptr<project::FolderRegistry> its_projects);

  const Settings settings;
  const crypto::KeyRing keys;
  const std::unique_ptr<project::FolderRegistry> projects;
  const std::size_t cores;
  const http::StaticFiles pages = http::StaticFiles::of_pages("/shared-assets/");
  DeploymentClock clock;
  telemetry::Metrics metrics;
  CpuPool cpu;
  const std::shared_ptr<protection::LocalWindows> local_windows = std::make_shared<protection::LocalWindows>();
  const std::shared_ptr<session::RevocationBoard> revocations = std::make_shared<session::RevocationBoard>();
  std::atomic<std::int64_t> leases_in_use = 0;       // of PostgreSQL's connections, by all cores
  std::atomic<std::int64_t> statements_waiting = 0;  // for PostgreSQL
  std::atomic<bool> draining = false;
  std::atomic<bool> schema_is_behind = false;  // the database lacks migrations of this version
};

// Of the time in which the process has to have ended, what is for draining: the rest is for unwinding and joining.
inline Micros time_to_drain(const Settings& settings) {
  const Micros all = settings.drain;
  return all - std::min<Micros>(Seconds{1}, all / 4);
}

}  // namespace gatehouse::main
