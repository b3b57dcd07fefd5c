#include "endpoint/authui/project_files.h"

#include "platform/http/static_files.h"

namespace gatehouse::authui {

http::Response project_file(const project::Project& project, const http::Request& request) {
  const std::string_view path = std::string_view(request.path).substr(1);
  const auto content = path.starts_with("static/") ? project.resource(path) : std::nullopt;
  if (!content) {
    return http::Response::text(http::Status::not_found, "Not found\n");
  }
  http::Response response = http::Response::text(http::Status::ok, std::string(*content));
  response.set("Content-Type", std::string(http::content_type_of(path)));
  response.set("Cache-Control", "public, max-age=300");
  // Nothing in a project's file runs here, whatever it is.
  response.set("Content-Security-Policy", "default-src 'none'; sandbox");
  return response;
}

}  // namespace gatehouse::authui
