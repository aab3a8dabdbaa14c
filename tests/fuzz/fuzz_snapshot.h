#pragma once

// What the fuzz targets of Delta logs share: a walk over all that an answer reads of a snapshot.

#include <cstddef>
#include <string_view>

#include "base/check.h"
#include "expr/predicate.h"
#include "table/snapshot.h"

namespace sluice {

inline void WalkFiles(const table::FileSelection& selection) {
  std::size_t files = 0;
  std::size_t bytes = 0;
  table::FileCursor cursor(selection);
  while (cursor.Next()) {
    const table::FileBlock& block = cursor.block();
    const std::size_t row = cursor.row();
    bytes += block.path(row).size() + cursor.EscapedStats().size() + block.extra(row).size();
    bytes += block.deletion_vector_id(row).size();
    for (const table::PartitionColumn& column : block.partition_columns()) {
      bytes += column.values.at(column.codes.at(row)).json_member.size();
    }
    CHECK(block.FindRow(block.path(row), block.deletion_vector_id(row)).has_value(),
          "a file that is listed is found");
    ++files;
  }
  CHECK(files == selection.file_count, "a selection lists as many files as it says");
  CHECK(files == 0 || bytes < SIZE_MAX, "bytes are counted");
}

/// Lists all files, some by a hint on each column, and some by a limit.
inline void WalkSnapshot(const table::Snapshot& snapshot) {
  WalkFiles(snapshot.Select({}, std::nullopt));
  WalkFiles(snapshot.Select({}, 3));
  for (const expr::Field& field : snapshot.metadata().schema.fields) {
    for (const std::string_view condition : {" >= 1", " = 'a'", " IS NULL"}) {
      const auto predicate = expr::ParseSqlHint("`" + field.name + "`" + std::string(condition),
                                                snapshot.metadata().schema);
      if (predicate.ok()) WalkFiles(snapshot.Select({*predicate}, std::nullopt));
    }
  }
  CHECK(snapshot.memory_bytes() > 0, "a snapshot takes memory");
}

}  // namespace sluice
