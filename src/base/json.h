#pragma once

#include <boost/json.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice {

/// The one JSON library of the tree (Boost.JSON), under a short name.
namespace json = boost::json;

struct JsonLimits {
  std::size_t max_bytes = 16 << 20;
  std::size_t max_depth = 100;
};

/// Parses exactly one JSON text (RFC 8259): no comments, no trailing comma, UTF-8 checked.
/// Errors: kMalformed, with the offset of the fault; kTooLarge if a limit is passed. Never throws.
Result<json::value> ParseJson(std::string_view text, const JsonLimits& limits = {});

/// Appends `text` between quotes, escaped so that it stays one line for every reader: besides what
/// JSON demands, U+0085, U+2028 and U+2029 are written as \u escapes, since Python's splitlines()
/// cuts there. `text` must be UTF-8; broken sequences become U+FFFD.
void AppendJsonString(std::string_view text, std::string& out);
/// The same without the surrounding quotes.
void AppendJsonEscaped(std::string_view text, std::string& out);
std::string JsonString(std::string_view text);

/// Appends the decimal digits of `value`.
void AppendNumber(std::int64_t value, std::string& out);

/// Serialises on one line; strings as AppendJsonString writes them; objects keep their order.
void AppendJson(const json::value& value, std::string& out);

/// Member `key` of `object` if it is there and not null, else nullptr.
const json::value* FindMember(const json::object& object, std::string_view key);

}  // namespace sluice
