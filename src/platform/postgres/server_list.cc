#include "platform/postgres/server_list.h"

#include <algorithm>
#include <iterator>
#include <libpq-fe.h>
#include <memory>
#include <stdexcept>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <fmt/format.h>

#include "platform/base/name_lookup.h"
#include "platform/base/timer.h"
#include "platform/telemetry/log.h"

namespace gatehouse::postgres {

namespace {

using Descriptor = asio::posix::basic_stream_descriptor<Executor>;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable_t<Executor>{});
constexpr std::string_view kFull = ":  53300: ";  // too_many_connections, as libpq writes it

struct Finish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using OwnedConnection = std::unique_ptr<PGconn, Finish>;

std::map<std::string, std::string> parse(const std::string& url) {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconninfoParse(url.c_str(), nullptr),
                                                                             &PQconninfoFree);
  if (!options) {
    throw std::runtime_error("not a database URL; a right one looks like postgres://user:password@host:5432/database");
  }
  std::map<std::string, std::string> keywords;
  for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) {
      keywords[option->keyword] = option->val;
    }
  }
  return keywords;
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts;
  for (std::size_t from = 0;;) {
    const auto comma = list.find(',', from);
    parts.push_back(list.substr(from, comma - from));
    if (comma == std::string::npos) {
      return parts;
    }
    from = comma + 1;
  }
}

std::string quoted_identifier(const std::string& name) {
  std::string quoted = "\"";
  for (const char c : name) {
    quoted += c == '"' ? "\"\"" : std::string(1, c);
  }
  return quoted + "\"";
}

// " -c name=value" for the start packet: spaces and backslashes are escaped there.
std::string setting(std::string_view name, std::string_view value) {
  std::string text = fmt::format(" -c {}=", name);
  for (const char c : value) {
    if (c == ' ' || c == '\\') {
      text.push_back('\\');
    }
    text.push_back(c);
  }
  return text;
}

// Every statement of ours has its index. A plan is kept as long as its connection, so a walk over a whole table that
// was right while the table was young would stay until the next ANALYZE; and no statement is long enough for JIT.
std::string session_options(const SessionSettings& settings) {
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(settings.statement_time).count();
  return setting("TimeZone", "UTC") + setting("DateStyle", "ISO") + setting("bytea_output", "hex") +
         setting("search_path", quoted_identifier(settings.schema)) +
         setting("statement_timeout", std::to_string(millis)) +
         setting("idle_in_transaction_session_timeout", std::to_string(2 * millis)) +
         setting("synchronous_commit", settings.synchronous_commit ? "on" : "off") +
         setting("plan_cache_mode", "force_generic_plan") + setting("enable_seqscan", "off") + setting("jit", "off");
}

// libpq's errors name host and port, never the password. Of the server's own, the first line is enough: the others say
// where in its source it was.
std::string reason(const PGconn* connection) {
  std::string text = PQerrorMessage(connection);
  if (text.contains(kFull)) {
    text.resize(text.find('\n'));
  }
  while (text.ends_with('\n')) {
    text.pop_back();
  }
  return text;
}

bool is_writable(const PGconn* connection) {
  for (const char* name : {"in_hot_standby", "default_transaction_read_only"}) {
    const char* value = PQparameterStatus(connection, name);
    if (value != nullptr && std::string_view{value} == "on") {
      return false;
    }
  }
  return true;
}

bool is_name(const std::string& host) {
  if (host.empty() || host.front() == '/' || host.front() == '@') {
    return false;
  }
  boost::system::error_code error;
  asio::ip::make_address(host, error);
  return static_cast<bool>(error);
}

// Waits until the connection's socket is ready or time is up. The socket may be another one at the next call.
Task<bool> wait_ready(asio::io_context& io, PGconn* connection, bool for_reading,
                      std::chrono::steady_clock::time_point until) {
  auto descriptor = std::make_shared<Descriptor>(io.get_executor(), PQsocket(connection));
  Timer timer(io.get_executor(), until);
  timer.async_wait([descriptor](boost::system::error_code error) {
    if (!error && descriptor->is_open()) {
      descriptor->cancel();
    }
  });
  const auto [error] = co_await descriptor->async_wait(
      for_reading ? asio::posix::descriptor_base::wait_read : asio::posix::descriptor_base::wait_write, kAwait);
  descriptor->release();
  co_return !error;
}

}  // namespace

ServerList::ServerList(asio::io_context& io, const std::string& url, const SessionSettings& settings) : io_(io) {
  keywords_ = parse(url);
  split_hosts(keywords_);
  for (const char* ours : {"host", "hostaddr", "port", "connect_timeout", "target_session_attrs"}) {
    keywords_.erase(ours);
  }
  keywords_.try_emplace("application_name", "gatehouse");
  keywords_.try_emplace("gssencmode", "disable");
  keywords_["client_encoding"] = "UTF8";
  keywords_["options"] += session_options(settings);
}

void ServerList::split_hosts(const Keywords& keywords) {
  const auto list = [&](const char* name) {
    const auto found = keywords.find(name);
    return found == keywords.end() ? std::vector<std::string>{} : split(found->second);
  };
  const auto names = list("host");
  const auto addresses = list("hostaddr");
  const auto ports = list("port");
  const auto count = std::max({names.size(), addresses.size(), std::size_t{1}});
  const auto pick = [](const std::vector<std::string>& from, std::size_t i) {
    return from.size() == 1 ? from.front() : i < from.size() ? from[i] : std::string{};
  };
  for (std::size_t i = 0; i < count; ++i) {
    hosts_.push_back({pick(names, i), pick(addresses, i), pick(ports, i), {}});
  }
}

Task<ServerList::Attempt> ServerList::connect(Micros time_per_host) {
  Attempt attempt;
  const std::size_t first = preferred_;
  for (std::size_t i = 0; i < hosts_.size(); ++i) {
    const std::size_t index = (first + i) % hosts_.size();
    attempt.connection = co_await connect_to(index, time_per_host, attempt.why_not);
    attempt.full = attempt.connection == nullptr && attempt.why_not.contains(kFull);
    if (attempt.connection != nullptr) {
      preferred_ = index;
      attempt.host = index;
      break;
    }
    if (preferred_ == index) {
      preferred_ = (index + 1) % hosts_.size();
    }
  }
  co_return attempt;
}

Task<bool> ServerList::takes_writes(std::size_t index, Micros time) {
  std::string ignored;
  pg_conn* const connection = co_await connect_to(index, time, ignored);
  PQfinish(connection);
  co_return connection != nullptr;
}

Task<pg_conn*> ServerList::connect_to(std::size_t index, Micros time, std::string& why_not) {
  const auto until = std::chrono::steady_clock::now() + time;
  if (!hosts_[index].address.empty() || !is_name(hosts_[index].name)) {
    const Host host = hosts_[index];
    co_return co_await connect_to_address(host, host.address, time, why_not);
  }
  co_await resolve(hosts_[index], time / 2);
  const Host host = hosts_[index];
  if (host.resolved.empty()) {
    why_not = fmt::format("{} has no address", host.name);
  }
  for (std::size_t left = host.resolved.size(); left > 0; --left) {
    const auto& address = host.resolved[host.resolved.size() - left];
    const auto share = std::chrono::duration_cast<Micros>(until - std::chrono::steady_clock::now()) / left;
    if (pg_conn* connection = co_await connect_to_address(host, address, share, why_not)) {
      co_return connection;
    }
  }
  co_return nullptr;
}

// libpq would block in getaddrinfo. While DNS does not answer, what it said last is used.
Task<void> ServerList::resolve(Host& host, Micros time) {
  try {
    const Addresses found = co_await look_up_name(host.name, time);
    std::vector<std::string> addresses;
    std::ranges::transform(found, std::back_inserter(addresses),
                           [](const auto& address) { return address.to_string(); });
    host.resolved = std::move(addresses);
  } catch (const std::runtime_error& error) {
    log::debug("a PostgreSQL host is not found", {{"host", host.name}, {"cause", error.what()}});
  }
}

Task<pg_conn*> ServerList::connect_to_address(const Host& host, const std::string& address, Micros time,
                                              std::string& why_not) {
  const auto until = std::chrono::steady_clock::now() + time;
  auto keywords = keywords_;
  keywords["host"] = host.name;
  keywords["hostaddr"] = address;
  keywords["port"] = host.port;
  std::vector<const char*> names;
  std::vector<const char*> values;
  for (const auto& [name, value] : keywords) {
    names.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  OwnedConnection connection(PQconnectStartParams(names.data(), values.data(), 0));
  if (!connection) {
    throw std::bad_alloc();
  }
  PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE);  // with SQLSTATE: texts are in the server's language
  for (auto state = PGRES_POLLING_WRITING; PQstatus(connection.get()) != CONNECTION_BAD;
       state = PQconnectPoll(connection.get())) {
    if (state == PGRES_POLLING_OK) {
      PQsetnonblocking(connection.get(), 1);
      PQsetErrorVerbosity(connection.get(), PQERRORS_DEFAULT);
      PQsetNoticeProcessor(connection.get(), [](void*, const char*) {}, nullptr);
      if (is_writable(connection.get())) {
        co_return connection.release();
      }
      why_not = fmt::format("{} does not take writes", host.name);
      co_return nullptr;
    }
    if (state == PGRES_POLLING_FAILED) {
      break;
    }
    if (!co_await wait_ready(io_, connection.get(), state == PGRES_POLLING_READING, until)) {
      why_not = fmt::format("{} does not answer", host.name);
      co_return nullptr;
    }
  }
  why_not = reason(connection.get());
  co_return nullptr;
}

}  // namespace gatehouse::postgres
