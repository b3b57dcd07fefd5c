#include "platform/base/name_lookup.h"

#include <latch>
#include <optional>

#include <boost/asio.hpp>

#include "support/run_task.h"

namespace gatehouse {
namespace {

using namespace std::chrono_literals;

Addresses two() { return {asio::ip::make_address("192.0.2.1"), asio::ip::make_address("2001:db8::1")}; }

// Stands in for an operating system whose DNS says nothing until it is let go.
struct SilentDns {
  std::latch asked{1};
  std::latch let_go{1};
  std::latch left{1};
  std::atomic<int> times{0};

  AskForAddresses ask() {
    return [this](const std::string&) {
      ++times;
      asked.count_down();
      let_go.wait();
      left.count_down();
      return two();
    };
  }
};

boost::system::error_code error_of(asio::io_context& io, Task<Addresses> task) {
  try {
    test::run_task(io, std::move(task));
  } catch (const boost::system::system_error& error) {
    return error.code();
  }
  return {};
}

}  // namespace

TEST(NameLookup, brings_back_what_the_operating_system_says) {
  asio::io_context io{1};
  EXPECT_EQ(test::run_task(io, look_up_name("name.example", 10s, [](const std::string&) { return two(); })), two());
  EXPECT_EQ(test::run_task(io, look_up_name("192.0.2.7", 10s, nullptr)),
            Addresses{asio::ip::make_address("192.0.2.7")});
  EXPECT_THAT(test::run_task(io, look_up_name("localhost", 10s)),
              testing::Contains(testing::Truly([](const auto& address) { return address.is_loopback(); })));
}

TEST(NameLookup, a_name_that_is_not_there_is_an_error) {
  asio::io_context io{1};
  const auto none = [](const std::string&) -> Addresses {
    throw boost::system::system_error(asio::error::host_not_found);
  };
  EXPECT_EQ(error_of(io, look_up_name("none.example", 10s, none)), asio::error::host_not_found);
}

TEST(NameLookup, a_silent_dns_holds_up_neither_who_asks_nor_the_end_of_the_core) {
  SilentDns dns;
  {
    asio::io_context io{1};
    EXPECT_EQ(error_of(io, look_up_name("silent.example", 20ms, dns.ask())), asio::error::timed_out);
    dns.asked.wait();
    std::optional<bool> ended;
    asio::co_spawn(io, look_up_name("silent.example", 1h, dns.ask()),
                   [&](const std::exception_ptr&, const Addresses&) { ended = true; });
    io.restart();
    io.poll();
    EXPECT_FALSE(ended);
  }  // the core is gone, the lookup goes on
  EXPECT_FALSE(dns.left.try_wait());
  dns.let_go.count_down();
  dns.left.wait();
}

TEST(NameLookup, many_who_ask_for_one_name_share_a_lookup) {
  SilentDns dns;
  asio::io_context io{1};
  int answered = 0;
  for (int i = 0; i < 5; ++i) {
    asio::co_spawn(io, look_up_name("shared.example", 1h, dns.ask()),
                   [&](const std::exception_ptr& failed, const Addresses& found) {
                     EXPECT_FALSE(failed);
                     EXPECT_EQ(found, two());
                     ++answered;
                   });
  }
  io.poll();
  io.restart();
  dns.let_go.count_down();
  while (answered < 5 && io.run_one_for(20s) > 0) {
  }
  EXPECT_EQ(answered, 5);
  EXPECT_EQ(dns.times, 1);
  EXPECT_EQ(test::run_task(io, look_up_name("shared.example", 10s, [](const std::string&) { return Addresses{}; })),
            Addresses{})
      << "an answer is not kept";
}

}  // namespace gatehouse
