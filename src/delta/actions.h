#pragma once

// A commit is a file of JSON lines, one action each:
//
//   {"commitInfo":{...}}
//   {"protocol":{"minReaderVersion":1,"minWriterVersion":2}}
//   {"metaData":{"id":"...","format":{"provider":"parquet","options":{}},"schemaString":"...",...}}
//   {"add":{"path":"...","partitionValues":{...},"size":1,"modificationTime":1,"dataChange":true,"stats":"{...}"}}
//   {"remove":{"path":"...","deletionTimestamp":1,"dataChange":true,...}}
//   {"cdc":{"path":"_change_data/...","partitionValues":{...},"size":1,"dataChange":false}}
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

/// What a commit says of itself.
struct CommitInfo {
  std::optional<std::int64_t> in_commit_timestamp_ms;
  /// A MERGE whose metrics say that it inserted, updated and deleted nothing.
  bool is_void_merge = false;
};

/// Takes the actions of a commit in their order. An error ends the reading. Views live during the
/// call.
class ActionSink {
 public:
  virtual ~ActionSink() = default;
  virtual Result<void> OnProtocol(table::Protocol protocol) = 0;
  virtual Result<void> OnMetadata(table::Metadata metadata) = 0;
  virtual Result<void> OnAdd(const table::DataFile& file) = 0;
  /// `file.size_bytes` is kUnknownSize where the writer left it out. Unless WantsWholeRemoves, only
  /// the path and the deletion vector are filled in.
  virtual Result<void> OnRemove(const table::DataFile& file) = 0;
  virtual bool WantsWholeRemoves() const { return false; }
  /// A file of the change data feed.
  virtual Result<void> OnChangeData(const table::DataFile& /*file*/) { return {}; }
  virtual Result<void> OnCommitInfo(const CommitInfo& /*info*/) { return {}; }
  /// A file that holds more of a checkpoint; the path as it is spelled. Only checkpoints name some.
  virtual Result<void> OnSidecar(std::string_view /*path*/) { return {}; }
};

inline constexpr std::int64_t kUnknownSize = -1;

/// Reads a commit's text; unknown actions and members are skipped, as the format demands.
/// Errors: kCorruptData; the detail is `name` and the line. What the sink returns.
Result<void> ReadCommit(std::string_view text, std::string_view name, ActionSink& sink);

/// Checks what every table's metadata must have, and parses the schema. `metadata` has all but
/// `schema`.
Result<table::Metadata> FinishMetadata(table::Metadata metadata);

}  // namespace sluice::delta
