#pragma once

#include "platform/http/message.h"
#include "project/project.h"

namespace gatehouse::authui {

// GET /static/…: a file of the project's `static/` folder; 404 for every other path.
http::Response project_file(const project::Project& project, const http::Request& request);

}  // namespace gatehouse::authui
