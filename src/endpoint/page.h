#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "endpoint/look.h"
#include "platform/http/message.h"
#include "platform/http/static_files.h"
#include "project/context.h"

namespace gatehouse::endpoint {

// Draws hosted pages: web/authui/templates/<page>.mustache with the texts of the person's language, the project's look
// and a strict Content-Security-Policy. For one core.
//
// Every page gets lang, rtl, theme, project, host, logo, languages, links and {{{t.<key>}}}, which is the text of that
// key as safe HTML, its arguments taken from the page's values. All other values are escaped.
class PageRenderer {
 public:
  // `assets`: the built style sheet and script, http::StaticFiles::of_pages. Throws std::runtime_error that names the
  // template or text that is broken.
  explicit PageRenderer(const http::StaticFiles& assets);
  ~PageRenderer();

  // `values` are the page's own; "heading" replaces the page's usual title.
  http::Response render(project::Context& ctx, const http::Request& request, std::string_view page,
                        boost::json::object values, http::Status status = http::Status::ok) const;

  // The look for who sent this request: `ui_locales` of the query, then Accept-Language.
  std::shared_ptr<const Look> look(project::Context& ctx, const http::Request& request) const;

  std::vector<std::string> pages() const;  // names, for tests

 private:
  struct Page;
  std::map<std::string, std::unique_ptr<const Page>, std::less<>> pages_;
  std::string css_;  // paths of the built files
  std::string js_;
  mutable Looks looks_;
};

// Whether a browser asks, rather than a program.
bool wants_html(const http::Request& request);

// What the person asked for: `ui_locales` (OpenID Connect Core 3.1.2.1), then Accept-Language.
std::vector<std::string> wanted_languages(const http::Request& request);

// The address if a browser may be led to it by a link, else empty.
std::string web_link(const std::string& uri);

// Up to two letters for a person's or an application's tile: "MS" for mira.solberg@…, "L" for Ledgerline.
std::string initials(std::string_view name);

// The values of the line that says who is signing in: who, who_initials, and the parts around the place where an
// address may break.
void add_who(boost::json::object& values, std::string_view login_id);

}  // namespace gatehouse::endpoint
