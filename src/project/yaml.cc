#include "project/yaml.h"

#include <map>
#include <sstream>
#include <vector>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "platform/base/utf8.h"

namespace gatehouse::project {
namespace {

namespace json = boost::json;

[[noreturn]] void fail(const YAML::Mark& mark, std::string_view what) {
  throw YamlError(fmt::format("line {}, column {}: {}", mark.line + 1, mark.column + 1, what));
}

// Nodes and depth of a value, as the budget counts them.
struct Extent {
  std::size_t nodes = 1;
  std::size_t depth = 1;
};

void add(Extent& whole, const Extent& part) {
  whole.nodes += part.nodes;
  whole.depth = std::max(whole.depth, part.depth + 1);
}

// Builds JSON from the parser's events, within the limits.
class Builder : public YAML::EventHandler {
 public:
  explicit Builder(const YamlLimits& limits) : limits_(limits) {}

  json::value take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { node(mark, nullptr, {}, anchor); }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      fail(mark, "an alias inside the very value that it names");
    }
    if (++aliases_ > limits_.aliases) {
      fail(mark, "too many aliases");
    }
    node(mark, found->second.value, found->second.extent, YAML::NullAnchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    node(mark, scalar(mark, tag, text), {}, anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, "tag:yaml.org,2002:seq", json::array{}, anchor);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, "tag:yaml.org,2002:map", json::object{}, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    json::value value;
    Extent extent;
    YAML::Mark mark;
    YAML::anchor_t anchor;
    std::optional<std::string> key;  // of an object, waiting for its value
  };
  struct Anchored {
    json::value value;
    Extent extent;
  };

  static json::value scalar(const YAML::Mark& mark, const std::string& tag, const std::string& text) {
    if (tag == "!" || tag == "tag:yaml.org,2002:str") {
      return json::value(text);
    }
    auto value = plain_scalar(text);
    if (!value) {
      fail(mark, "infinity and NaN are not allowed");
    }
    const bool fits =
        tag == "?" || tag.empty() || (tag == "tag:yaml.org,2002:int" && (value->is_int64() || value->is_uint64())) ||
        (tag == "tag:yaml.org,2002:float" && value->is_number()) ||
        (tag == "tag:yaml.org,2002:bool" && value->is_bool()) || (tag == "tag:yaml.org,2002:null" && value->is_null());
    if (!fits) {
      fail(mark, "a tag that is not supported, or that does not fit its value");
    }
    return std::move(*value);
  }

  static std::string key_of(const YAML::Mark& mark, const json::value& value) {
    if (value.is_string()) {
      return std::string(value.get_string());
    }
    if (value.is_int64() || value.is_uint64() || value.is_bool()) {
      return json::serialize(value);
    }
    fail(mark, "a key must be text");
  }

  void open(const YAML::Mark& mark, const std::string& tag, std::string_view own_tag, json::value empty,
            YAML::anchor_t anchor) {
    if (tag != "?" && tag != "!" && !tag.empty() && tag != own_tag) {
      fail(mark, "a tag that is not supported");
    }
    if (stack_.size() >= limits_.depth) {
      fail(mark, fmt::format("nested deeper than {} levels", limits_.depth));
    }
    stack_.push_back({std::move(empty), {}, mark, anchor, std::nullopt});
  }

  void close() {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    // Its own node is counted in `node`, its children were when they came.
    nodes_ -= frame.extent.nodes - 1;
    node(frame.mark, std::move(frame.value), frame.extent, frame.anchor);
  }

  void node(const YAML::Mark& mark, json::value value, const Extent& extent, YAML::anchor_t anchor) {
    nodes_ += extent.nodes;
    if (nodes_ > limits_.nodes) {
      fail(mark, fmt::format("more than {} values, aliases expanded", limits_.nodes));
    }
    if (stack_.size() + extent.depth > limits_.depth + 1) {
      fail(mark, fmt::format("nested deeper than {} levels", limits_.depth));
    }
    if (anchor != YAML::NullAnchor) {
      anchors_[anchor] = {value, extent};
    }
    if (stack_.empty()) {
      root_ = std::move(value);
      return;
    }
    put(mark, std::move(value), extent);
  }

  void put(const YAML::Mark& mark, json::value value, const Extent& extent) {
    Frame& parent = stack_.back();
    add(parent.extent, extent);
    if (auto* array = parent.value.if_array()) {
      array->push_back(std::move(value));
      return;
    }
    if (!parent.key) {
      parent.key = key_of(mark, value);
      if (parent.value.get_object().contains(*parent.key)) {
        fail(mark, "a key that the same mapping already has");
      }
      return;
    }
    parent.value.get_object().emplace(*parent.key, std::move(value));
    parent.key.reset();
  }

  const YamlLimits& limits_;
  json::value root_;
  std::vector<Frame> stack_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::size_t nodes_ = 0;
  std::size_t aliases_ = 0;
};

void check_text(std::string_view text, const YamlLimits& limits) {
  if (text.size() > limits.bytes) {
    throw YamlError(fmt::format("larger than {} KiB", limits.bytes / 1024));
  }
  if (!is_utf8(text) || text.contains('\0')) {
    throw YamlError("not UTF-8 text");
  }
}

}  // namespace

json::value parse_yaml(std::string_view text, const YamlLimits& limits) {
  check_text(text, limits);
  // With the end marked, the parser notices a quote that was never closed, as in a file that was cut short.
  std::istringstream stream(fmt::format("{}{}...\n", text, text.ends_with('\n') ? "" : "\n"));
  Builder builder(limits);
  try {
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
    json::value value = builder.take();
    Builder rest(limits);
    if (parser.HandleNextDocument(rest)) {
      throw YamlError("more than one document");
    }
    return value;
  } catch (const YAML::Exception& e) {
    // What follows a colon quotes the text, which may be a secret.
    fail(e.mark, e.msg.substr(0, e.msg.find(':')));
  }
}

}  // namespace gatehouse::project
