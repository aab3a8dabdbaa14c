#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/result.h"
#include "sharing/latest_look.h"
#include "table/table.h"

namespace sluice::sharing {

/// Opens the table at a location, as the catalog spells it. Errors: kNotImplemented for a scheme
/// that this server does not read yet.
using TableOpener =
    std::function<Result<std::unique_ptr<table::Table>>(const std::string& location)>;

/// The tables that requests read, each opened once. Those least recently used are forgotten when
/// all together hold more than the bound; requests that still read one keep it alive. Thread-safe.
class TableCache {
 public:
  /// `clock` must outlive the cache.
  TableCache(TableOpener opener, std::size_t max_bytes, const Clock& clock);

  // Those of table::Table for the table at `location`. Errors: those of the opener too;
  // kMissingData where the table says kNotFound.
  Result<LatestSnapshot> Latest(const std::string& location, const Freshness& freshness = {});
  Result<table::SnapshotPtr> At(const std::string& location, table::Version version,
                                const std::optional<table::Layout>& layout = {});
  Result<table::Version> LatestVersion(const std::string& location);
  Result<table::HistoryPtr> OpenHistory(const std::string& location);

  struct Stats {
    std::size_t tables = 0;
    std::size_t bytes = 0;
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::uint64_t evictions = 0;
  };
  Stats stats() const;

 private:
  struct OpenTable {
    std::unique_ptr<table::Table> table;
    LatestLook latest;
  };
  struct Entry {
    std::shared_ptr<OpenTable> open;
    std::size_t bytes = 0;
    std::list<std::string>::iterator recency;
  };

  /// Opens the table, calls `read(OpenTable&)`, and notes how large it is now.
  template <typename Read>
  auto Use(const std::string& location, Read&& read);
  Result<std::shared_ptr<OpenTable>> FindOrOpen(const std::string& location);
  /// Notes the table's size after use and evicts others until the bound holds.
  void Account(const std::string& location, std::size_t bytes);

  const TableOpener opener_;
  const std::size_t max_bytes_;
  const Clock& clock_;
  mutable std::mutex mutex_;  ///< Guards all that follows; never held while a log is read.
  std::unordered_map<std::string, Entry> entries_;
  std::list<std::string> recency_;  ///< Locations, most recently used first.
  Stats stats_;
};

}  // namespace sluice::sharing
