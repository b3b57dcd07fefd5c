#include "platform/postgres/url.h"

#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gatehouse::postgres {
namespace {

TEST(DatabaseUrl, takes_what_libpq_takes) {
  for (const char* right :
       {"postgres://db", "postgresql://u:p%40ss@db:5432/app?sslmode=require", "postgres://one:5432,two:5433/app",
        "postgres://one,two:5433/app", "postgres://gatehouse@/app?host=/run/postgresql", "postgres://[::1]:5432/app"}) {
    EXPECT_NO_THROW(check_url(right)) << right;
  }
}

TEST(DatabaseUrl, says_what_is_wrong_without_quoting_it) {
  for (const char* wrong :
       {"", "host=db", "mysql://marker-secret@db", "postgres://u:marker-secret@db:99999/app",
        "postgres://u:marker-secret@db:x/app", "postgres://u:marker-secret@db:0/app", "postgres://one:1,two:-2/app",
        "postgres://one,two:70000/app", "postgres://one:1,two:2/app?host=three", "postgres://db/app?nonsense=1",
        "postgres://u:marker-secret@db/%zz"}) {
    try {
      check_url(wrong);
      ADD_FAILURE() << "accepted: " << wrong;
    } catch (const std::runtime_error& error) {
      EXPECT_THAT(error.what(),
                  testing::AllOf(testing::StartsWith("must "), testing::Not(testing::HasSubstr("marker"))))
          << wrong;
    }
  }
}

TEST(DatabaseSchema, is_a_plain_name) {
  for (const char* right : {"public", "Gate_house-2"}) {
    EXPECT_NO_THROW(check_schema(right)) << right;
  }
  for (const std::string& wrong : {std::string(), std::string("a;b"), std::string("a b"), std::string("\"a\""),
                                   std::string("pg_mine"), std::string(64, 'x')}) {
    EXPECT_THROW(check_schema(wrong), std::runtime_error) << wrong;
  }
}

}  // namespace
}  // namespace gatehouse::postgres
