#pragma once

#include <map>
#include <string>

#include "platform/crypto/key_ring.h"
#include "platform/egress/egress.h"
#include "platform/postgres/session.h"
#include "project/context.h"

namespace gatehouse::message {

// One message to one person, not yet rendered.
struct MailRequest {
  std::string type;       // "verification": picks messages/<type>_email.{txt,html}
  std::string recipient;
  std::string language;   // resolved
  std::map<std::string, std::string, std::less<>> variables;  // Code, Link …
};

// Puts the message into the outbox, sealed: it may carry a code.
void enqueue(postgres::Batch& batch, const project::Context& ctx, const crypto::KeyRing& keys, const MailRequest& mail);

// Renders text and HTML from the project's templates over the built-in ones: RFC 5322 with CRLF, multipart/alternative.
std::string render(const project::Project& project, const MailRequest& mail, TimePoint now, std::string_view message_id);

// The project's SMTP server and sender, or Error InternalError/NoAvailableSMTPConfiguration.
egress::Mail address(const project::Project& project, const MailRequest& mail, std::string message);

}  // namespace gatehouse::message
