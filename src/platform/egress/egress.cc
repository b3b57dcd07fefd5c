#include "platform/egress/egress.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>

#include <boost/asio.hpp>
#include <boost/json.hpp>
#include <boost/url.hpp>
#include <curl/curl.h>

#include "platform/base/name_lookup.h"
#include "platform/base/timer.h"
#include "platform/egress/address_policy.h"
#include "platform/egress/multi.h"
#include "platform/egress/transfer.h"

namespace gatehouse::egress {

namespace {

constexpr Micros kShortestSend = std::chrono::milliseconds{100};  // with less, a mail is not begun
constexpr std::size_t kLongestReply = std::size_t{64} * 1024;
constexpr Micros kLongestLookup = std::chrono::seconds{30};

Error not_reachable(const std::string& what) {
  return std::move(Error(ErrorKind::service_unavailable, "EgressUnavailable", what).with_retry_after(1));
}

Error forbidden(const std::string& what) { return {ErrorKind::forbidden, "EgressForbidden", what}; }

Task<Addresses> usual_resolver(std::string host) { return look_up_name(std::move(host), kLongestLookup); }

struct MailOutcome {
  CURLcode code = CURLE_OK;
  int reply = 0;  // the server's last
  bool permanent = false;
  bool begun = true;
};

struct Target {
  std::string scheme;
  std::string host;
  std::string port;
};

Target parse_target(const std::string& text) {
  const auto url = boost::urls::parse_uri(text);
  if (!url || (url->scheme() != "http" && url->scheme() != "https") || url->host_address().empty()) {
    throw forbidden("an outgoing request needs an http or https URL with a host");
  }
  if (url->has_userinfo()) {
    throw forbidden("an outgoing request's URL must not contain a user name or password");
  }
  Target target{std::string(url->scheme()), url->host_address(), std::string(url->port())};
  if (target.port.empty()) {
    target.port = target.scheme == "https" ? "443" : "80";
  }
  return target;
}

Micros time_for(const Context& ctx, Seconds at_most) {
  const Micros wanted = at_most;
  return ctx.deadline == Micros{} ? wanted : std::min(wanted, std::max(ctx.time_left(), Micros{1}));
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// What of the request goes on to the next target: no credentials to another origin, no body after a change to GET.
void follow(HttpRequest& request, const Target& from, const std::string& location, int status) {
  const Target to = parse_target(location);
  if (from.scheme == "https" && to.scheme != "https") {
    throw forbidden("a redirect from https to http is not followed");
  }
  if (to.host != from.host || to.port != from.port || to.scheme != from.scheme) {
    std::erase_if(request.headers, [](const std::string& header) {
      return is_header(header, "authorization") || is_header(header, "cookie") ||
             is_header(header, "proxy-authorization");
    });
  }
  if (status == 303 || ((status == 301 || status == 302) && request.method == "POST")) {
    request.method = "GET";
    request.body.clear();
  }
  request.url = location;
  --request.redirects;
}

}  // namespace

struct Client::Impl : std::enable_shared_from_this<Client::Impl> {
  Impl(asio::io_context& context, Options chosen)
      : io(context), options(std::move(chosen)), policy(options.allow), multi(std::make_shared<Multi>(context)) {
    if (!options.resolver) {
      options.resolver = usual_resolver;
    }
  }

  asio::io_context& io;
  Options options;
  AddressPolicy policy;
  std::shared_ptr<Multi> multi;
  // libcurl's SMTP waits for the reply to the message and to QUIT without going back to the loop, so mail has threads
  // of its own, made with the first one.
  std::optional<asio::thread_pool> mail_threads;
  std::atomic<bool> closing{false};
  std::vector<std::weak_ptr<OneShot<Addresses>>> lookups;  // on their way

  Task<MailOutcome> perform_on_a_thread(std::unique_ptr<Transfer> transfer, Micros until);
  MailOutcome perform(Transfer& transfer, Micros until) const;
  static Task<void> look_up(Resolver resolver, std::string host, std::shared_ptr<OneShot<Addresses>> found);
  Task<Addresses> resolve(std::string host, Micros time);
  // The addresses of `host` that may be connected to; Error Forbidden where there is none.
  Task<Addresses> pin(std::string host, Micros time);
  Task<HttpResponse> once(HttpRequest request, Target target, Micros time, std::string& location);
  Task<void> deliver(Mail mail, Micros time);
};

Task<void> Client::Impl::look_up(Resolver resolver, std::string host, std::shared_ptr<OneShot<Addresses>> found) {
  try {
    Addresses addresses = co_await resolver(host);
    found->set(std::move(addresses));
  } catch (const boost::system::system_error&) {
    found->fail(std::make_exception_ptr(not_reachable("the name " + host + " cannot be resolved")));
  } catch (...) {
    found->fail(std::current_exception());
  }
}

// A resolver cannot be interrupted, so it is left behind when the time is over.
Task<Addresses> Client::Impl::resolve(std::string host, Micros time) {
  boost::system::error_code not_literal;
  const auto literal = asio::ip::make_address(host, not_literal);
  if (!not_literal) {
    co_return Addresses{literal};
  }
  if (closing) {
    throw not_reachable("the process is ending");
  }
  const auto found = std::make_shared<OneShot<Addresses>>();
  std::erase_if(lookups, [](const auto& lookup) { return lookup.expired(); });
  lookups.push_back(found);
  asio::co_spawn(io.get_executor(), look_up(options.resolver, host, found), asio::detached);
  Timer patience(io, time);
  patience.async_wait([found, host](boost::system::error_code cancelled) {
    if (!cancelled) {
      found->fail(std::make_exception_ptr(not_reachable("the name " + host + " was not resolved in time")));
    }
  });
  Addresses addresses = co_await found->wait();
  co_return addresses;
}

Task<Addresses> Client::Impl::pin(std::string host, Micros time) {
  Addresses addresses = co_await resolve(host, time);
  if (addresses.empty()) {
    throw not_reachable("the name " + host + " has no address");
  }
  std::erase_if(addresses, [&](const auto& address) { return !policy.permits(address); });
  if (addresses.empty()) {
    throw forbidden(host + " is at a private or local address that GATEHOUSE_EGRESS_ALLOW does not list");
  }
  co_return addresses;
}

Task<HttpResponse> Client::Impl::once(HttpRequest request, Target target, Micros time, std::string& location) {
  const Micros until = boot_time() + time;
  Addresses addresses;
  if (options.proxy.empty()) {
    addresses = co_await pin(target.host, time);
  }
  Transfer transfer;
  transfer.connect_only_to(target.host, target.port, addresses, policy);
  transfer.trust(options.extra_ca_file);
  transfer.limit(std::max(until - boot_time(), Micros{std::chrono::milliseconds{1}}), request.response_bytes);
  transfer.prepare(request, options.proxy);
  const CURLcode code = co_await multi->perform(transfer.handle());
  if (transfer.response_too_large()) {
    throw not_reachable("the answer of " + target.host + " is larger than allowed");
  }
  if (code != CURLE_OK) {
    throw not_reachable(target.host + ": " + curl_easy_strerror(code));
  }
  location = transfer.redirect_url();
  co_return transfer.response();
}

// What waited for its turn has only the time that is left.
MailOutcome Client::Impl::perform(Transfer& transfer, Micros until) const {
  MailOutcome outcome;
  const Micros left = until - boot_time();
  if (left < kShortestSend || closing) {
    outcome.begun = false;
    return outcome;
  }
  transfer.limit(left, kLongestReply);
  outcome.code = curl_easy_perform(transfer.handle());
  outcome.reply = transfer.status();
  outcome.permanent = transfer.permanently_refused(outcome.code);
  return outcome;
}

// The transfer ends on the thread too: letting go of it says QUIT.
Task<MailOutcome> Client::Impl::perform_on_a_thread(std::unique_ptr<Transfer> transfer, Micros until) {
  if (!mail_threads) {
    mail_threads.emplace(kMailsAtOnce);
  }
  transfer->stop_when(closing);
  const auto done = std::make_shared<OneShot<MailOutcome>>();
  auto core = asio::make_work_guard(io);
  asio::post(*mail_threads, [this, transfer = std::move(transfer), done, until, core = std::move(core)]() mutable {
    const MailOutcome outcome = perform(*transfer, until);
    asio::post(core.get_executor(), [done, outcome] { done->set(outcome); });
    core.reset();
    transfer->hear_no_more();
    transfer.reset();
  });
  const MailOutcome outcome = co_await done->wait();
  co_return outcome;
}

Task<void> Client::Impl::deliver(Mail mail, Micros time) {
  const Micros until = boot_time() + time;
  const Addresses addresses = co_await pin(mail.host, time);
  auto transfer = std::make_unique<Transfer>();
  transfer->connect_only_to(mail.host, std::to_string(mail.port), addresses, policy);
  transfer->trust(options.extra_ca_file);
  transfer->prepare(mail);
  const MailOutcome outcome = co_await perform_on_a_thread(std::move(transfer), until);
  if (!outcome.begun) {
    throw not_reachable("SMTP server " + mail.host + ": the time was over before the turn of this mail came");
  }
  if (outcome.code == CURLE_OK) {
    co_return;
  }
  boost::json::object info{{"permanent", outcome.permanent}};
  std::string text = "SMTP server " + mail.host + ": " + curl_easy_strerror(outcome.code);
  if (outcome.reply >= 400 && outcome.reply < 600) {
    info["smtp_code"] = outcome.reply;
    text += " (reply " + std::to_string(outcome.reply) + ")";
  }
  throw Error(ErrorKind::service_unavailable, "EgressUnavailable", text, std::move(info));
}

Client::Client(asio::io_context& io, Options options) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  impl_ = std::make_shared<Impl>(io, std::move(options));
}

void Client::stop() {
  impl_->multi->close();
  impl_->closing = true;
  for (const auto& each : std::exchange(impl_->lookups, {})) {
    if (const auto lookup = each.lock()) {
      lookup->fail(std::make_exception_ptr(not_reachable("the process is ending")));
    }
  }
}

Client::~Client() {
  stop();
  if (impl_->mail_threads) {
    impl_->mail_threads->join();
  }
}

Task<HttpResponse> Client::http(Context& ctx, HttpRequest request) {
  ctx.assert_no_lease("HTTP");
  const auto impl = impl_;
  const Micros until = boot_time() + time_for(ctx, request.at_most);
  for (;;) {
    const Target target = parse_target(request.url);
    const Micros left = until - boot_time();
    if (left <= Micros{}) {
      throw not_reachable(target.host + ": no time left");
    }
    std::string location;
    HttpResponse response = co_await impl->once(request, target, left, location);
    if (!is_redirect(response.status) || request.redirects <= 0 || location.empty()) {
      co_return response;
    }
    follow(request, target, location, response.status);
  }
}

Task<void> Client::send(Context& ctx, Mail mail) {
  ctx.assert_no_lease("SMTP");
  const auto impl = impl_;
  const Micros time = time_for(ctx, mail.at_most);
  co_await impl->deliver(std::move(mail), time);
}

}  // namespace gatehouse::egress
