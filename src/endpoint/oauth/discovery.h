#pragma once

#include <map>
#include <memory>
#include <string>

#include "platform/http/document.h"
#include "project/context.h"

namespace gatehouse::oauth {

// A document that depends only on a project's configuration: made once for each version of it and core.
class ProjectDocument {
 public:
  using Maker = std::string (*)(const project::Project&);
  explicit ProjectDocument(Maker make) : make_(make) {}

  std::shared_ptr<const http::Document> of(const project::Handle& project);

 private:
  struct Entry {
    std::weak_ptr<const project::Project> project;
    std::shared_ptr<const http::Document> document;
  };
  Maker make_;
  std::map<std::string, Entry> entries_;  // by project id
};

class DiscoveryEndpoint {
 public:
  DiscoveryEndpoint();

  // GET /.well-known/openid-configuration, /.well-known/oauth-authorization-server — OpenID Connect Discovery 1.0
  // section 4, RFC 8414: one document for both.
  Task<http::Response> metadata(project::Context& ctx, const http::Request& request);

  // GET /oauth2/jwks — RFC 7517: the public half of every key of secret "oauth".
  Task<http::Response> jwks(project::Context& ctx, const http::Request& request);

 private:
  ProjectDocument metadata_;
  ProjectDocument jwks_;
};

}  // namespace gatehouse::oauth
