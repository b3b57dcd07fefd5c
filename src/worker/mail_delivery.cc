#include "worker/mail_delivery.h"

#include <algorithm>
#include <array>

#include <boost/asio.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "domain/consume/consume.h"
#include "domain/event/event.h"
#include "platform/base/json_text.h"
#include "platform/base/timer.h"
#include "platform/telemetry/log.h"

namespace gatehouse::worker {

namespace {

using namespace std::chrono_literals;
constexpr std::array<Micros, 7> kPauses{10s, 1min, 5min, 15min, 1h, 3h, 6h};
constexpr Micros kUnknownProjectPause = 5min;
constexpr Micros kCommitPause = 250ms;

// The request that the mail came from, for the event's context.
void restore_origin(project::Context& ctx, const OutboxRow& row) {
  const auto* const origin = row.payload ? row.payload->if_object() : nullptr;
  if (origin == nullptr) {
    return;
  }
  ctx.client_ip = text_at(*origin, "ip_address");
  ctx.user_agent = text_at(*origin, "user_agent");
  ctx.client_id = text_at(*origin, "client_id");
  ctx.http_url = text_at(*origin, "http_url");
  ctx.request_id = text_at(*origin, "request_id");
  ctx.language = text_at(*origin, "language");
}

event::Event event_of(std::string type, boost::json::object payload, const message::MailRequest& mail) {
  event::Event event{.type = std::move(type), .payload = std::move(payload)};
  if (mail.user_id) {
    event.user = UserId{*mail.user_id};
  }
  return event;
}

std::string message_id_of(const project::Project& project, const OutboxRow& row) {
  std::string host = project.origin().substr(project.origin().find("://") + 3);
  return fmt::format("{}@{}", row.id, host.substr(0, host.find(':')));
}

// An address or a template that is none: time mends nothing.
struct Malformed {
  std::string why;
};

egress::Mail letter_of(const project::Project& project, const OutboxRow& row, const message::MailRequest& mail) {
  try {
    return message::address(project, mail, message::render(project, mail, row.created_at, message_id_of(project, row)));
  } catch (const std::runtime_error& error) {
    throw Malformed{error.what()};
  }
}

bool is_permanent(const Error& error) {
  const auto* const permanent = error.info().if_contains("permanent");
  return permanent != nullptr && permanent->is_bool() && permanent->as_bool();
}

}  // namespace

Micros pause_after(std::int32_t failures) {
  const auto index = static_cast<std::size_t>(std::max(failures, 1) - 1);
  return kPauses.at(std::min(index, kPauses.size() - 1));
}

Task<std::optional<MailDelivery::Failure>> MailDelivery::try_to_send(project::Context& ctx, const OutboxRow& row,
                                                                     const message::MailRequest& mail) {
  try {
    auto letter = letter_of(ctx.project(), row, mail);
    co_await egress_.send(ctx, std::move(letter));
    co_return std::nullopt;
  } catch (const Malformed& malformed) {
    co_return Failure{true, malformed.why};
  } catch (const Error& error) {
    co_return Failure{is_permanent(error), error.message()};
  } catch (const std::exception& error) {  // this host's own trouble, as when it has no thread left
    co_return Failure{false, error.what()};
  }
}

// False: another process has the row now, and says what came of it.
Task<bool> MailDelivery::commit(project::Context& ctx, postgres::Batch batch) {
  try {
    co_await consume::commit(ctx, std::move(batch));
    co_return true;
  } catch (const postgres::StatementError& error) {
    if (!error.requirement_failed()) {
      throw;
    }
  }
  co_return false;
}

// The server has the mail: while the claim lasts, everything is tried to say so.
Task<void> MailDelivery::sent(project::Context& ctx, OutboxRow row, message::MailRequest mail, Claim claim) {
  postgres::Batch batch;
  finish(batch, row);
  boost::json::object payload{
      {"sender", message::sender(ctx.project(), mail)}, {"recipient", mail.recipient}, {"type", mail.type}};
  event::add(batch, ctx, event_of("email.sent", std::move(payload), mail));
  for (;;) {
    ctx.deadline = claim.until;
    bool away = false;
    try {
      co_await commit(ctx, batch);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::service_unavailable || boot_time() + kCommitPause >= claim.until) {
        throw;
      }
      away = true;
    }
    if (!away) {
      metrics_.count("gatehouse_mail_total", {{"result", "sent"}});
      co_return;
    }
    Timer pause(io_, kCommitPause);
    co_await pause.async_wait(asio::use_awaitable_t<Executor>{});
  }
}

Task<void> MailDelivery::gave_up(project::Context& ctx, OutboxRow row, message::MailRequest mail, std::string why) {
  log::warn("an e-mail is given up", {{"id", row.id}, {"project", row.app_id}, {"type", mail.type}, {"cause", why}});
  metrics_.count("gatehouse_mail_total", {{"result", "given_up"}});
  postgres::Batch batch;
  finish(batch, row);
  event::add(batch, ctx, event_of("email.error", {{"description", why}, {"recipient", mail.recipient}}, mail));
  co_await commit(ctx, std::move(batch));
}

Task<void> MailDelivery::deliver(OutboxRow row, Claim claim) {
  const project::Handle project = registry_.find_by_id(project::ProjectId{row.app_id});
  if (project == nullptr) {
    Context ctx;
    ctx.deadline = claim.until;
    co_await put_off(database_, ctx, row, clock_.now() + kUnknownProjectPause, "the project is not known here");
    co_return;
  }
  project::Context ctx(project, database_, clock_);
  restore_origin(ctx, row);
  ctx.deadline = claim.until;
  const auto mail = message::open(keys_, project->id(), row.id, row.sealed.value_or(""));
  if (!mail) {
    co_await gave_up(ctx, row, {}, "the message cannot be opened: its master key is gone");
    co_return;
  }
  if (mail->useful_until && *mail->useful_until <= clock_.now()) {
    co_await gave_up(ctx, row, *mail, "it could not be delivered while it was of use");
    co_return;
  }
  ctx.deadline = claim.send_until;
  const auto failure = co_await try_to_send(ctx, row, *mail);
  ctx.deadline = claim.until;
  if (!failure) {
    co_await sent(ctx, row, *mail, claim);
    co_return;
  }
  if (failure->permanent || clock_.now() - row.created_at >= kLongestTry) {
    co_await gave_up(ctx, row, *mail, failure->why);
    co_return;
  }
  log::warn("an e-mail could not be sent yet", {{"id", row.id}, {"project", row.app_id}, {"cause", failure->why}});
  metrics_.count("gatehouse_mail_total", {{"result", "put_off"}});
  co_await put_off(database_, ctx, row, clock_.now() + pause_after(row.attempts), failure->why);
}

}  // namespace gatehouse::worker
