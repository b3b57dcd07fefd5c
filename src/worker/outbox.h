#pragma once

#include <memory>

#include "worker/audit_delivery.h"
#include "worker/mail_delivery.h"

namespace gatehouse::worker {

// What a worker needs of its core; all outlive it.
struct Parts {
  asio::io_context& io;
  project::Registry& registry;
  postgres::Database& database;
  postgres::Database* audit;  // null: no audit database
  egress::Client& egress;
  const crypto::KeyRing& keys;
  const Clock& clock;
  telemetry::Metrics& metrics;
};

struct OutboxOptions {
  Micros poll = std::chrono::milliseconds{100};
  Micros lease = std::chrono::minutes{2};  // much longer than the longest delivery
  std::size_t events_at_once = 200;
  std::size_t mails_at_once = egress::kMailsAtOnce;  // more would wait for a thread, with their claim running
};

// Delivers what one database's _gatehouse_outbox owes. Many at once, in one process or several, are safe.
class Outbox {
 public:
  explicit Outbox(Parts parts, OutboxOptions options = {});
  ~Outbox();
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  // Until `stop`, and until what is on its way then has ended.
  Task<void> run();
  void stop();

  // One round: everything that is due now, and waits for it. Returns how many rows were claimed.
  Task<std::size_t> deliver_due();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace gatehouse::worker
