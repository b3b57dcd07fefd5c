#pragma once

#include "main/deployment.h"
#include "platform/base/task.h"
#include "platform/postgres/database.h"

namespace gatehouse::main {

// Measures the deployment's clock against the database every 10 s, for ever.
Task<void> keep_clock(Deployment& deployment, postgres::Database& database);

// Looks every second whether the projects' files changed, for ever; says once what is wrong with a new version.
Task<void> keep_projects(Deployment& deployment);

}  // namespace gatehouse::main
