#include "config/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <unordered_set>
#include <utility>

#include "base/encoding.h"

namespace sluice::config {
namespace {

/// Ends yaml-cpp's parse from inside a callback; caught in ParseYaml.
struct Refusal {
  ErrorCode code;
  int line;
  std::string message;
};

[[noreturn]] void Refuse(const YAML::Mark& mark, std::string message) {
  throw Refusal{ErrorCode::kMalformed, mark.line + 1, std::move(message)};
}

/// Builds the tree from yaml-cpp's events: its own tree would resolve aliases and keep every key.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(const YamlLimits& limits) : limits_(limits) {}

  YamlNode TakeRoot() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) Refuse(mark, "expected one document, found a second");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    if (ExpectsKey()) Refuse(mark, "a key is missing");
    Add(NewNode(mark, YamlNode::Kind::kNull));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Refuse(mark, "aliases (*name) are not supported: write the value out");
  }

  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                const std::string& value) override {
    if (ExpectsKey()) return AddKey(mark, value);
    YamlNode node = NewNode(mark, YamlNode::Kind::kScalar);
    node.scalar = value;
    Add(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    Open(mark, YamlNode::Kind::kSequence);
  }
  void OnSequenceEnd() override { Close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    Open(mark, YamlNode::Kind::kMap);
  }
  void OnMapEnd() override { Close(); }

 private:
  /// A sequence or map whose end has not been seen.
  struct OpenNode {
    YamlNode node;
    bool has_key = false;  ///< Of a map: the last entry waits for its value.
    std::unordered_set<std::string> keys;
  };

  bool ExpectsKey() const {
    return !open_.empty() && open_.back().node.kind == YamlNode::Kind::kMap &&
           !open_.back().has_key;
  }

  YamlNode NewNode(const YAML::Mark& mark, YamlNode::Kind kind) {
    if (++nodes_ > limits_.max_nodes) {
      throw Refusal{ErrorCode::kTooLarge, mark.line + 1,
                    Format("more than {} values", limits_.max_nodes)};
    }
    return {.kind = kind, .line = mark.line + 1, .column = mark.column + 1};
  }

  void Open(const YAML::Mark& mark, YamlNode::Kind kind) {
    if (ExpectsKey()) Refuse(mark, "a key must be plain text");
    if (open_.size() >= static_cast<std::size_t>(limits_.max_depth)) {
      throw Refusal{ErrorCode::kTooLarge, mark.line + 1,
                    Format("nested deeper than {} levels", limits_.max_depth)};
    }
    open_.push_back({.node = NewNode(mark, kind)});
  }

  void Close() {
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    Add(std::move(node));
  }

  void AddKey(const YAML::Mark& mark, const std::string& key) {
    OpenNode& map = open_.back();
    if (!map.keys.insert(key).second) Refuse(mark, Format("key '{}' is given twice", key));
    map.node.entries.push_back({.key = key, .line = mark.line + 1, .value = {}});
    map.has_key = true;
  }

  void Add(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
    } else if (open_.back().node.kind == YamlNode::Kind::kMap) {
      open_.back().node.entries.back().value = std::move(node);
      open_.back().has_key = false;
    } else {
      open_.back().node.items.push_back(std::move(node));
    }
  }

  const YamlLimits limits_;
  int nodes_ = 0;
  int documents_ = 0;
  std::vector<OpenNode> open_;
  YamlNode root_;
};

/// The line of the first character that YAML 1.2 forbids, or 0. yaml-cpp would take U+0004 for the
/// end of the file.
int LineOfForbiddenCharacter(std::string_view text) {
  const auto is_forbidden = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7f;
  };
  const auto found = std::ranges::find_if(text, is_forbidden);
  if (found == text.end()) return 0;
  return 1 + static_cast<int>(std::count(text.begin(), found, '\n'));
}

Result<void> CheckText(std::string_view text, std::string_view file, const YamlLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return TooLarge("{}: larger than {} bytes", file, limits.max_bytes);
  }
  if (!IsValidUtf8(text)) return Malformed("{}: not UTF-8 text", file);
  if (const int line = LineOfForbiddenCharacter(text); line > 0) {
    return Malformed("{}:{}: a control character", file, line);
  }
  return {};
}

}  // namespace

const YamlNode* YamlNode::Find(std::string_view key) const {
  const auto found = std::ranges::find(entries, key, &YamlEntry::key);
  return found == entries.end() ? nullptr : &found->value;
}

std::string YamlDocument::At(int line) const { return Format("{}:{}", file, line); }

Result<YamlDocument> ParseYaml(std::string_view text, std::string_view file,
                               const YamlLimits& limits) {
  TRY(CheckText(text, file, limits));
  std::istringstream input{std::string(text)};
  TreeBuilder builder(limits);
  try {
    YAML::Parser parser(input);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Refusal& refusal) {
    return Error{refusal.code, Format("{}:{}: {}", file, refusal.line, refusal.message), {}};
  } catch (const YAML::Exception& fault) {
    return Malformed("{}:{}: {}", file, fault.mark.line + 1, fault.msg);
  } catch (const std::exception& fault) {
    return WithDetail(Malformed("{}: cannot be parsed", file), fault.what());
  }
  return YamlDocument{std::string(file), builder.TakeRoot()};
}

Result<YamlDocument> ReadYamlFile(const std::string& path, const YamlLimits& limits) {
  std::ifstream input(path, std::ios::binary);
  if (!input) {
    const int fault = errno;
    if (fault == ENOENT) return NotFound("{}: no such file", path);
    return Unavailable("{}: cannot be read: {}", path, std::strerror(fault));
  }
  std::string text;
  std::string piece(64 << 10, '\0');
  // Stops past the limit, so that ParseYaml sees that the file is too large.
  while (input && text.size() <= limits.max_bytes) {
    input.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    text.append(piece, 0, static_cast<std::size_t>(input.gcount()));
  }
  if (input.bad()) return Unavailable("{}: cannot be read", path);
  return ParseYaml(text, path, limits);
}

}  // namespace sluice::config
