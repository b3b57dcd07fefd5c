#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "platform/http/message.h"

namespace gatehouse::http {

// A public document that is the same for everybody (a style sheet, a discovery document), compressed once. Answers that
// carry a secret are never compressed: their length would give it away (BREACH).
class Document {
 public:
  Document(std::string body, std::string content_type, std::string cache_control);

  // 200 in the best encoding that the client takes, or 304 where it has the document already. The body is shared, not
  // copied.
  Response respond(const Request& request) const;

 private:
  struct Form {
    std::string encoding;  // empty: as it is
    std::string etag;
    std::shared_ptr<const std::string> body;  // null: not worth it
  };
  const Form& choose(std::string_view accept_encoding) const;

  std::string content_type_;
  std::string cache_control_;
  Form identity_;
  Form gzip_;
  Form brotli_;
};

// RFC 9110 12.5.3: the quality, 0 to 1,000, of a coding that is named or covered by "*"; 0 where it is neither.
int coding_quality(std::string_view accept_encoding, std::string_view coding);

// RFC 9110 13.1.2, weak comparison.
bool matches_etag(std::string_view if_none_match, std::string_view etag);

}  // namespace gatehouse::http
