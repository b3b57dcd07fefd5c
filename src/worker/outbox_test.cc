#include "worker/outbox.h"

#include <boost/asio.hpp>
#include <boost/json.hpp>

#include "domain/event/event.h"
#include "platform/telemetry/metrics.h"
#include "support/postgres_server.h"
#include "support/smtp_receiver.h"
#include "support/test_project.h"

namespace gatehouse::worker {
namespace {

using namespace std::chrono_literals;
using test::SmtpReceiver;

constexpr const char* kRecipient = "person@example.com";
constexpr const char* kSmtpPassword = "marker-smtp-password";
constexpr const char* kCode = "428913";

class OneProject : public project::Registry {
 public:
  explicit OneProject(project::Handle project) : project_(std::move(project)) {}
  project::Handle find_by_host(std::string_view) override { return project_; }
  std::uint64_t version() const override { return 1; }
  project::Handle find_by_id(const project::ProjectId& id) override {
    return id == project_->id() ? project_ : nullptr;
  }

 private:
  project::Handle project_;
};

class OutboxTest : public testing::Test {
 protected:
  OutboxTest()
      : receiver(io(), SmtpReceiver::Security::starttls),
        audit(ctx.io, {.url = test::fresh_audit_database()}),
        egress(ctx.io, {.allow = {"127.0.0.0/8"}, .extra_ca_file = receiver.ca_file()}),
        registry(with_smtp()) {}
  ~OutboxTest() override {
    audit.close();
    ctx.database->close();
    ctx.io.restart();
    ctx.io.poll();
  }

  asio::io_context& io() { return ctx.io; }
  project::Handle with_smtp(const std::string& host = "127.0.0.1") {
    test::TestProject project;
    project.database(ctx.project->secrets.database_url);
    project.secrets.smtp = project::SmtpSecret{.host = host,
                                               .port = receiver.port(),
                                               .security = egress::SmtpSecurity::starttls,
                                               .username = "mailer",
                                               .password = kSmtpPassword,
                                               .sender = "Bank <mail@bank.example>"};
    return project.build();
  }
  Parts parts(postgres::Database* audit_database) {
    return {ctx.io, registry, *ctx.database, audit_database, egress, keys, ctx.clock, metrics};
  }
  std::size_t deliver(OutboxOptions options = {}) {
    Outbox outbox(parts(&audit), options);
    return ctx.run(outbox.deliver_due());
  }

  void add_event(const std::string& type = "user.authenticated", const std::string& ip = "192.0.2.1") {
    postgres::Batch batch;
    ctx->client_ip = ip;
    event::add(batch, ctx, {.type = type, .payload = {{"n", 1}}, .user = UserId{"user-1"}});
    ctx.run(ctx->commit(batch));
  }
  void add_mail(std::optional<TimePoint> useful_until = std::nullopt, const std::string& recipient = kRecipient) {
    postgres::Batch batch;
    message::enqueue(batch, ctx, keys,
                     {.type = "verification",
                      .recipient = recipient,
                      .language = "en",
                      .variables = {{"Code", kCode}},
                      .user_id = "user-1",
                      .useful_until = useful_until});
    ctx.run(ctx->commit(batch));
  }

  template <class F>
  void run_until(const F& is_so) {
    const Micros until = boot_time() + 20s;
    while (!is_so() && boot_time() < until) {
      io().restart();
      io().run_one_for(10ms);
    }
    ASSERT_TRUE(is_so());
  }

  std::int64_t waiting() {
    static constexpr postgres::Sql kSql = "SELECT count(*) FROM _gatehouse_outbox WHERE app_id = $1";
    return ctx.run(ctx->db().one<std::int64_t>(kSql, ctx->app_id()));
  }
  std::string last_error() {
    static constexpr postgres::Sql kSql =
        "SELECT coalesce(max(last_error), '') FROM _gatehouse_outbox WHERE app_id = $1";
    return ctx.run(ctx->db().one<std::string>(kSql, ctx->app_id()));
  }
  // activity_type of the audit log's rows, oldest first.
  std::vector<std::string> audited() {
    static constexpr postgres::Sql kSql = "SELECT activity_type FROM _audit_log WHERE app_id = $1 ORDER BY id";
    postgres::SharedSession session(audit, ctx);
    return ctx.run(session.all<std::string>(kSql, ctx->app_id()));
  }
  boost::json::object audited_data(const std::string& type) {
    static constexpr postgres::Sql kSql = "SELECT data FROM _audit_log WHERE app_id = $1 AND activity_type = $2";
    postgres::SharedSession session(audit, ctx);
    return ctx.run(session.one<boost::json::object>(kSql, ctx->app_id(), type));
  }

  test::TestContext ctx{test::TestProject{}.database(test::fresh_database()).build()};
  SmtpReceiver receiver;
  postgres::Database audit;
  egress::Client egress;
  OneProject registry;
  crypto::KeyRing keys = crypto::KeyRing::parse(crypto::KeyRing::generate());
  telemetry::Metrics metrics;
};

}  // namespace

TEST_F(OutboxTest, an_event_becomes_a_row_of_the_audit_log_and_leaves) {
  add_event("user.authenticated");
  EXPECT_EQ(deliver(), 1U);
  EXPECT_EQ(waiting(), 0);
  static constexpr postgres::Sql kSql =
      "SELECT id, user_id, activity_type, host(ip_address), user_agent, data ->> 'id', created_at FROM _audit_log "
      "WHERE app_id = $1";
  const auto row = ctx.run(audit.run(ctx, kSql, postgres::Params(ctx->app_id())));
  ASSERT_EQ(row.rows(), 1U);
  EXPECT_EQ(row.at(0, 0)->size(), 16U);
  EXPECT_EQ(row.at(0, 1), "user-1");
  EXPECT_EQ(row.at(0, 2), "user.authenticated");
  EXPECT_EQ(row.at(0, 3), "192.0.2.1");
  EXPECT_EQ(row.at(0, 4), "Mozilla/5.0 (test)");
  EXPECT_EQ(row.at(0, 0), row.at(0, 5));
  TimePoint created_at;
  postgres::decode(*row.at(0, 6), created_at);
  EXPECT_EQ(created_at, ctx->now());
}

TEST_F(OutboxTest, an_event_that_was_written_before_a_crash_is_not_written_twice) {
  add_event();
  Context claimer;
  claimer.deadline = boot_time() + 30s;
  const auto rows = ctx.run(claim(*ctx.database, claimer, "event", 10, ctx->now(), 2min));
  ASSERT_EQ(rows.size(), 1U);
  // The first process writes the audit row and never comes to delete the event.
  postgres::Database nowhere(ctx.io, {.url = "postgres://127.0.0.1:1/none"});
  AuditDelivery first(nowhere, &audit, ctx.clock, metrics);
  EXPECT_THROW(ctx.run(first.deliver(claimer, rows)), Error);
  nowhere.close();
  EXPECT_EQ(audited(), std::vector<std::string>{"user.authenticated"});
  EXPECT_EQ(waiting(), 1);
  ctx.clock.advance(2min);
  EXPECT_EQ(deliver(), 1U);
  EXPECT_EQ(audited(), std::vector<std::string>{"user.authenticated"});
  EXPECT_EQ(waiting(), 0);
}

TEST_F(OutboxTest, the_same_event_twice_is_one_row) {
  add_event();
  Context claimer;
  claimer.deadline = boot_time() + 30s;
  auto rows = ctx.run(claim(*ctx.database, claimer, "event", 10, ctx->now(), 2min));
  AuditDelivery one(*ctx.database, &audit, ctx.clock, metrics);
  ctx.run(one.deliver(claimer, rows));
  ctx.run(one.deliver(claimer, rows));
  EXPECT_EQ(audited().size(), 1U);
}

TEST_F(OutboxTest, an_address_that_is_none_does_not_hold_up_an_event) {
  add_event("user.authenticated", "not an address");
  add_event("user.signed_out", "fe80::1%eth0");
  EXPECT_EQ(deliver(), 2U);
  EXPECT_EQ(audited().size(), 2U);
}

TEST_F(OutboxTest, one_event_that_the_audit_database_refuses_does_not_hold_up_the_others) {
  add_event("user.authenticated");
  static constexpr postgres::Sql kRefuse =
      "ALTER TABLE _audit_log ADD CONSTRAINT none_created CHECK (activity_type <> 'user.created')";
  ctx.run(audit.run(ctx, kRefuse, {}));
  add_event("user.created");
  add_event("user.signed_out");
  EXPECT_EQ(deliver(), 3U);
  EXPECT_EQ(audited(), (std::vector<std::string>{"user.authenticated", "user.signed_out"}));
  EXPECT_EQ(waiting(), 1);
  EXPECT_THAT(last_error(), testing::HasSubstr("23514"));
}

TEST_F(OutboxTest, a_malformed_event_is_put_aside_and_the_others_are_delivered) {
  static constexpr postgres::Sql kMangle =
      "UPDATE _gatehouse_outbox SET payload = $2 WHERE app_id = $1 AND payload ->> 'type' = 'broken'";
  const char* const mangled[] = {"5",
                                 "[]",
                                 R"({})",
                                 R"({"type":"a","id":"0000000000000001"})",
                                 R"({"type":"a","id":"0000000000000001","context":3})",
                                 R"({"type":"a","id":"0000000000000001","context":{"timestamp":"now"}})",
                                 R"({"type":"a","context":{"timestamp":1}})"};
  for (const char* payload : mangled) {
    add_event("broken");
    ctx.run(ctx->db().run(kMangle, postgres::Params(ctx->app_id(), boost::json::parse(payload))));
  }
  add_event("user.authenticated");
  add_mail();
  EXPECT_EQ(deliver(), std::size(mangled) + 2);
  EXPECT_EQ(audited(), std::vector<std::string>{"user.authenticated"});
  EXPECT_EQ(receiver.mails().size(), 1U);
  EXPECT_EQ(last_error(), "its envelope is malformed");
  EXPECT_EQ(deliver(), 1U) << "only that the mail was sent";
  EXPECT_EQ(waiting(), static_cast<std::int64_t>(std::size(mangled)));
  EXPECT_THAT(metrics.expose(), testing::HasSubstr("gatehouse_audit_refused_total 7"));
}

TEST_F(OutboxTest, events_wait_while_the_audit_database_is_away) {
  add_event();
  postgres::Database nowhere(ctx.io, {.url = "postgres://127.0.0.1:1/none"});
  Outbox outbox(parts(&nowhere));
  ctx.run(outbox.deliver_due());
  EXPECT_EQ(waiting(), 1);
  ctx.clock.advance(2s);
  EXPECT_EQ(deliver(), 1U);
  EXPECT_EQ(audited().size(), 1U);
  nowhere.close();
}

TEST_F(OutboxTest, an_audit_database_that_cannot_write_just_now_keeps_events_for_soon_and_says_so_once) {
  // What disk full, a lock or a missing right look like: the row is not to blame.
  static constexpr postgres::Sql kHide = "ALTER TABLE _audit_log RENAME TO _hidden";
  static constexpr postgres::Sql kShow = "ALTER TABLE _hidden RENAME TO _audit_log";
  add_event("user.authenticated");
  add_event("user.signed_out");
  ctx.run(audit.run(ctx, kHide, {}));
  Outbox outbox(parts(&audit));
  testing::internal::CaptureStderr();
  for (const Micros pause : {1s, 2s, 4s}) {
    EXPECT_EQ(ctx.run(outbox.deliver_due()), 0U);
    ctx.clock.advance(pause);
  }
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(said.find("events wait for the audit log"), said.rfind("events wait for the audit log"));
  EXPECT_THAT(said, testing::HasSubstr("42P01"));
  EXPECT_EQ(waiting(), 2);
  ctx.run(audit.run(ctx, kShow, {}));
  EXPECT_EQ(ctx.run(outbox.deliver_due()), 2U);
  EXPECT_EQ(audited().size(), 2U);
  EXPECT_THAT(metrics.expose(), testing::Not(testing::HasSubstr("gatehouse_audit_refused_total")));
}

TEST_F(OutboxTest, trouble_of_its_own_database_is_told_once_and_tried_again_later) {
  static constexpr postgres::Sql kHide = "ALTER TABLE _gatehouse_outbox RENAME TO _hidden";
  static constexpr postgres::Sql kShow = "ALTER TABLE _hidden RENAME TO _gatehouse_outbox";
  add_event();
  ctx.run(ctx->db().execute(kHide));
  Outbox outbox(parts(&audit), {.poll = 1ms});
  bool ended = false;
  testing::internal::CaptureStderr();
  asio::co_spawn(io(), outbox.run(), [&](const std::exception_ptr& failed) { ended = !failed; });
  io().restart();
  io().run_for(300ms);  // hundreds of polls, were it not for the pause
  ctx.run(ctx->db().execute(kShow));
  run_until([&] { return audited().size() == 1; });
  outbox.stop();
  run_until([&] { return ended; });
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(said.find("the outbox does not work"), said.rfind("the outbox does not work"));
  EXPECT_THAT(said, testing::HasSubstr("the outbox does not work"));
  EXPECT_THAT(said, testing::HasSubstr("the outbox goes on"));
}

TEST_F(OutboxTest, what_is_owed_and_since_when_is_measured) {
  receiver.answer("RCPT", "450 busy");
  add_mail();
  add_mail();
  ctx.clock.advance(90s);
  Outbox outbox(parts(&audit), {.poll = 5ms});
  bool ended = false;
  asio::co_spawn(io(), outbox.run(), [&](const std::exception_ptr& failed) { ended = !failed; });
  run_until([&] { return metrics.expose().find("gatehouse_outbox_rows") != std::string::npos; });
  outbox.stop();
  run_until([&] { return ended; });
  EXPECT_THAT(metrics.expose(), testing::HasSubstr("gatehouse_outbox_rows{kind=\"mail\"} 2"));
  EXPECT_THAT(metrics.expose(), testing::HasSubstr("gatehouse_outbox_rows{kind=\"event\"} 0"));
  EXPECT_THAT(metrics.expose(), testing::HasSubstr("gatehouse_outbox_oldest_seconds{kind=\"mail\"} 90"));
}

TEST_F(OutboxTest, without_an_audit_database_events_are_dropped) {
  add_event();
  Outbox outbox(parts(nullptr));
  ctx.run(outbox.deliver_due());
  EXPECT_EQ(waiting(), 0);
}

TEST_F(OutboxTest, many_workers_at_once_deliver_each_row_once) {
  for (int i = 0; i < 40; ++i) {
    add_event();
  }
  for (int i = 0; i < 10; ++i) {
    add_mail();
  }
  std::vector<std::unique_ptr<Outbox>> outboxes;
  std::size_t claimed = 0;
  int open = 6;
  const auto deliver_all = [](Outbox& outbox, std::size_t& count) -> Task<void> {
    for (std::size_t more = 1; more > 0;) {
      more = co_await outbox.deliver_due();
      count += more;
    }
  };
  for (int i = 0; i < 6; ++i) {
    outboxes.push_back(std::make_unique<Outbox>(parts(&audit), OutboxOptions{.events_at_once = 7, .mails_at_once = 3}));
    asio::co_spawn(io(), deliver_all(*outboxes.back(), claimed), [&](std::exception_ptr failed) {
      EXPECT_FALSE(failed);
      --open;
    });
  }
  io().restart();
  while (open > 0 && io().run_one_for(20s) > 0) {
  }
  EXPECT_EQ(open, 0);
  EXPECT_EQ(receiver.mails().size(), 10U);
  EXPECT_EQ(waiting(), 0);
  EXPECT_EQ(claimed, 60U);  // 40 events, 10 mails, 10 events that tell of the mails
  EXPECT_EQ(audited().size(), 50U);
}

TEST_F(OutboxTest, a_mail_is_sent_with_tls_and_told_in_the_audit_log) {
  add_mail();
  EXPECT_EQ(deliver(), 1U);
  ASSERT_EQ(receiver.mails().size(), 1U);
  const auto& mail = receiver.mails().at(0);
  EXPECT_TRUE(mail.tls);
  EXPECT_EQ(mail.from, "mail@bank.example");
  EXPECT_EQ(mail.to, kRecipient);
  EXPECT_THAT(mail.data, testing::HasSubstr(kCode));
  deliver();
  const auto event = audited_data("email.sent");
  EXPECT_EQ(event.at("payload"),
            boost::json::value(
                {{"sender", "Bank <mail@bank.example>"}, {"recipient", kRecipient}, {"type", "verification"}}));
  EXPECT_EQ(event.at("context").at("user_id"), "user-1");
  EXPECT_EQ(event.at("context").at("ip_address"), "192.0.2.1");
  EXPECT_EQ(waiting(), 0);
}

TEST_F(OutboxTest, a_process_that_dies_before_sending_loses_nothing_and_doubles_nothing) {
  add_mail();
  Context claimer;
  claimer.deadline = boot_time() + 30s;
  ASSERT_EQ(ctx.run(claim(*ctx.database, claimer, "mail", 10, ctx->now(), 2min)).size(), 1U);
  EXPECT_EQ(deliver(), 0U);  // it is the dead process's for two minutes
  ctx.clock.advance(2min);
  EXPECT_EQ(deliver(), 1U);
  ctx.clock.advance(2min);
  deliver();
  EXPECT_EQ(receiver.mails().size(), 1U);
  EXPECT_EQ(waiting(), 0);
}

TEST_F(OutboxTest, a_repeat_after_a_lost_end_is_the_same_mail_to_the_byte) {
  add_mail();
  Context claimer;
  claimer.deadline = boot_time() + 30s;
  const auto rows = ctx.run(claim(*ctx.database, claimer, "mail", 10, ctx->now(), 2min));
  // Sends, and "dies" before it can say so: somebody else has claimed the row meanwhile.
  ctx.clock.advance(2min);
  EXPECT_EQ(deliver(), 1U);
  MailDelivery first(ctx.io, registry, *ctx.database, egress, keys, ctx.clock, metrics);
  ctx.run(first.deliver(rows.at(0), Claim(30s)));
  ASSERT_EQ(receiver.mails().size(), 2U);
  EXPECT_EQ(receiver.mails().at(0).data, receiver.mails().at(1).data);
  EXPECT_THAT(receiver.mails().at(0).data, testing::HasSubstr("Message-ID: <" + rows.at(0).id + "@app.localhost>"));
  deliver();
  EXPECT_EQ(audited(), std::vector<std::string>{"email.sent"});  // told once
}

TEST_F(OutboxTest, a_receiver_that_is_down_or_busy_is_tried_again_later_and_later) {
  receiver.answer("RCPT", "450 busy");
  add_mail();
  for (const Micros pause : {Micros{10s}, Micros{1min}, Micros{5min}}) {
    EXPECT_EQ(deliver(), 1U);
    EXPECT_EQ(waiting(), 1);
    EXPECT_EQ(deliver(), 0U);
    ctx.clock.advance(pause - 1s);
    EXPECT_EQ(deliver(), 0U);
    ctx.clock.advance(1s);
  }
  EXPECT_THAT(last_error(), testing::HasSubstr("450"));
  EXPECT_EQ(last_error().find("marker"), std::string::npos);
  EXPECT_EQ(last_error().find(kCode), std::string::npos);
  receiver.behave();
  EXPECT_EQ(deliver(), 1U);
  EXPECT_EQ(receiver.mails().size(), 1U);
}

TEST_F(OutboxTest, no_more_mails_are_claimed_than_are_sent_at_once) {
  for (int i = 0; i < 8; ++i) {
    add_mail();
  }
  receiver.hold();
  Outbox outbox(parts(&audit), {.poll = 5ms, .mails_at_once = 8});
  bool ended = false;
  asio::co_spawn(io(), outbox.run(), [&](const std::exception_ptr& failed) { ended = !failed; });
  run_until([&] { return receiver.held() == egress::kMailsAtOnce; });
  static constexpr postgres::Sql kClaimed = "SELECT count(*) FROM _gatehouse_outbox WHERE app_id = $1 AND attempts > 0";
  EXPECT_EQ(ctx.run(ctx->db().one<std::int64_t>(kClaimed, ctx->app_id())),
            static_cast<std::int64_t>(egress::kMailsAtOnce));
  receiver.let_go();
  run_until([&] { return receiver.mails().size() == 8 && audited().size() == 8; });
  outbox.stop();
  run_until([&] { return ended; });
  EXPECT_EQ(waiting(), 0);
}

TEST_F(OutboxTest, a_receiver_that_is_too_slow_leaves_time_to_say_so_within_the_claim) {
  receiver.hold();
  add_mail();
  EXPECT_EQ(deliver({.lease = 2s}), 1U);
  EXPECT_THAT(last_error(), testing::HasSubstr("SMTP server"));
  ctx.clock.advance(2s);
  EXPECT_EQ(deliver(), 0U) << "it was put off, not left until its claim ran out";
}

TEST_F(OutboxTest, trouble_of_this_host_gives_up_no_mail) {
  egress::Client no_threads(
      ctx.io, {.allow = {"127.0.0.0/8"}, .resolver = [](std::string) -> Task<std::vector<asio::ip::address>> {
                 throw std::system_error(EAGAIN, std::generic_category());
                 co_return std::vector<asio::ip::address>{};
               }});
  OneProject by_name(with_smtp("smtp.example.com"));
  add_mail();
  Outbox outbox(Parts{ctx.io, by_name, *ctx.database, &audit, no_threads, keys, ctx.clock, metrics});
  EXPECT_EQ(ctx.run(outbox.deliver_due()), 1U);
  EXPECT_EQ(waiting(), 1);
  EXPECT_THAT(last_error(), testing::HasSubstr("temporarily unavailable"));
}

TEST_F(OutboxTest, what_the_receiver_refuses_for_good_is_given_up_and_told) {
  receiver.answer("RCPT", "550 no such person");
  add_mail();
  EXPECT_EQ(deliver(), 1U);
  EXPECT_EQ(deliver(), 1U);
  EXPECT_EQ(waiting(), 0);
  const auto event = audited_data("email.error");
  EXPECT_EQ(event.at("payload").at("recipient"), kRecipient);
  EXPECT_THAT(std::string(event.at("payload").at("description").as_string()), testing::HasSubstr("550"));
}

TEST_F(OutboxTest, a_mail_is_given_up_after_a_day) {
  receiver.answer("RCPT", "450 busy");
  add_mail();
  ctx.clock.advance(24h);
  deliver();
  deliver();
  EXPECT_EQ(waiting(), 0);
  EXPECT_EQ(audited(), std::vector<std::string>{"email.error"});
}

TEST_F(OutboxTest, a_code_that_died_is_not_mailed_any_more) {
  add_mail(ctx->now() + 5min);
  ctx.clock.advance(5min);
  deliver();
  deliver();
  EXPECT_TRUE(receiver.mails().empty());
  EXPECT_EQ(audited(), std::vector<std::string>{"email.error"});
}

TEST_F(OutboxTest, an_address_that_is_none_is_given_up) {
  add_mail(std::nullopt, "person@example.com\r\nBcc: other@example.com");
  deliver();
  deliver();
  EXPECT_TRUE(receiver.mails().empty());
  EXPECT_EQ(audited(), std::vector<std::string>{"email.error"});
}

TEST_F(OutboxTest, a_project_that_is_not_known_keeps_its_mail) {
  add_mail();
  static constexpr postgres::Sql kSql = "UPDATE _gatehouse_outbox SET app_id = 'elsewhere' WHERE app_id = $1";
  ctx.run(ctx->db().execute(kSql, ctx->app_id()));
  EXPECT_EQ(deliver(), 1U);
  static constexpr postgres::Sql kCount = "SELECT count(*) FROM _gatehouse_outbox WHERE app_id = $1";
  EXPECT_EQ(ctx.run(ctx->db().one<std::int64_t>(kCount, std::string("elsewhere"))), 1);
}

TEST(MailPauses, grow_up_to_six_hours) {
  EXPECT_EQ(pause_after(1), 10s);
  EXPECT_EQ(pause_after(4), 15min);
  EXPECT_EQ(pause_after(100), 6h);
}

}  // namespace gatehouse::worker
