#include "support/query_plan.h"

#include <libpq-fe.h>
#include <memory>
#include <stdexcept>

namespace gatehouse::test {

std::string query_plan(const std::string& url, const std::string& sql, const std::vector<std::string>& params) {
  using Owned = std::unique_ptr<PGresult, decltype(&PQclear)>;
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(url.c_str()), &PQfinish);
  const Owned set(PQexec(connection.get(), "SET enable_seqscan = off"), &PQclear);
  std::vector<const char*> values;
  for (const auto& param : params) {
    values.push_back(param.c_str());
  }
  const Owned plan(PQexecParams(connection.get(), ("EXPLAIN (COSTS OFF) " + sql).c_str(),
                                static_cast<int>(values.size()), nullptr, values.data(), nullptr, nullptr, 0),
                   &PQclear);
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

}  // namespace gatehouse::test
