#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace sluice::table {

/// Where the bitmap of a file's deleted rows is kept. Texts are as the log spells them.
/// Source: Delta PROTOCOL.md, "Deletion Vector Descriptor Schema".
struct DeletionVector {
  std::string storage_type;  ///< "u": a file named by a UUID; "p": a path; "i": inline.
  std::string path_or_inline;
  std::optional<std::int64_t> offset;
  std::int64_t size_bytes = 0;
  std::int64_t cardinality = 0;  ///< Rows deleted.
  /// The file that holds the bitmap, as a log spells the path of a data file; empty if inline.
  std::string file_path;

  bool is_inline() const { return storage_type == "i"; }
  /// What tells two vectors of one file apart, such as "uab^-aqEH.-t@4".
  std::string Id() const {
    return storage_type + path_or_inline + (offset ? "@" + std::to_string(*offset) : "");
  }
  friend bool operator==(const DeletionVector&, const DeletionVector&) = default;
};

}  // namespace sluice::table
