#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"

namespace sluice::cli {

// What a person writes as a parameter, as the REST surface wants it. Errors: kInvalidArgument that
// says what was expected.

/// A path as it is found from anywhere; one that cannot be made absolute stays.
std::string AbsolutePath(const std::string& path);
/// The same for a location that is no URL, without a slash at its end.
std::string AbsoluteLocation(const std::string& location);

/// {"KEY=VALUE", ...} as an object. An empty text alone is an empty object; a value may be empty
/// and may hold further equals signs. `name` is the parameter, for errors.
Result<json::object> ParsePairs(std::string_view name, const std::vector<std::string>& texts);

/// A point in time: a day ("2027-01-31", which begins at midnight UTC) or ISO 8601 with an offset.
Result<SystemTime> ParseTime(std::string_view name, std::string_view text);

/// How long something lasts: "90d" is `lifetime`, a point in time is `time`, "never" is neither.
struct Expiry {
  std::optional<std::chrono::milliseconds> lifetime;
  std::optional<SystemTime> time;
};
Result<Expiry> ParseExpiry(std::string_view name, std::string_view text);

/// "2026-11-21T10:00:00.000Z", as the server writes it.
std::string TimeText(SystemTime time);

/// A part of a path of a URL.
std::string PathPart(std::string_view name);

/// "SCHEMA.TABLE" in two.
struct TableName {
  std::string schema;
  std::string table;
};
Result<TableName> ParseTableName(std::string_view text);

}  // namespace sluice::cli
