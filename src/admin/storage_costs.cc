// What tables cost where they lie, for the report of costs.

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "admin/audit_service.h"
#include "base/encoding.h"
#include "base/utc.h"

namespace sluice::admin {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

/// Who pays for a share of the file, which has no owner of its own.
constexpr std::string_view kOwner = "owner";

Result<sys_days> DayOf(const std::string& day) {
  return std::chrono::floor<days>(TRY(ParseUtc(day + "T00:00:00.000Z")));
}

/// Some days of one month.
struct Part {
  sys_days start;
  int count;
};
std::vector<Part> MonthsBetween(sys_days first, sys_days last) {
  std::vector<Part> parts;
  for (sys_days start = first; start <= last;) {
    const std::chrono::year_month_day day(start);
    const sys_days end_of_month = day.year() / day.month() / std::chrono::last;
    const sys_days end = std::min(end_of_month, last);
    parts.push_back({start, static_cast<int>((end - start).count()) + 1});
    start = end + days(1);
  }
  return parts;
}

std::string NameIn(const catalog::SharedTable& table) {
  return Format("{}.{}", table.ref.schema.value(), table.ref.table.value());
}

bool IsAsked(const audit::UsageFilter& filter, const catalog::Share& share) {
  const std::string& name = share.name().value();
  const auto is_it = [&](const std::string& other) { return EqualsIgnoringAsciiCase(other, name); };
  if (!filter.share.empty() && !is_it(filter.share)) return false;
  return !filter.scope || std::ranges::any_of(*filter.scope, is_it);
}

}  // namespace

Result<std::string> AuditService::OwnerOf(const catalog::Share& share) const {
  std::string owner(kOwner);
  const auto read = [&](catalog::Transaction& transaction) -> Result<void> {
    const auto managed = TRY(transaction.FindShare(share.name().value()));
    if (managed && managed->id == share.id()) owner = managed->owner;
    return {};
  };
  TRY(dependencies_.store.Read(read));
  return owner;
}

Result<std::int64_t> AuditService::BytesOf(const catalog::SharedTable& table) const {
  const Result<std::int64_t> bytes = dependencies_.measure_table(table.location);
  if (bytes.ok()) return bytes;
  Error error = bytes.error();
  error.message = Format("{}: {}", table.ref.ToString(), error.message);
  return error;
}

Result<std::vector<audit::StorageRow>> AuditService::StorageRows(
    const audit::UsageFilter& filter) const {
  if (dependencies_.catalog == nullptr || !dependencies_.measure_table) {
    return NotImplemented("this server cannot tell what storage costs");
  }
  if (filter.first_day.empty() || filter.last_day.empty()) {
    return InvalidArgument("storage: say for which days, with since and until");
  }
  if (!filter.recipient.empty()) {
    return InvalidArgument("storage: it is paid by owners, so leave the recipient out");
  }
  const sys_days first = TRY(DayOf(filter.first_day));
  const sys_days last = TRY(DayOf(filter.last_day));
  if (last - first > kMaxStorageDays) {
    return InvalidArgument("storage: at most {} days at once", kMaxStorageDays.count());
  }
  const std::vector<Part> parts = MonthsBetween(first, last);
  std::vector<audit::StorageRow> rows;
  std::set<std::string> locations;  // What is shared twice lies there once.
  const catalog::ViewPtr view = dependencies_.catalog->Current();
  for (const catalog::SharePtr& share : view->shares()) {
    if (!IsAsked(filter, *share)) continue;
    const std::string payer = TRY(OwnerOf(*share));
    for (const catalog::SharedTable& table : share->tables()) {
      if (!filter.object.empty() && !EqualsIgnoringAsciiCase(filter.object, table.ref.ToString())) {
        continue;
      }
      if (!locations.insert(table.location).second) continue;
      if (std::ssize(locations) > kMaxStorageTables) {
        return TooLarge("storage: more than {} tables, so ask for a share", kMaxStorageTables);
      }
      const std::int64_t bytes = TRY(BytesOf(table));
      for (const Part& part : parts) {
        rows.push_back({.payer = payer,
                        .share = share->name().value(),
                        .table = NameIn(table),
                        .region = share->traits().region,
                        .start = part.start,
                        .days = part.count,
                        .bytes = bytes});
      }
    }
  }
  return rows;
}

}  // namespace sluice::admin
