#include <algorithm>

#include "admin/json_fields_internal.h"
#include "config/value.h"

namespace sluice::admin {

using std::chrono::milliseconds;
using std::chrono::seconds;

const json::value* JsonFields::Take(std::string_view key) {
  known_.emplace_back(key);
  const auto found = object_.find(key);
  return found == object_.end() ? nullptr : &found->value();
}

Error JsonFields::Wrong(std::string_view key, std::string_view expected) const {
  return InvalidArgument("{}: expected {}", key, expected);
}

Result<void> JsonFields::Read(std::string_view key, std::optional<std::string>& out) {
  const json::value* const value = Take(key);
  if (value == nullptr) return {};
  if (!value->is_string() || value->as_string().size() > kMaxTextBytes) {
    return Wrong(key, Format("a text of at most {} bytes", kMaxTextBytes));
  }
  out = std::string(value->as_string());
  return {};
}

Result<void> JsonFields::Read(std::string_view key, std::string& out) {
  std::optional<std::string> text;
  TRY(Read(key, text));
  if (text) out = std::move(*text);
  return {};
}

Result<void> JsonFields::Read(std::string_view key, std::optional<bool>& out) {
  const json::value* const value = Take(key);
  if (value == nullptr) return {};
  if (!value->is_bool()) return Wrong(key, "true or false");
  out = value->as_bool();
  return {};
}

Result<void> JsonFields::Read(std::string_view key, bool& out) {
  std::optional<bool> truth;
  TRY(Read(key, truth));
  out = truth.value_or(out);
  return {};
}

Result<void> JsonFields::Read(std::string_view key, std::optional<std::int64_t>& out) {
  const json::value* const value = Take(key);
  if (value == nullptr) return {};
  if (!value->is_int64()) return Wrong(key, "a whole number");
  out = value->as_int64();
  return {};
}

Result<void> JsonFields::Read(std::string_view key,
                              std::optional<std::map<std::string, std::string>>& out) {
  const json::value* const value = Take(key);
  if (value == nullptr) return {};
  const Error wrong =
      Wrong(key, Format("an object of at most {} texts, each by its name", kMaxItems));
  if (!value->is_object() || value->as_object().size() > kMaxItems) return wrong;
  out.emplace();
  for (const auto& [name, item] : value->as_object()) {
    const bool fits = item.is_string() && item.as_string().size() <= kMaxTextBytes;
    if (!fits || name.empty() || name.size() > kMaxNameBytes) return wrong;
    out->emplace(std::string(name), std::string(item.as_string()));
  }
  return {};
}

Result<void> JsonFields::Read(std::string_view key, std::optional<std::vector<std::string>>& out) {
  const json::value* const value = Take(key);
  if (value == nullptr) return {};
  const Error wrong = Wrong(key, Format("a list of at most {} texts", kMaxItems));
  if (!value->is_array() || value->as_array().size() > kMaxItems) return wrong;
  out.emplace();
  for (const json::value& item : value->as_array()) {
    if (!item.is_string() || item.as_string().size() > kMaxTextBytes) return wrong;
    out->emplace_back(item.as_string());
  }
  return {};
}

Result<void> JsonFields::Read(std::string_view key, std::optional<milliseconds>& out) {
  const json::value* const value = Take(key);
  if (value == nullptr) return {};
  constexpr std::int64_t kMaxSeconds = 10LL * 366 * 24 * 3600;
  if (value->is_int64() && value->as_int64() >= 0 && value->as_int64() <= kMaxSeconds) {
    out = seconds(value->as_int64());
    return {};
  }
  const auto parsed = value->is_string() ? config::ParseDuration(value->as_string())
                                         : Result<milliseconds>(InvalidArgument("no text"));
  if (!parsed.ok()) return Wrong(key, "a duration such as 24h or 90d");
  out = *parsed;
  return {};
}

Result<void> JsonFields::Read(std::string_view key, std::optional<seconds>& out) {
  std::optional<milliseconds> duration;
  TRY(Read(key, duration));
  if (duration) out = std::chrono::ceil<seconds>(*duration);
  return {};
}

Result<void> JsonFields::CheckAllRead() const {
  for (const auto& [key, value] : object_) {
    if (std::ranges::find(known_, std::string(key)) != known_.end()) continue;
    const std::string_view nearest =
        config::NearestName(key, std::vector<std::string_view>(known_.begin(), known_.end()));
    const std::string known = nearest.empty() ? "; known are " + config::JoinList(known_)
                                              : Format("; did you mean '{}'?", nearest);
    return InvalidArgument("unknown field '{}'{}", std::string(key), known);
  }
  return {};
}

}  // namespace sluice::admin
