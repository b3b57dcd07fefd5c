#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "platform/base/embedded.h"
#include "platform/http/document.h"

namespace gatehouse::http {

// Files that never change under their name, because the name carries a hash of the content: cached for ever.
class StaticFiles {
 public:
  // `manifest` is JSON: {"app.css":"app.3f2a….css"}; `files` holds each value as "<folder>/<value>". `prefix` is the
  // public path, with a slash at both ends: "/shared-assets/". Throws std::runtime_error where a file is missing.
  StaticFiles(std::string prefix, std::string_view manifest, const std::vector<EmbeddedFile>& files);

  // The pages' files as the build embeds them: web/authui/manifest.json and what it names.
  static StaticFiles of_pages(std::string prefix);

  // "app.css" → "/shared-assets/app.3f2a….css". Throws std::out_of_range for a name that the manifest does not have.
  const std::string& path_of(std::string_view name) const;

  // Answers a public path; 404 for any other.
  Response respond(const Request& request) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  template <class T>
  using ByText = std::unordered_map<std::string, T, Hash, std::equal_to<>>;

  ByText<std::string> paths_;   // by name
  ByText<Document> documents_;  // by public path
};

// "text/css; charset=utf-8" for "app.css"; application/octet-stream for an ending that is not known.
std::string_view content_type_of(std::string_view file_name);

}  // namespace gatehouse::http
