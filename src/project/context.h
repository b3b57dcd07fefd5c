#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "platform/base/context.h"
#include "platform/postgres/database.h"
#include "project/project.h"

namespace gatehouse::project {

// A request's (or a worker's) walk through the house, on behalf of one project.
class Context : public gatehouse::Context {
 public:
  Context(Handle project, postgres::Database& database, const Clock& clock)
      : project_(std::move(project)), database_(database), clock_(clock), session_(database, *this) {}

  const Project& project() const { return *project_; }
  const Handle& handle() const { return project_; }
  const Config& config() const { return project_->config; }
  const ProjectId& app_id() const { return project_->id(); }
  TimePoint now() const { return clock_.now(); }

  // Single statements on the core's shared connections.
  postgres::Session& db() { return session_; }
  Task<std::vector<postgres::Result>> commit(postgres::Batch batch) { return database_.batch(*this, std::move(batch)); }
  Task<void> transaction(std::function<Task<void>(postgres::Transaction&)> body) {
    return database_.transaction(*this, std::move(body));
  }

  // For the event context.
  std::string client_id;
  std::string http_url;
  std::string language;
  std::vector<std::string> preferred_languages;
  std::string oauth_state;
  std::string oauth_x_state;

 private:
  Handle project_;
  postgres::Database& database_;
  const Clock& clock_;
  postgres::SharedSession session_;
};

}  // namespace gatehouse::project
