#include "platform/http/static_files.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include <boost/json.hpp>

namespace gatehouse::http {

namespace {

constexpr std::string_view kForEver = "public, max-age=31536000, immutable";

struct Ending {
  std::string_view text;
  std::string_view content_type;
};

constexpr std::array kEndings{
    Ending{".css", "text/css; charset=utf-8"},
    Ending{".js", "text/javascript; charset=utf-8"},
    Ending{".mjs", "text/javascript; charset=utf-8"},
    Ending{".json", "application/json"},
    Ending{".html", "text/html; charset=utf-8"},
    Ending{".txt", "text/plain; charset=utf-8"},
    Ending{".svg", "image/svg+xml"},
    Ending{".png", "image/png"},
    Ending{".jpg", "image/jpeg"},
    Ending{".webp", "image/webp"},
    Ending{".ico", "image/x-icon"},
    Ending{".woff2", "font/woff2"},
    Ending{".map", "application/json"},
    Ending{".webmanifest", "application/manifest+json"},
};

std::string_view content_of(const std::vector<EmbeddedFile>& files, std::string_view name) {
  for (const EmbeddedFile& file : files) {
    if (file.path.ends_with(name) && file.path.substr(0, file.path.size() - name.size()).ends_with('/')) {
      return file.content;
    }
  }
  throw std::runtime_error("the manifest names a file that is not there: " + std::string{name});
}

}  // namespace

std::string_view content_type_of(std::string_view file_name) {
  const auto found =
      std::ranges::find_if(kEndings, [&](const Ending& ending) { return file_name.ends_with(ending.text); });
  return found == kEndings.end() ? "application/octet-stream" : found->content_type;
}

StaticFiles::StaticFiles(std::string prefix, std::string_view manifest, const std::vector<EmbeddedFile>& files) {
  for (const auto& [name, value] : boost::json::parse(manifest).as_object()) {
    const std::string file{value.as_string()};
    const std::string path = prefix + file;
    paths_.emplace(name, path);
    documents_.emplace(path, Document(std::string{content_of(files, file)}, std::string{content_type_of(file)},
                                      std::string{kForEver}));
  }
}

StaticFiles StaticFiles::of_pages(std::string prefix) {
  const auto manifest = embedded_file("web/authui/manifest.json");
  if (!manifest) {
    throw std::runtime_error("the pages were not built into this program: web/authui/manifest.json is missing");
  }
  return StaticFiles(std::move(prefix), *manifest, embedded_files("web/authui/"));
}

const std::string& StaticFiles::path_of(std::string_view name) const {
  const auto found = paths_.find(name);
  if (found == paths_.end()) {
    throw std::out_of_range("no static file is called " + std::string{name});
  }
  return found->second;
}

Response StaticFiles::respond(const Request& request) const {
  const auto found = documents_.find(request.path);
  if (found == documents_.end()) {
    return Response::text(Status::not_found, "Not found\n");
  }
  return found->second.respond(request).set("Access-Control-Allow-Origin", "*");
}

}  // namespace gatehouse::http
