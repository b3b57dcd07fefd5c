#pragma once

#include <memory>
#include <string>

namespace gatehouse::test {

// Stands before a test's PostgreSQL and loses answers: what was asked happened, but who asked sees a broken connection.
class PostgresProxy {
 public:
  explicit PostgresProxy(const std::string& url);  // of fresh_database
  ~PostgresProxy();
  PostgresProxy(const PostgresProxy&) = delete;
  PostgresProxy& operator=(const PostgresProxy&) = delete;

  std::string url() const;
  // Drops `count` answers, each with its connection, after the next `spared` ones.
  void lose_answers(int count, int spared = 0);
  int lost() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::test
