#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice::config {

// The text forms of a setting's value: what a person writes in a file, in the environment or as a
// flag. Every Parse function takes what its Format function gives. Errors: kInvalidArgument with a
// message that says what was expected, to be prefixed with where the text stood.

Result<bool> ParseBool(std::string_view text);  ///< "true" or "false"
Result<std::int64_t> ParseInteger(std::string_view text);
/// "500ms", "30s", "5m", "1h", "7d"; a bare "0" too. Up to ten years.
Result<std::chrono::milliseconds> ParseDuration(std::string_view text);
/// "0", "100", "64KiB", "2MiB", "1GiB", "1TiB": bytes, units of 1024. Up to 2^50.
Result<std::size_t> ParseBytes(std::string_view text);
/// Items between commas, trimmed; an empty text is an empty list.
std::vector<std::string> SplitList(std::string_view text);

std::string FormatBool(bool value);
std::string FormatDuration(std::chrono::milliseconds value);
std::string FormatBytes(std::size_t value);
std::string JoinList(const std::vector<std::string>& items);

/// HOST:PORT, [IPV6]:PORT. A port of 0 lets the system choose one.
struct HostPort {
  std::string host;  ///< Without brackets.
  std::uint16_t port = 0;

  std::string ToString() const;
};
Result<HostPort> ParseHostPort(std::string_view text);

/// True if only this machine can reach `host`: 127.0.0.0/8, ::1 or "localhost".
bool IsLoopback(std::string_view host);

/// The one of `known` that is a likely misspelling of it (two edits, or case alone), or "".
std::string_view NearestName(std::string_view name, const std::vector<std::string_view>& known);

}  // namespace sluice::config
