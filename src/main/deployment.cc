#include "main/deployment.h"

#include <algorithm>
#include <thread>

namespace gatehouse::main {

namespace {

std::size_t cores_of(const Settings& settings) {
  const std::size_t wanted = settings.threads != 0 ? settings.threads : std::thread::hardware_concurrency();
  return std::max<std::size_t>(wanted, 1);
}

}  // namespace

Deployment::Deployment(Settings its_settings, crypto::KeyRing its_keys,
                       std::unique_ptr<project::FolderRegistry> its_projects)
    : settings(std::move(its_settings)),
      keys(std::move(its_keys)),
      projects(std::move(its_projects)),
      cores(cores_of(settings)),
      cpu({.threads = cores}) {}

}  // namespace gatehouse::main
