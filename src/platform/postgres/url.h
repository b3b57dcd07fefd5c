#pragma once

#include <string>

namespace gatehouse::postgres {

// Throws std::runtime_error that says what a database URL must be ("must have ports …"), and never quotes it: it may
// hold a password.
void check_url(const std::string& url);

// Throws std::runtime_error that says what the name of a schema must be. PostgreSQL would take anything in quotes, but
// what has other characters is more likely a mistake than a name.
void check_schema(const std::string& name);

}  // namespace gatehouse::postgres
