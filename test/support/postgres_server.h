#pragma once

#include <string>

namespace gatehouse::test {

// URLs of new databases that nobody else uses, migrated ("app", "audit") or without a table. They live in this test
// program's own PostgreSQL, which is started on the first call and removed when the program ends.
std::string fresh_database();
std::string fresh_audit_database();
std::string empty_database();

}  // namespace gatehouse::test
