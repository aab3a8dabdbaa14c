#include <charconv>
#include <limits>
#include <system_error>

#include "base/encoding.h"
#include "protocol/parameters_internal.h"
#include "protocol/query.h"

namespace sluice::protocol {

Result<std::int64_t> ParseInteger(std::string_view text, ErrorCode code) {
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure == std::errc() && end == text.data() + text.size()) return number;
  return Error{code,
               Format("Not a numeric value: {}: expected a number but the string didn't have the "
                      "appropriate format",
                      text.substr(0, kMaxEchoedBytes)),
               {}};
}

Result<std::int32_t> ToInt32(std::int64_t number, ErrorCode code) {
  using Limits = std::numeric_limits<std::int32_t>;
  if (number < Limits::min() || number > Limits::max()) {
    return Error{code, Format("Not an int32 value: {}", number), {}};
  }
  return static_cast<std::int32_t>(number);
}

Result<std::int32_t> ToMaxFiles(std::int64_t number, ErrorCode code) {
  const std::int32_t max_files = TRY(ToInt32(number, code));
  if (max_files <= 0) return InvalidArgument("maxFiles must be positive");
  return max_files;
}

Result<table::Version> ToVersion(std::string_view name, std::int64_t number) {
  if (number < 0) return InvalidArgument("{} cannot be negative", name);
  return table::Version(number);
}

std::optional<bool> ParseBoolean(std::string_view text) {
  if (EqualsIgnoringAsciiCase(text, "true")) return true;
  if (EqualsIgnoringAsciiCase(text, "false")) return false;
  return std::nullopt;
}

std::optional<std::string> FindText(const http::Request& request, std::string_view name) {
  const std::string* const text = request.FindQuery(name);
  return text == nullptr ? std::nullopt : std::optional(*text);
}

Result<bool> FindBoolean(const http::Request& request, std::string_view name) {
  const std::string* const text = request.FindQuery(name);
  if (text == nullptr) return false;
  if (const std::optional<bool> value = ParseBoolean(*text)) return *value;
  return InvalidArgument("Invalid {}: '{}' is neither true nor false", name,
                         std::string_view(*text).substr(0, kMaxEchoedBytes));
}

Result<std::optional<std::int32_t>> FindMaxFiles(const http::Request& request) {
  const std::string* const text = request.FindQuery("maxFiles");
  if (text == nullptr) return std::optional<std::int32_t>();
  const std::int64_t number = TRY(ParseInteger(*text, ErrorCode::kInvalidArgument));
  return std::optional(TRY(ToMaxFiles(number, ErrorCode::kInvalidArgument)));
}

Result<std::optional<table::Version>> FindVersion(const http::Request& request,
                                                  std::string_view name) {
  const std::string* const text = request.FindQuery(name);
  if (text == nullptr) return std::optional<table::Version>();
  const std::int64_t number = TRY(ParseInteger(*text, ErrorCode::kInvalidArgument));
  return std::optional(TRY(ToVersion(name, number)));
}

Result<std::optional<SystemTime>> FindTimestamp(const http::Request& request,
                                                std::string_view name) {
  const std::string* const text = request.FindQuery(name);
  if (text == nullptr) return std::optional<SystemTime>();
  return std::optional(TRY(ParseTimestamp(name, *text)));
}

}  // namespace sluice::protocol
