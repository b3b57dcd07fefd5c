#pragma once

#include <map>
#include <optional>
#include <string>

#include <boost/json.hpp>

#include "platform/crypto/key_ring.h"
#include "platform/egress/egress.h"
#include "platform/postgres/session.h"
#include "project/context.h"

namespace gatehouse::message {

// One message to one person, not yet rendered.
struct MailRequest {
  std::string type;  // "verification": picks messages/<type>_email.{txt,html}
  std::string recipient;
  std::string language;                                       // resolved
  std::map<std::string, std::string, std::less<>> variables;  // Code, Link …
  std::optional<std::string> user_id;                         // for the event that tells of it
  std::optional<TimePoint> useful_until;                      // nobody needs it later: not sent any more
};

// Puts the message into the outbox, sealed: it may carry a code. Where the project's features file suppresses e-mail,
// the event email.suppressed stands there instead.
void enqueue(postgres::Batch& batch, const project::Context& ctx, const crypto::KeyRing& keys, const MailRequest& mail);

// What `enqueue` sealed in the outbox row `id`; nothing if the row was tampered with or its key is gone.
std::optional<MailRequest> open(const crypto::KeyRing& keys, const project::ProjectId& app, const std::string& id,
                                const std::string& sealed);

// Renders text and HTML from the project's templates over the built-in ones: RFC 5322 with CRLF, multipart/alternative.
// The same request, time and message id give the same bytes. Nothing of the variables can become a header or a second
// message.
std::string render(const project::Project& project, const MailRequest& mail, TimePoint now,
                   std::string_view message_id);

// "Name <address>" or an address: the SMTP secret's sender, else email.<spec>.sender of the translations.
std::string sender(const project::Project& project, const MailRequest& mail);

// The project's SMTP server and sender, or Error InternalError/NoAvailableSMTPConfiguration.
egress::Mail address(const project::Project& project, const MailRequest& mail, std::string message);

}  // namespace gatehouse::message
