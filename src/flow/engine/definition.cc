#include "flow/engine/definition.h"

#include <charconv>

#include <fmt/format.h>

#include "platform/crypto/hash.h"

namespace gatehouse::flow {

namespace {

constexpr std::string_view kSteps = "/steps/";
constexpr std::string_view kOneOf = "/one_of/";
constexpr std::size_t kDeepest = 32;

void describe(std::string& out, const std::vector<StepDefinition>& steps);

void describe(std::string& out, const Branch& branch) {
  const auto identification = branch.identification ? text(*branch.identification) : "";
  const auto authentication = branch.authentication ? text(*branch.authentication) : "";
  out += fmt::format("({}|{}|{}", identification, authentication, branch.target_step);
  describe(out, branch.steps);
  out += ')';
}

void describe(std::string& out, const std::vector<StepDefinition>& steps) {
  for (const auto& step : steps) {
    out += fmt::format("[{}|{}|{}|{}", text(step.type), step.name, step.optional, step.target_step);
    for (const auto& branch : step.one_of) {
      describe(out, branch);
    }
    out += ']';
  }
}

}  // namespace

std::optional<Pointer> Pointer::parse(std::string_view text) {
  std::vector<int> indices;
  while (!text.empty()) {
    const auto word = indices.size() % 2 == 0 ? kSteps : kOneOf;
    if (!text.starts_with(word) || indices.size() == kDeepest) {
      return std::nullopt;
    }
    text.remove_prefix(word.size());
    int index = -1;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), index);
    if (problem != std::errc{} || index < 0) {
      return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    indices.push_back(index);
  }
  return indices.size() % 2 == 1 ? std::optional(Pointer(std::move(indices))) : std::nullopt;
}

std::string Pointer::text() const {
  std::string text;
  for (std::size_t i = 0; i < indices_.size(); ++i) {
    text += fmt::format("{}{}", i % 2 == 0 ? kSteps : kOneOf, indices_[i]);
  }
  return text;
}

Pointer Pointer::next() const {
  auto indices = indices_;
  ++indices.back();
  return Pointer(std::move(indices));
}

Pointer Pointer::inside(int branch) const {
  auto indices = indices_;
  indices.push_back(branch);
  indices.push_back(0);
  return Pointer(std::move(indices));
}

std::optional<int> StepDefinition::branch_of(Authentication authentication) const {
  for (std::size_t i = 0; i < one_of.size(); ++i) {
    if (one_of[i].authentication == authentication) {
      return static_cast<int>(i);
    }
  }
  return std::nullopt;
}

const StepDefinition* Definition::find(const Pointer& at) const {
  const auto* list = &steps;
  const StepDefinition* step = nullptr;
  const auto& indices = at.indices();
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const auto index = static_cast<std::size_t>(indices[i]);
    if (i % 2 == 1) {
      if (index >= step->one_of.size()) {
        return nullptr;
      }
      list = &step->one_of[index].steps;
      continue;
    }
    if (index >= list->size()) {
      return nullptr;
    }
    step = &(*list)[index];
  }
  return step;
}

std::string digest(const Definition& definition) {
  auto whole = fmt::format("{}|{}", text(definition.type), definition.name);
  describe(whole, definition.steps);
  return crypto::sha256_hex(whole).substr(0, 32);
}

}  // namespace gatehouse::flow
