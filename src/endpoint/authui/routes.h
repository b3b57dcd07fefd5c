#pragma once

#include <memory>

#include "endpoint/authui/services.h"
#include "platform/http/router.h"

namespace gatehouse::authui {

// The hosted pages, their style sheet and script (/shared-assets/…) and the project's own files (/static/…).
void add_routes(http::Router<project::Context>& router, std::shared_ptr<const Services> services);

}  // namespace gatehouse::authui
