#pragma once

#include <string>

#include "domain/message/mail_message.h"
#include "platform/egress/egress.h"
#include "platform/telemetry/metrics.h"
#include "project/registry.h"
#include "worker/outbox_row.h"

namespace gatehouse::worker {

// Mail on its way out. At least once, by SMTP's nature: a process that dies between the server's 250 and the row's end
// leaves a row that is sent again after the claim's time; the Message-ID and all other bytes are the same then, so that
// a mail server or a reader can tell the repeat. Everything else (a crash before sending, many workers at once, a
// database that is away for a while) sends once.
class MailDelivery {
 public:
  MailDelivery(asio::io_context& io, project::Registry& registry, postgres::Database& database, egress::Client& egress,
               const crypto::KeyRing& keys, const Clock& clock, telemetry::Metrics& metrics)
      : io_(io),
        registry_(registry),
        database_(database),
        egress_(egress),
        keys_(keys),
        clock_(clock),
        metrics_(metrics) {}

  // Sends, or puts off, or gives up. A piece of the claim is kept for writing down what came of it.
  Task<void> deliver(OutboxRow row, Claim claim);

 private:
  struct Failure {
    bool permanent = false;
    std::string why;  // without secrets
  };
  Task<std::optional<Failure>> try_to_send(project::Context& ctx, const OutboxRow& row,
                                           const message::MailRequest& mail);
  Task<void> sent(project::Context& ctx, OutboxRow row, message::MailRequest mail, Claim claim);
  Task<void> gave_up(project::Context& ctx, OutboxRow row, message::MailRequest mail, std::string why);
  Task<bool> commit(project::Context& ctx, postgres::Batch batch);

  asio::io_context& io_;
  project::Registry& registry_;
  postgres::Database& database_;
  egress::Client& egress_;
  const crypto::KeyRing& keys_;
  const Clock& clock_;
  telemetry::Metrics& metrics_;
};

// The pause after the n-th failure (1, 2 …): 10 s, 1 min, 5 min, 15 min, then longer, up to 6 h.
Micros pause_after(std::int32_t failures);
inline constexpr Micros kLongestTry = std::chrono::hours{24};

}  // namespace gatehouse::worker
