#pragma once

// Tables of any size in memory, shaped like those of make_tables.py, for benchmarks of parts.

#include <cstdint>
#include <string>

#include "base/format.h"
#include "table/testing.h"

namespace sluice::bench {

inline constexpr std::int64_t kRowsPerFile = 100;

inline std::string PathOf(std::int64_t file) {
  return Format("day=2025-{:02}-{:02}/part-{:05}-7d9ad1d3-2b25-5a4e-9d2b-{:012x}-c000.parquet",
                file / 28 % 12 + 1, file % 28 + 1, file, file * 2654435761);
}

inline std::string BoundsOf(std::int64_t row) {
  return Format(
      R"({{"id":{0},"name":"name-{0:012}","amount":{1:.1f},"at":"2025-01-01T{2:02}:{3:02}:)"
      R"({4:02}.000Z"}})",
      row, static_cast<double>(row) * 0.5, row / 3600 % 24, row / 60 % 60, row % 60);
}

/// File i holds ids [100 i, 100 i + 99].
inline std::string StatsOf(std::int64_t file) {
  const std::int64_t first = file * kRowsPerFile;
  return Format(R"({{"numRecords":100,"minValues":{},"maxValues":{},"nullCount":{}}})",
                BoundsOf(first), BoundsOf(first + kRowsPerFile - 1),
                R"({"id":0,"name":0,"amount":0,"at":0})");
}

/// A snapshot of one block of `files` files.
inline table::SnapshotPtr SyntheticSnapshot(std::int64_t files) {
  const auto metadata = table::MetadataOf(
      {"id long", "name string", "amount double", "at timestamp", "day date"}, {"day"});
  table::BlockMaker maker;
  for (std::int64_t i = 0; i < files; ++i) {
    const std::string path = PathOf(i);
    const std::string stats = StatsOf(i);
    maker.Add(path, stats, {{"day", std::string_view(path).substr(4, 10)}});
  }
  return table::SnapshotOf(maker.Finish(*metadata), metadata);
}

}  // namespace sluice::bench
