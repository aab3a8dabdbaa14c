#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/named.h"
#include "expr/schema.h"

namespace sluice::table {

/// A committed version of a table, counted from 0.
using Version = Named<std::int64_t, struct VersionTag>;

/// What a reader must be able to do. Named as in Delta's protocol action; other formats fill in
/// what a Delta reader would need.
struct Protocol {
  int min_reader_version = 1;
  int min_writer_version = 1;
  std::optional<std::vector<std::string>> reader_features;
  std::optional<std::vector<std::string>> writer_features;
};

/// What the table is, as of a version. Texts are verbatim as stored.
struct Metadata {
  std::string id;
  std::optional<std::string> name;
  std::optional<std::string> description;
  std::string format_provider = "parquet";
  std::vector<std::pair<std::string, std::string>> format_options;
  std::string schema_string;  ///< Spark's JSON form.
  expr::Schema schema;        ///< Parsed from schema_string.
  std::vector<std::string> partition_columns;
  std::vector<std::pair<std::string, std::string>> configuration;
  std::optional<std::int64_t> created_time_ms;

  /// The value of a table property, or nullptr.
  const std::string* FindProperty(std::string_view key) const;
  /// Whether a table property is "true", regardless of ASCII case.
  bool IsEnabled(std::string_view key) const;
};

}  // namespace sluice::table
