#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio.hpp>

namespace gatehouse::test {

// Stands between a client and a server on a Unix socket, on a thread of its own, and does what networks do.
class Proxy {
 public:
  // Listens on `listen_on`, forwards to `target`.
  Proxy(std::filesystem::path listen_on, std::filesystem::path target);
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  void swallow_answers(bool swallow) { swallow_ = swallow; }  // what the server says is lost
  void freeze(bool frozen) { frozen_ = frozen; }              // nothing goes either way; new connections hang
  void cut();                                                 // closes every connection

 private:
  using Socket = boost::asio::local::stream_protocol::socket;
  struct Pair;

  boost::asio::awaitable<void> accept();
  boost::asio::awaitable<void> forward(std::shared_ptr<Pair> pair, bool answers);
  boost::asio::awaitable<void> while_frozen();

  std::filesystem::path target_;
  boost::asio::io_context io_{1};
  boost::asio::local::stream_protocol::acceptor acceptor_;
  std::vector<std::weak_ptr<Pair>> pairs_;
  std::atomic<bool> swallow_{false};
  std::atomic<bool> frozen_{false};
  std::thread thread_;
};

}  // namespace gatehouse::test
