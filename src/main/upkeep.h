#pragma once

#include <functional>
#include <memory>

#include "main/deployment.h"
#include "platform/base/task.h"
#include "platform/postgres/database.h"

namespace gatehouse::main {

// Measures the deployment's clock every 10 s, for ever, against the database that is given then.
Task<void> keep_clock(Deployment& deployment, std::function<std::shared_ptr<postgres::Database>()> database);

// Looks whether the database has this version's tables, until it has; says once where it has not.
Task<void> await_schema(Deployment& deployment, std::function<std::shared_ptr<postgres::Database>()> database);

// Looks every second whether the projects' files changed, for ever.
Task<void> keep_projects(Deployment& deployment);

Task<void> pause(Micros time);

}  // namespace gatehouse::main
