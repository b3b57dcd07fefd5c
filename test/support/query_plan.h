#pragma once

#include <string>
#include <vector>

namespace gatehouse::test {

// EXPLAIN of `sql` with `params` in the database at `url`, as text. Scans of whole tables are made expensive first, so
// "Seq Scan" stands there only where no index serves, however small the table is.
std::string query_plan(const std::string& url, const std::string& sql, const std::vector<std::string>& params);

// EXPLAIN of `sql`, which has so many parameters, as the product's connections plan it: once, for whatever they are, by
// what PostgreSQL knows of the tables now.
std::string prepared_plan(const std::string& url, const std::string& sql, int params);

}  // namespace gatehouse::test
