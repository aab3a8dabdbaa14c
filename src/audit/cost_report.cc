#include "audit/cost_report.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace sluice::audit {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;
using std::chrono::year_month_day_last;
// 63 bits of bytes times 31 days times 50 bits of a price are 118 bits.
__extension__ using Wide = __int128;

constexpr std::int64_t kNanosPerMicro = 1'000;
constexpr std::int64_t kPriced = 1'000;  // Requests and files are priced by the thousand.

unsigned DaysInMonth(sys_days day) {
  const year_month_day date(day);
  return static_cast<unsigned>(
      year_month_day_last(date.year(), date.month() / std::chrono::last).day());
}

class ReportMaker {
 public:
  explicit ReportMaker(const PriceList& prices) : prices_(prices) {
    report_.currency = prices.currency;
    report_.unit_bytes = prices.unit_bytes;
  }

  Result<void> AddStorage(const StorageRow& row) {
    if (prices_.storage.empty() || row.bytes <= 0 || row.days <= 0) return {};
    const year_month_day first(row.start);
    const year_month_day last(row.start + days(row.days - 1));
    if (first.year() != last.year() || first.month() != last.month()) {
      return InvalidArgument("{} days of storage of '{}' end in another month", row.days,
                             row.table);
    }
    const auto price = prices_.StoragePrice(row.region);
    if (!price) return InvalidArgument("no price for storage in region '{}'", row.region);
    CostLine line{.payer = row.payer,
                  .charge = Charge::kStorage,
                  .share = row.share,
                  .table = row.table,
                  .from_region = row.region,
                  .start = row.start,
                  .end = row.start + days(row.days),
                  .quantity = row.bytes,
                  .price = *price};
    const Wide month = Wide{prices_.unit_bytes} * DaysInMonth(row.start);
    return Add(std::move(line), Wide{row.bytes} * row.days, month);
  }

  Result<void> AddUsage(const UsageRow& row) {
    CostLine line{.payer = row.recipient,
                  .share = row.share,
                  .table = row.table,
                  .from_region = row.from_region,
                  .to_region = row.to_region,
                  .start = row.day,
                  .end = row.day + days(1)};
    if (prices_.requests && row.requests > 0) {
      line.charge = Charge::kRequests;
      line.quantity = row.requests;
      line.price = *prices_.requests;
      TRY(Add(line, row.requests, kPriced));
    }
    if (prices_.files && row.files > 0) {
      line.charge = Charge::kFiles;
      line.quantity = row.files;
      line.price = *prices_.files;
      TRY(Add(line, row.files, kPriced));
    }
    if (prices_.egress.empty() || row.bytes <= 0) return {};
    const auto price = prices_.EgressPrice(row.from_region, row.to_region);
    if (!price) {
      return InvalidArgument("no price for egress from region '{}' to '{}'", row.from_region,
                             row.to_region);
    }
    line.charge = Charge::kEgress;
    line.quantity = row.bytes;
    line.price = *price;
    return Add(std::move(line), row.bytes, prices_.unit_bytes);
  }

  CostReport Take() { return std::move(report_); }

 private:
  /// `quantity` / `divisor` is how many times the price is due.
  Result<void> Add(CostLine line, Wide quantity, Wide divisor) {
    const Wide exact = quantity * line.price;
    const Wide whole = divisor * kNanosPerMicro;
    const Wide cost = (exact + whole / 2) / whole;
    const Wide total = cost + report_.total_micros;
    if (total > std::numeric_limits<std::int64_t>::max()) {
      return TooLarge("the costs are too large to be added up");
    }
    line.cost_micros = static_cast<std::int64_t>(cost);
    report_.total_micros = static_cast<std::int64_t>(total);
    report_.payers[line.payer] += line.cost_micros;
    report_.lines.push_back(std::move(line));
    return {};
  }

  const PriceList& prices_;
  CostReport report_;
};

}  // namespace

std::string_view ChargeName(Charge charge) {
  switch (charge) {
    case Charge::kStorage: return "storage";
    case Charge::kRequests: return "requests";
    case Charge::kFiles: return "files";
    case Charge::kEgress: break;
  }
  return "egress";
}

Result<CostReport> MakeCostReport(const PriceList& prices, std::span<const StorageRow> storage,
                                  std::span<const UsageRow> usage) {
  ReportMaker maker(prices);
  for (const StorageRow& row : storage) TRY(maker.AddStorage(row));
  for (const UsageRow& row : usage) TRY(maker.AddUsage(row));
  return maker.Take();
}

}  // namespace sluice::audit
