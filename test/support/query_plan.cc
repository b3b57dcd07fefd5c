#include "support/query_plan.h"

#include <libpq-fe.h>
#include <memory>
#include <stdexcept>

namespace gatehouse::test {

namespace {

using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using Owned = std::unique_ptr<PGresult, decltype(&PQclear)>;

Connection connect(const std::string& url) { return {PQconnectdb(url.c_str()), &PQfinish}; }

void execute(const Connection& connection, const std::string& sql) {
  const Owned result(PQexec(connection.get(), sql.c_str()), &PQclear);
  if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) {
    throw std::runtime_error(PQerrorMessage(connection.get()));
  }
}

std::string lines_of(const Connection& connection, const Owned& plan) {
  if (PQresultStatus(plan.get()) != PGRES_TUPLES_OK) {
    throw std::runtime_error(PQerrorMessage(connection.get()));
  }
  std::string text;
  for (int row = 0; row < PQntuples(plan.get()); ++row) {
    text += PQgetvalue(plan.get(), row, 0);
    text += '\n';
  }
  return text;
}

}  // namespace

std::string query_plan(const std::string& url, const std::string& sql, const std::vector<std::string>& params) {
  const auto connection = connect(url);
  execute(connection, "SET enable_seqscan = off");
  std::vector<const char*> values;
  values.reserve(params.size());
  for (const auto& param : params) {
    values.push_back(param.c_str());
  }
  const Owned plan(PQexecParams(connection.get(), ("EXPLAIN (COSTS OFF) " + sql).c_str(),
                                static_cast<int>(values.size()), nullptr, values.data(), nullptr, nullptr, 0),
                   &PQclear);
  return lines_of(connection, plan);
}

std::string prepared_plan(const std::string& url, const std::string& sql, int params) {
  const auto connection = connect(url);
  execute(connection, "SET plan_cache_mode = force_generic_plan");
  execute(connection, "PREPARE statement AS " + sql);
  std::string nulls;
  for (int i = 0; i < params; ++i) {
    nulls += i == 0 ? "NULL" : ", NULL";
  }
  const Owned plan(PQexec(connection.get(), ("EXPLAIN (COSTS OFF) EXECUTE statement (" + nulls + ")").c_str()),
                   &PQclear);
  return lines_of(connection, plan);
}

}  // namespace gatehouse::test
