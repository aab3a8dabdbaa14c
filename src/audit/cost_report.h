#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/prices.h"
#include "base/result.h"

namespace sluice::audit {

/// What a recipient read of a table on one UTC day.
struct UsageRow {
  std::string recipient;
  std::string share;
  std::string table;  ///< "schema.table"
  std::chrono::sys_days day{};
  std::string from_region;  ///< Empty: unknown.
  std::string to_region;
  std::int64_t requests = 0;
  std::int64_t files = 0;
  std::int64_t bytes = 0;
};

/// Bytes that lay in a store for some days of one month, charged to who keeps them there.
struct StorageRow {
  std::string payer;
  std::string share;
  std::string table;
  std::string region;
  std::chrono::sys_days start{};  ///< The first day.
  int days = 0;                   ///< All in the month of `start`.
  std::int64_t bytes = 0;
};

enum class Charge : std::uint8_t { kStorage, kRequests, kFiles, kEgress };
std::string_view ChargeName(Charge charge);  ///< "storage", "requests", "files", "egress"

/// One charge. Its cost is the exact product of quantity and price, rounded half up to a millionth
/// of the currency's unit; sums are sums of such lines, so that they add up.
struct CostLine {
  std::string payer;
  Charge charge = Charge::kStorage;
  std::string share;
  std::string table;
  std::string from_region;  ///< Of storage: where it lies.
  std::string to_region;
  std::chrono::sys_days start{};
  std::chrono::sys_days end{};  ///< The day behind the last one.
  std::int64_t quantity = 0;    ///< Bytes, or a number of requests or files.
  PriceList::Nanos price = 0;   ///< Per unit and month, 1,000, or unit.
  std::int64_t cost_micros = 0;
};

struct CostReport {
  std::string currency;
  std::int64_t unit_bytes = 1'000'000'000;
  std::vector<CostLine> lines;  ///< Storage first, then usage in the order of the rows.
  std::map<std::string, std::int64_t> payers;  ///< To millionths.
  std::int64_t total_micros = 0;
};

/// Whoever keeps data pays for storage, whoever reads it for requests, files and egress. A full
/// month of storage costs its bytes times the month's price, whatever the month's length; fewer
/// days their share of the month. Quantities below zero count as zero. Errors: kInvalidArgument for
/// a region without a price, naming it, and for days outside their month; kTooLarge for sums above
/// 9 * 10^12 units of the currency.
Result<CostReport> MakeCostReport(const PriceList& prices, std::span<const StorageRow> storage,
                                  std::span<const UsageRow> usage);

}  // namespace sluice::audit
