#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "audit/record.h"
#include "columnar/parquet_writer.h"

namespace sluice::audit {

/// Records of one day as columns, and what Delta wants to know of them.
struct DayOfRecords {
  std::vector<columnar::NewColumn> columns;  ///< Texts point into the decoded records.
  std::int64_t rows = 0;
  Sequence first = 0;
  Sequence last = 0;
  SystemTime earliest{};
  SystemTime latest{};
};

/// A record and its text. One that cannot be read has its text, node and number alone.
struct RecordAndText {
  DecodedRecord decoded;
  const std::string* text = nullptr;
};
std::vector<RecordAndText> DecodeAll(const std::string& node, Sequence first,
                                     std::span<const std::string> records);
/// By day, "2026-11-21". `records` must outlive it.
std::map<std::string, DayOfRecords> DaysOf(const std::vector<RecordAndText>& records);

/// Delta's `schemaString` of these columns and the partition column `day`.
std::string RecordSchema();

}  // namespace sluice::audit
