#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace sluice::protocol {

/// Writes a JSON object member by member; it ends with Close or with the writer's life. While a
/// nested object is open, its parent must rest.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(&out) { out.push_back('{'); }
  ObjectWriter(ObjectWriter&& other) noexcept
      : out_(std::exchange(other.out_, nullptr)), first_(other.first_) {}
  ~ObjectWriter() { Close(); }
  void Close() {
    if (out_ != nullptr) std::exchange(out_, nullptr)->push_back('}');
  }

  void Text(std::string_view key, std::string_view text) { AppendJsonString(text, Key(key)); }
  void OptionalText(std::string_view key, const std::optional<std::string>& text) {
    if (text) Text(key, *text);
  }
  void Number(std::string_view key, std::int64_t number) { AppendNumber(number, Key(key)); }
  void Texts(std::string_view key, const std::vector<std::string>& texts) {
    std::string& out = Key(key);
    out.push_back('[');
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if (i > 0) out.push_back(',');
      AppendJsonString(texts[i], out);
    }
    out.push_back(']');
  }
  void Map(std::string_view key, const std::vector<std::pair<std::string, std::string>>& pairs) {
    ObjectWriter map = Object(key);
    for (const auto& [name, value] : pairs) map.Text(name, value);
  }
  ObjectWriter Object(std::string_view key) { return ObjectWriter(Key(key)); }

 private:
  std::string& Key(std::string_view key) {
    if (!std::exchange(first_, false)) out_->push_back(',');
    AppendJsonString(key, *out_);
    out_->push_back(':');
    return *out_;
  }

  std::string* out_;
  bool first_ = true;
};

}  // namespace sluice::protocol
