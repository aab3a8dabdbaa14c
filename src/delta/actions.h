#pragma once

// A commit is a file of JSON lines, one action each:
//
//   {"commitInfo":{...}}
//   {"protocol":{"minReaderVersion":1,"minWriterVersion":2}}
//   {"metaData":{"id":"...","format":{"provider":"parquet","options":{}},"schemaString":"...",...}}
//   {"add":{"path":"...","partitionValues":{...},"size":1,"modificationTime":1,"dataChange":true,"stats":"{...}"}}
//   {"remove":{"path":"...","deletionTimestamp":1,"dataChange":true,...}}
//
// Source: Delta PROTOCOL.md, "Actions".

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "table/file_block.h"
#include "table/metadata.h"

namespace sluice::delta {

/// Takes the actions of a commit in their order. An error ends the reading. Views live during the
/// call.
class ActionSink {
 public:
  virtual ~ActionSink() = default;
  virtual Result<void> OnProtocol(table::Protocol protocol) = 0;
  virtual Result<void> OnMetadata(table::Metadata metadata) = 0;
  virtual Result<void> OnAdd(const table::DataFile& file) = 0;
  virtual Result<void> OnRemove(std::string_view path, std::string_view deletion_vector_id) = 0;
};

/// Reads a commit's text; unknown actions and members are skipped, as the format demands.
/// Errors: kCorruptData; the detail is `name` and the line. What the sink returns.
Result<void> ReadCommit(std::string_view text, std::string_view name, ActionSink& sink);

/// "u" + path + "@4", say. Source: Delta PROTOCOL.md, "Deletion Vector Descriptor Schema", derived
/// field uniqueId.
std::string DeletionVectorId(std::string_view storage_type, std::string_view path_or_inline,
                             std::optional<std::int64_t> offset);

/// Checks what every table's metadata must have, and parses the schema. `metadata` has all but
/// `schema`.
Result<table::Metadata> FinishMetadata(table::Metadata metadata);

}  // namespace sluice::delta
