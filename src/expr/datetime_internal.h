#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::expr {

/// Days since 1970-01-01 in the proleptic Gregorian calendar of "yyyy-MM-dd"; the year has four to
/// six digits and may have a sign, month and day one or two. nullopt for anything else.
std::optional<std::int64_t> ParseDate(std::string_view text);

struct ParsedTimestamp {
  std::int64_t micros = 0;  ///< Since 1970-01-01 00:00:00, taken as UTC if there is no zone.
  bool has_zone = false;
};

/// A date, then if more follows 'T' or a space, "HH:mm[:ss[.fraction]]" and "Z" or an offset of up
/// to 18 hours ("+01", "+0130", "+01:30"). Digits past the microsecond are cut off, as Spark does.
std::optional<ParsedTimestamp> ParseTimestamp(std::string_view text);

}  // namespace sluice::expr
