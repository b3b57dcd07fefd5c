#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

namespace gatehouse::project {

struct SchemaProblem {
  std::string path;  // JSON pointer of what is wrong; of the object, where a key is missing
  std::string what;  // never quotes a value

  auto operator<=>(const SchemaProblem&) const = default;
};

// A JSON Schema (2019-09) with the keywords that the contract's schemas use, among them keywords beside "$ref". Parsed
// once, then shared by all threads.
class Schema {
 public:
  // References are to the document's own $defs. Throws std::logic_error for a keyword or a format that is not known, so
  // that nothing is left unchecked in silence. `names_keys`: unknown keys are named; off where a key could be a secret.
  explicit Schema(std::string_view document, bool names_keys = true);
  ~Schema();
  Schema(const Schema&) = delete;
  Schema& operator=(const Schema&) = delete;

  // Every problem, in the order of the schema, none twice.
  std::vector<SchemaProblem> validate(const boost::json::value& value) const;

 private:
  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

// RFC 6901: "/" and the escaped name.
std::string pointer_step(std::string_view name);

}  // namespace gatehouse::project
