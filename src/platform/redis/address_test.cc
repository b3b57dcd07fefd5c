#include "platform/redis/address.h"

#include <stdexcept>

namespace gatehouse::redis {

TEST(RedisAddress, reads_every_form_of_url) {
  const auto plain = parse_address("redis://cache.example.com");
  EXPECT_EQ(plain.host, "cache.example.com");
  EXPECT_EQ(plain.port, "6379");
  EXPECT_EQ(plain.database, 0);
  EXPECT_FALSE(plain.tls);

  const auto full = parse_address("rediss://gate:pa%40ss@10.0.0.7:7000/3");
  EXPECT_EQ(full.host, "10.0.0.7");
  EXPECT_EQ(full.port, "7000");
  EXPECT_EQ(full.username, "gate");
  EXPECT_EQ(full.password, "pa@ss");
  EXPECT_EQ(full.database, 3);
  EXPECT_TRUE(full.tls);

  EXPECT_EQ(parse_address("redis://:secret@localhost").password, "secret");
  EXPECT_EQ(parse_address("redis://[::1]:6380").host, "::1");

  const auto local = parse_address("unix:///run/gatehouse/redis.sock?db=2");
  EXPECT_EQ(local.socket_path, "/run/gatehouse/redis.sock");
  EXPECT_EQ(local.database, 2);
}

TEST(RedisAddress, refuses_what_is_no_redis_url_without_quoting_it) {
  for (const char* wrong : {"", "localhost:6379", "http://marker-secret@localhost", "redis://:marker-secret@",
                            "redis://:marker-secret@localhost/one", "redis://:marker-secret@localhost:99999",
                            "redis://localhost:0", "unix://", "unix:///a?db=-1"}) {
    try {
      parse_address(wrong);
      ADD_FAILURE() << "accepted: " << wrong;
    } catch (const std::runtime_error& error) {
      EXPECT_EQ(std::string(error.what()).find("marker-secret"), std::string::npos);
    }
  }
}

TEST(RedisAddress, describes_itself_without_secrets) {
  EXPECT_EQ(parse_address("redis://gate:secret@cache:7000/1").describe(), "cache:7000");
  EXPECT_EQ(parse_address("unix:///run/redis.sock").describe(), "/run/redis.sock");
}

TEST(RedisAddress, commands_are_arrays_of_bulk_strings) {
  EXPECT_EQ(encode_command({"SET", "k", std::string("a\r\n\0b", 5)}),
            std::string("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\na\r\n\0b\r\n", 31));
}

}  // namespace gatehouse::redis
