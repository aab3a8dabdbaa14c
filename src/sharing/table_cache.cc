#include "sharing/table_cache.h"

#include <utility>

namespace sluice::sharing {

TableCache::TableCache(TableOpener opener, std::size_t max_bytes, const Clock& clock)
    : opener_(std::move(opener)), max_bytes_(max_bytes), clock_(clock) {}

template <typename Read>
auto TableCache::Use(const std::string& location, Read&& read) {
  using Answer = decltype(read(std::declval<OpenTable&>()));
  auto open = FindOrOpen(location);
  if (!open.ok()) return Answer(open.error());
  Answer answer = read(**open);
  Account(location, (*open)->table->memory_bytes());
  // "Not found" is what the catalog says of tables that are not there or not granted.
  const bool is_gone = !answer.ok() && answer.error().code == ErrorCode::kNotFound;
  if (is_gone)
    return Answer(WithDetail(MissingData("table files missing"), answer.error().ToString()));
  // It is this server that the store refuses, not the recipient.
  const bool is_refused = !answer.ok() && answer.error().code == ErrorCode::kPermissionDenied;
  if (is_refused) {
    return Answer(WithDetail(Unavailable("the table's store refuses this server"),
                             answer.error().ToString()));
  }
  return answer;
}

Result<LatestSnapshot> TableCache::Latest(const std::string& location, const Freshness& freshness) {
  return Use(location, [&](OpenTable& open) { return open.latest.Get(*open.table, freshness); });
}

Result<table::SnapshotPtr> TableCache::At(const std::string& location, table::Version version,
                                          const std::optional<table::Layout>& layout) {
  return Use(location, [&](OpenTable& open) { return open.table->At(version, layout); });
}

Result<table::Version> TableCache::LatestVersion(const std::string& location) {
  return Use(location, [](OpenTable& open) { return open.table->LatestVersion(); });
}

Result<table::HistoryPtr> TableCache::OpenHistory(const std::string& location) {
  return Use(location, [](OpenTable& open) { return open.table->OpenHistory(); });
}

Result<std::shared_ptr<TableCache::OpenTable>> TableCache::FindOrOpen(const std::string& location) {
  const std::lock_guard lock(mutex_);
  if (const auto found = entries_.find(location); found != entries_.end()) {
    ++stats_.hits;
    recency_.splice(recency_.begin(), recency_, found->second.recency);
    return found->second.open;
  }
  std::unique_ptr<table::Table> opened = TRY(opener_(location));
  ++stats_.misses;
  recency_.push_front(location);
  std::shared_ptr<OpenTable> open(
      new OpenTable{.table = std::move(opened), .latest = LatestLook(clock_)});
  entries_[location] = {.open = open, .bytes = 0, .recency = recency_.begin()};
  return open;
}

void TableCache::Account(const std::string& location, std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(location);
  if (found == entries_.end()) return;  // evicted meanwhile
  stats_.bytes += bytes - found->second.bytes;
  found->second.bytes = bytes;
  while (stats_.bytes > max_bytes_ && recency_.size() > 1) {
    const auto oldest = entries_.find(recency_.back());
    stats_.bytes -= oldest->second.bytes;
    ++stats_.evictions;
    entries_.erase(oldest);
    recency_.pop_back();
  }
}

TableCache::Stats TableCache::stats() const {
  const std::lock_guard lock(mutex_);
  Stats stats = stats_;
  stats.tables = entries_.size();
  return stats;
}

}  // namespace sluice::sharing
