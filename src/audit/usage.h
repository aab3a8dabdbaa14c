#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "audit/record.h"

namespace sluice::audit {

/// Where data lies and where it is read.
struct Regions {
  std::string from;
  std::string to;
};
/// Of a share and a recipient, by name; empty where nobody said. Thread-safe.
using FindRegions = std::function<Regions(std::string_view recipient, std::string_view share)>;

/// Whose use of what: names in ASCII lower case.
struct UsageKey {
  std::string day;  ///< "2026-11-21", in UTC.
  std::string recipient;
  std::string share;   ///< Empty for what concerns no single share.
  std::string object;  ///< "share.schema.table", or less.
  std::string from_region;
  std::string to_region;

  auto operator<=>(const UsageKey&) const = default;
};

/// What was allowed; what was refused is no use.
struct UsageCounts {
  /// One record or one day's sum counts no more: forged logs of tables may claim anything.
  static constexpr std::int64_t kMax = 4'000'000'000'000'000'000;

  std::int64_t requests = 0;
  std::int64_t files = 0;  ///< Of links handed out.
  std::int64_t bytes = 0;  ///< Of these files, whole.
  /// Of these bytes, those that recipients fetch from the store itself, where nobody counts what is
  /// sent. What left a store is at most this and `bytes_sent`.
  std::int64_t direct_bytes = 0;
  std::int64_t downloads = 0;   ///< Links to this server that were used.
  std::int64_t bytes_sent = 0;  ///< By this server, through them.
};

using Usage = std::map<UsageKey, UsageCounts>;
/// Adds a recipient's record. A record of a download without a request id is the sum of what was
/// sent through a link.
void AddUsage(const Record& record, const FindRegions& regions, Usage& usage);

/// Texts as the tables keep them: lower case, without NUL, no longer than an index takes.
std::string NameColumn(std::string_view name);
std::string ObjectColumn(std::string_view object);
std::string RequestColumn(std::string_view request_id);

}  // namespace sluice::audit
