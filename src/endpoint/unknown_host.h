#pragma once

#include <memory>
#include <string>

#include "platform/http/message.h"
#include "platform/http/static_files.h"

namespace gatehouse::endpoint {

// The page for a host that no project has. It brings its style along, since nothing else is served there, and knows no
// project: its texts are the program's own.
class UnknownHostPage {
 public:
  // `assets`: as for the PageRenderer.
  explicit UnknownHostPage(const http::StaticFiles& assets);
  ~UnknownHostPage();

  // 404. `works_at`: an address that is served; empty where strangers are not to learn it.
  http::Response render(const std::string& works_at) const;

 private:
  struct Parts;
  std::unique_ptr<const Parts> parts_;
};

}  // namespace gatehouse::endpoint
