#pragma once

// The lines of a table answer, one JSON object each:
//
//   {"protocol":{...}}
//   {"metaData":{...}}
//   {"file":{...}}            any number; in parquet format "add", "cdf" and "remove" too
//   {"endStreamAction":{...}} if asked for
//
// A range of versions may have further protocol and metaData lines between the files.
// Source: Delta Sharing PROTOCOL.md, "API Response Format in Parquet" and "... in Delta".

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "protocol/capabilities.h"
#include "table/snapshot.h"

namespace sluice::protocol {

/// How protocol and metaData lines are written.
struct HeadOptions {
  ResponseFormat format = ResponseFormat::kParquet;
  bool history_shared = false;  ///< Lets parquet recipients know of the change data feed.
  /// Of the metaData line. None in answers about the latest snapshot.
  std::optional<table::Version> metadata_version;
  /// Of the protocol line, in delta format: only where historical protocols were asked for.
  std::optional<table::Version> protocol_version;
  /// The URI of the table's directory, where credentials for it can be had: of the metaData line,
  /// with the access modes that it then has.
  std::string_view location = {};
};

/// What a table's files add up to.
struct TableSize {
  std::int64_t bytes = 0;
  std::int64_t files = 0;
};

/// One line each. The same input always gives the same bytes.
void AppendProtocolLine(const table::Protocol& protocol, const HeadOptions& options,
                        std::string& out);
/// `size` is left out of a metaData line between the files of a range.
void AppendMetadataLine(const table::Metadata& metadata, const std::optional<TableSize>& size,
                        const HeadOptions& options, std::string& out);
/// The first two lines of an answer about a snapshot.
std::string RenderHeadLines(const table::Snapshot& snapshot, const HeadOptions& options);

/// What a line says of a file.
enum class FileAction : std::uint8_t {
  kFile,    ///< It is part of the snapshot.
  kAdd,     ///< A commit added it.
  kRemove,  ///< A commit removed it.
  kChange,  ///< It holds changed rows.
};

/// The commit that a line tells of.
struct CommitStamp {
  table::Version version;
  SystemTime time;
};

/// One file of a block and what its line needs besides.
struct FileLine {
  const table::FileBlock& block;
  std::size_t row;
  std::string_view escaped_stats;
  FileAction action = FileAction::kFile;
  std::optional<CommitStamp> commit;  ///< None in answers about the latest snapshot.
  /// Where the bitmap of the file's deletion vector lies, below the table's root or absolute; empty
  /// if it has none or an inline one. `deletionVectorFileId` is made from it, like ids from paths.
  std::string_view vector_path = {};
};

/// Renders file lines.
class FileLineRenderer {
 public:
  struct Options {
    ResponseFormat format = ResponseFormat::kParquet;
    FileIdHash id_hash = FileIdHash::kParquet;
    SystemTime urls_expire_at;
  };
  explicit FileLineRenderer(const Options& options);

  /// Appends a line. `append_url(std::string& out)` and `append_vector_url(std::string& out)`
  /// append URLs, which need no escaping in JSON; the latter is called if the file has a deletion
  /// vector that is not inline, and `vector_path` must be set then. A file with a deletion vector
  /// has lines in delta format only: asking for another is a bug that ends the process.
  template <typename AppendUrl, typename AppendVectorUrl>
  void Append(const FileLine& line, AppendUrl&& append_url, AppendVectorUrl&& append_vector_url,
              std::string& out) const {
    BeginLine(line, out);
    append_url(out);
    AppendMembers(line, out);
    if (const table::DeletionVector* const vector = line.block.deletion_vector(line.row)) {
      BeginVector(*vector, out);
      if (!line.vector_path.empty()) append_vector_url(out);
      EndVector(*vector, out);
    }
    out += line_end_;
  }

 private:
  void BeginLine(const FileLine& line, std::string& out) const;      // up to the URL
  void AppendMembers(const FileLine& line, std::string& out) const;  // behind the URL
  void BeginVector(const table::DeletionVector& vector, std::string& out) const;
  static void EndVector(const table::DeletionVector& vector, std::string& out);
  void AppendId(std::string_view path, std::string& out) const;

  Options options_;
  std::string line_end_;
};

/// The last line, if the client asked for it.
struct EndStreamAction {
  std::optional<SystemTime> min_url_expires_at;
  std::optional<std::string> next_page_token;  ///< An empty one counts as none.
  std::optional<std::string> refresh_token;
  std::optional<std::string> error_message;  ///< Set if the answer could not be completed.
  std::optional<int> http_status_error_code;
};
void AppendEndStreamAction(const EndStreamAction& action, std::string& out);

/// {"queryStatus":{"queryId":...,"status":"pending"}} and a line's end.
std::string RenderPendingQuery(std::string_view query_id);

}  // namespace sluice::protocol
