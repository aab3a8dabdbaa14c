#pragma once

// Files, schemas and snapshots for tests, here and in modules that make them. Included by tests
// only.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "expr/schema.h"
#include "table/snapshot.h"

namespace sluice::table {

/// A schema of columns "name type", such as {"id long", "at timestamp"}.
inline expr::Schema SchemaOf(const std::vector<std::string>& columns) {
  std::string fields;
  for (const std::string& column : columns) {
    const std::size_t space = column.find(' ');
    fields += (fields.empty() ? "" : ",") + std::string(R"({"name":")") + column.substr(0, space) +
              R"(","type":")" + column.substr(space + 1) + R"("})";
  }
  return expr::ParseSchema(R"({"type":"struct","fields":[)" + fields + "]}").value();
}

inline std::shared_ptr<const Metadata> MetadataOf(const std::vector<std::string>& columns,
                                                  std::vector<std::string> partition_columns = {}) {
  Metadata metadata;
  metadata.id = "table";
  metadata.schema = SchemaOf(columns);
  metadata.partition_columns = std::move(partition_columns);
  return std::make_shared<const Metadata>(std::move(metadata));
}

/// Adds files to a block with little text.
class BlockMaker {
 public:
  BlockMaker& Add(std::string_view path, std::string_view stats = "",
                  const std::vector<NamedPartitionValue>& values = {}) {
    return Add(DataFile{.path = path, .size_bytes = 1, .partition_values = values, .stats = stats});
  }
  BlockMaker& Add(const DataFile& file) {
    CHECK(builder_.Add(file).ok(), "a block takes the test's files");
    return *this;
  }
  std::shared_ptr<const FileBlock> Finish(const Metadata& metadata = *MetadataOf({"id long"})) {
    return std::move(builder_).Finish(metadata.partition_columns, metadata.schema);
  }

 private:
  FileBlockBuilder builder_;
};

inline SnapshotPtr SnapshotOf(std::shared_ptr<const FileBlock> block,
                              std::shared_ptr<const Metadata> metadata) {
  std::vector<Segment> segments;
  if (block->rows() > 0) segments.push_back(Segment::Whole(std::move(block)));
  return std::make_shared<const Snapshot>(Version(0), std::move(metadata),
                                          std::make_shared<const Protocol>(), std::move(segments));
}

/// The paths of a selection in the order of an answer; a deletion vector's id behind '#'.
inline std::vector<std::string> PathsOf(const FileSelection& selection) {
  std::vector<std::string> paths;
  FileCursor cursor(selection);
  while (cursor.Next()) {
    std::string path(cursor.block().path(cursor.row()));
    const std::string_view id = cursor.block().deletion_vector_id(cursor.row());
    if (!id.empty()) path.append("#").append(id);
    paths.push_back(std::move(path));
  }
  return paths;
}

inline std::vector<std::string> PathsOf(const Snapshot& snapshot) {
  return PathsOf(snapshot.Select({}, std::nullopt));
}

}  // namespace sluice::table
