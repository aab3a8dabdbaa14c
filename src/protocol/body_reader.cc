#include <cmath>
#include <utility>

#include "base/encoding.h"
#include "protocol/body_reader_internal.h"
#include "protocol/parameters_internal.h"
#include "protocol/query.h"

namespace sluice::protocol {

Result<BodyReader> BodyReader::Parse(std::string_view text, std::string_view message) {
  if (TrimAsciiSpace(text).empty()) return BodyReader({}, message);
  json::value parsed = TRY(ParseJson(text, {.max_bytes = kMaxQueryBodyBytes}));
  if (!parsed.is_object()) return Malformed("the body must be a JSON object");
  return BodyReader(std::move(parsed.get_object()), message);
}

Result<std::optional<std::int64_t>> BodyReader::Integer(std::string_view key) const {
  const json::value* const member = FindMember(object_, key);
  if (member == nullptr) return std::optional<std::int64_t>();
  if (member->is_int64()) return std::optional(member->get_int64());
  if (member->is_string()) {
    const std::string_view text = member->get_string();
    return std::optional(TRY(ParseInteger(text, ErrorCode::kMalformed)));
  }
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (const double* const real = member->if_double();
      real != nullptr && std::trunc(*real) == *real && *real >= -kTwoTo63 && *real < kTwoTo63) {
    return std::optional(static_cast<std::int64_t>(*real));
  }
  return Malformed("Not a numeric value: {} must be an integer of 64 bits", key);
}

Result<std::optional<std::int32_t>> BodyReader::MaxFiles() const {
  const std::optional<std::int64_t> number = TRY(Integer("maxFiles"));
  if (!number) return std::optional<std::int32_t>();
  return std::optional(TRY(ToMaxFiles(*number, ErrorCode::kMalformed)));
}

Result<std::optional<table::Version>> BodyReader::Version(std::string_view key,
                                                          std::string_view name) const {
  const std::optional<std::int64_t> number = TRY(Integer(key));
  if (!number) return std::optional<table::Version>();
  return std::optional(TRY(ToVersion(name, *number)));
}

Result<std::optional<SystemTime>> BodyReader::Timestamp(std::string_view key) const {
  const std::optional<std::string> text = TRY(Text(key));
  if (!text) return std::optional<SystemTime>();
  return std::optional(TRY(ParseTimestamp(key, *text)));
}

Result<bool> BodyReader::Boolean(std::string_view key) const {
  const json::value* const member = FindMember(object_, key);
  if (member == nullptr) return false;
  if (member->is_bool()) return member->get_bool();
  if (member->is_string()) {
    const std::string_view text = member->get_string();
    if (const std::optional<bool> value = ParseBoolean(text)) return *value;
  }
  return Malformed("Expected a boolean for field {} of {}", key, message_);
}

Result<std::optional<std::string>> BodyReader::Text(std::string_view key) const {
  const json::value* const member = FindMember(object_, key);
  if (member == nullptr) return std::optional<std::string>();
  if (member->is_string()) return std::optional(std::string(member->get_string()));
  return Malformed("Expected a string for field {} of {}", key, message_);
}

Result<std::optional<std::string>> BodyReader::TextOrObject(std::string_view key) const {
  const json::value* const member = FindMember(object_, key);
  if (member == nullptr || !member->is_object()) return Text(key);
  std::string text;
  AppendJson(*member, text);
  return std::optional(std::move(text));
}

Result<std::vector<std::string>> BodyReader::Texts(std::string_view key,
                                                   std::size_t max_items) const {
  std::vector<std::string> texts;
  const json::value* const member = FindMember(object_, key);
  if (member == nullptr) return texts;
  if (!member->is_array()) {
    return Malformed("Expected an array for repeated field {} of {}", key, message_);
  }
  const json::array& array = member->get_array();
  if (array.size() > max_items) return TooLarge("{} has more than {} items", key, max_items);
  texts.reserve(array.size());
  for (const json::value& item : array) {
    if (!item.is_string()) return Malformed("Expected a string for each item of {}", key);
    texts.emplace_back(item.get_string());
  }
  return texts;
}

}  // namespace sluice::protocol
