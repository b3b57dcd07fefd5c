#include "domain/message/mail_message.h"

#include <array>
#include <stdexcept>

#include <fmt/format.h>

#include "domain/event/event.h"
#include "domain/message/message_texts.h"
#include "domain/message/mime.h"
#include "platform/base/uuid.h"

namespace gatehouse::message {

namespace {

// Every message gets all of the contract's variables, empty unless meant.
constexpr std::array kVariables{"AppID", "AppName",  "ClientID",    "ClientName", "Code",
                                "Email", "Phone",    "HasPassword", "Host",       "Link",
                                "URL",   "Password", "State",       "XState",     "UILocales"};

std::string bound_to(const std::string& app, const std::string& id) { return app + "/" + id; }

std::string file_name(const std::string& type) {
  std::string name = type;
  std::ranges::replace(name, '-', '_');
  return name + "_email";
}

boost::json::object to_json(const MailRequest& mail) {
  boost::json::object json{{"type", mail.type}, {"recipient", mail.recipient}, {"language", mail.language}};
  boost::json::object variables;
  for (const auto& [name, value] : mail.variables) {
    variables[name] = value;
  }
  json["variables"] = std::move(variables);
  if (mail.user_id) {
    json["user_id"] = *mail.user_id;
  }
  if (mail.useful_until) {
    json["useful_until"] = mail.useful_until->time_since_epoch().count();
  }
  return json;
}

MailRequest from_json(const boost::json::object& json) {
  MailRequest mail;
  mail.type = json.at("type").as_string();
  mail.recipient = json.at("recipient").as_string();
  mail.language = json.at("language").as_string();
  for (const auto& [name, value] : json.at("variables").as_object()) {
    mail.variables[std::string(name)] = value.as_string();
  }
  if (const auto* user = json.if_contains("user_id")) {
    mail.user_id = std::string(user->as_string());
  }
  if (const auto* until = json.if_contains("useful_until")) {
    mail.useful_until = TimePoint{Micros{until->as_int64()}};
  }
  return mail;
}

// Where the request came from, for the event of its delivery; nothing secret.
boost::json::object origin_of(const project::Context& ctx) {
  return {{"ip_address", ctx.client_ip}, {"user_agent", ctx.user_agent}, {"client_id", ctx.client_id},
          {"http_url", ctx.http_url},    {"request_id", ctx.request_id}, {"language", ctx.language}};
}

void add_suppressed(postgres::Batch& batch, const project::Context& ctx, const MailRequest& mail) {
  event::Event event{
      .type = "email.suppressed",
      .payload = {{"description", "e-mail is suppressed by the features file"}, {"recipient", mail.recipient}}};
  if (mail.user_id) {
    event.user = UserId{*mail.user_id};
  }
  event::add(batch, ctx, event);
}

std::string header_text(const MessageTexts& texts, const MailRequest& mail, std::string_view what,
                        const text::Arguments& arguments = {}) {
  const std::string own = fmt::format("email.{}.{}", mail.type, what);
  return texts(texts.has(own) ? own : fmt::format("email.default.{}", what), arguments);
}

text::Arguments variables_of(const project::Project& project, const MessageTexts& texts, const MailRequest& mail) {
  text::Arguments variables;
  for (const char* name : kVariables) {
    variables[name] = "";
  }
  variables["AppName"] = texts("app.name");
  variables["Email"] = mail.recipient;
  variables["Host"] = project.origin().substr(project.origin().find("://") + 3);
  for (const auto& [name, value] : mail.variables) {
    variables[name] = value;
  }
  for (auto& [name, value] : variables) {
    value = single_line(value);
  }
  return variables;
}

boost::json::object values(const text::Arguments& variables) {
  boost::json::object json;
  for (const auto& [name, value] : variables) {
    json[name] = value;
  }
  return json;
}

std::string sender_of(const project::Project& project, const MessageTexts& texts, const MailRequest& mail) {
  if (project.secrets.smtp && !project.secrets.smtp->sender.empty()) {
    return project.secrets.smtp->sender;
  }
  return header_text(texts, mail, "sender");
}

}  // namespace

void enqueue(postgres::Batch& batch, const project::Context& ctx, const crypto::KeyRing& keys,
             const MailRequest& mail) {
  static constexpr postgres::Sql kSql =
      "INSERT INTO _gatehouse_outbox (app_id, id, kind, user_id, payload, sealed, created_at, available_at) "
      "VALUES ($1, $2, 'mail', $3, $4, $5, $6, $6)";
  if (ctx.config().test_mode.email_suppressed) {
    add_suppressed(batch, ctx, mail);
    return;
  }
  const std::string id = uuid_v7(ctx.now());
  const std::string sealed =
      keys.seal(crypto::Purpose::outbox, boost::json::serialize(to_json(mail)), bound_to(ctx.app_id().str(), id));
  batch.add(kSql, ctx.app_id(), id, mail.user_id.value_or(""), origin_of(ctx), sealed, ctx.now());
}

std::optional<MailRequest> open(const crypto::KeyRing& keys, const project::ProjectId& app, const std::string& id,
                                const std::string& sealed) {
  const auto plain = keys.open(crypto::Purpose::outbox, sealed, bound_to(app.str(), id));
  if (!plain) {
    return std::nullopt;
  }
  return from_json(boost::json::parse(*plain).as_object());
}

std::string sender(const project::Project& project, const MailRequest& mail) {
  return sender_of(project, MessageTexts(project, mail.language), mail);
}

std::string render(const project::Project& project, const MailRequest& mail, TimePoint now,
                   std::string_view message_id) {
  const MessageTexts texts(project, mail.language);
  const auto variables = variables_of(project, texts, mail);
  const std::string name = file_name(mail.type);
  Letter letter;
  letter.from = parse_mailbox(sender_of(project, texts, mail));
  letter.reply_to = header_text(texts, mail, "reply-to");
  letter.to = mail.recipient;
  letter.subject = header_text(texts, mail, "subject", variables);
  letter.language = mail.language;
  letter.message_id = message_id;
  letter.date = now;
  letter.text = texts.message(name + ".txt", text::Escape::none).render(values(variables));
  letter.html = texts.message(name + ".html", text::Escape::html).render(values(variables));
  return compose(letter);
}

egress::Mail address(const project::Project& project, const MailRequest& mail, std::string message) {
  if (!project.secrets.smtp) {
    throw Error(ErrorKind::internal_error, "NoAvailableSMTPConfiguration", "the project has no SMTP server");
  }
  const auto& smtp = *project.secrets.smtp;
  return {.host = smtp.host,
          .port = smtp.port,
          .security = smtp.security,
          .username = smtp.username,
          .password = smtp.password,
          .envelope_from = parse_mailbox(sender(project, mail)).address,
          .envelope_to = parse_mailbox(mail.recipient).address,
          .message = std::move(message)};
}

}  // namespace gatehouse::message
