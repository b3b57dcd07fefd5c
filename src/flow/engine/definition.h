#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flow/engine/vocabulary.h"

namespace gatehouse::flow {

// Where a step stands in its flow: step, branch, step, branch … step. As text it is the JSON pointer of the contract's
// configuration: "/steps/0/one_of/1/steps/0".
class Pointer {
 public:
  Pointer() = default;
  explicit Pointer(std::vector<int> indices) : indices_(std::move(indices)) {}
  static Pointer first() { return Pointer({0}); }
  static std::optional<Pointer> parse(std::string_view text);

  std::string text() const;
  const std::vector<int>& indices() const { return indices_; }
  Pointer next() const;              // the step after this one, if there is one
  Pointer inside(int branch) const;  // the first step of a branch of this step
  auto operator<=>(const Pointer&) const = default;

 private:
  std::vector<int> indices_;
};

struct StepDefinition;

// One of a step's ways.
struct Branch {
  std::optional<Identification> identification;
  std::optional<Authentication> authentication;
  std::string target_step;
  std::vector<StepDefinition> steps;  // what follows on this way
};

struct StepDefinition {
  StepType type = StepType::identify;
  std::string name;
  bool optional = false;
  std::string target_step;
  std::vector<Branch> one_of;

  std::optional<int> branch_of(Authentication authentication) const;  // the first
};

// A flow as data: what the contract's configuration describes, or what is derived from the project's settings.
struct Definition {
  FlowType type = FlowType::login;
  std::string name;
  std::vector<StepDefinition> steps;

  const StepDefinition* find(const Pointer& at) const;  // null where there is no such step
};

// Two definitions with the same digest are the same flow.
std::string digest(const Definition& definition);

}  // namespace gatehouse::flow
