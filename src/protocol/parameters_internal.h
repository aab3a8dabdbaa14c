#pragma once

// Query parameters and numbers as clients send them. Errors are in the reference server's words.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "http/message.h"
#include "table/metadata.h"

namespace sluice::protocol {

inline constexpr std::size_t kMaxEchoedBytes = 64;  ///< Of a value repeated in an error.

/// Reads a whole decimal number. Errors: `code`, "Not a numeric value: x...".
Result<std::int64_t> ParseInteger(std::string_view text, ErrorCode code);
/// Errors: `code`, "Not an int32 value: n".
Result<std::int32_t> ToInt32(std::int64_t number, ErrorCode code);
/// Errors: kInvalidArgument unless it is positive, `code` if it is no int32.
Result<std::int32_t> ToMaxFiles(std::int64_t number, ErrorCode code);
/// Errors: kInvalidArgument "{name} cannot be negative".
Result<table::Version> ToVersion(std::string_view name, std::int64_t number);
/// True or false in any case. None if it is neither.
std::optional<bool> ParseBoolean(std::string_view text);

// Query parameters; the first of a name counts. Errors: kInvalidArgument.
std::optional<std::string> FindText(const http::Request& request, std::string_view name);
Result<bool> FindBoolean(const http::Request& request, std::string_view name);
Result<std::optional<std::int32_t>> FindMaxFiles(const http::Request& request);
Result<std::optional<table::Version>> FindVersion(const http::Request& request,
                                                  std::string_view name);
Result<std::optional<SystemTime>> FindTimestamp(const http::Request& request,
                                                std::string_view name);

}  // namespace sluice::protocol
