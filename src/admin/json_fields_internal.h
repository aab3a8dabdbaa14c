#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace sluice::admin {

/// Reads the fields of a JSON object that came in a request. Each Read leaves the target as it is
/// if the field is not there. Errors: kInvalidArgument naming the field.
class JsonFields {
 public:
  explicit JsonFields(const json::object& object) : object_(object) {}

  static constexpr std::size_t kMaxTextBytes = 65'536;
  static constexpr std::size_t kMaxNameBytes = 255;
  static constexpr std::size_t kMaxItems = 1'000;

  Result<void> Read(std::string_view key, std::optional<std::string>& out);
  Result<void> Read(std::string_view key, std::string& out);
  Result<void> Read(std::string_view key, std::optional<bool>& out);
  Result<void> Read(std::string_view key, bool& out);
  Result<void> Read(std::string_view key, std::optional<std::int64_t>& out);
  Result<void> Read(std::string_view key, std::optional<std::map<std::string, std::string>>& out);
  Result<void> Read(std::string_view key, std::optional<std::vector<std::string>>& out);
  /// "90d", "24h"; also whole seconds as a number.
  Result<void> Read(std::string_view key, std::optional<std::chrono::seconds>& out);
  Result<void> Read(std::string_view key, std::optional<std::chrono::milliseconds>& out);

  /// The value, which counts as read; nullptr if it is not there.
  const json::value* Take(std::string_view key);
  /// Errors: kInvalidArgument for a field that nobody asked for, with the nearest that was.
  Result<void> CheckAllRead() const;

 private:
  Error Wrong(std::string_view key, std::string_view expected) const;

  const json::object& object_;
  std::vector<std::string> known_;
};

}  // namespace sluice::admin
