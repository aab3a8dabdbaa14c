#pragma once

// The lines of a table answer, one JSON object each:
//
//   {"protocol":{...}}
//   {"metaData":{...}}
//   {"file":{...}}            any number
//   {"endStreamAction":{...}} if asked for
//
// Source: Delta Sharing PROTOCOL.md, "API Response Format in Parquet" and "... in Delta".

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "protocol/capabilities.h"
#include "table/snapshot.h"

namespace sluice::protocol {

/// The first two lines. The same snapshot always gives the same bytes. `history_shared` lets
/// parquet recipients know of the change data feed.
std::string RenderHeadLines(const table::Snapshot& snapshot, ResponseFormat format,
                            bool history_shared);

/// Renders `file` lines.
class FileLineRenderer {
 public:
  struct Options {
    ResponseFormat format = ResponseFormat::kParquet;
    FileIdHash id_hash = FileIdHash::kParquet;
    SystemTime urls_expire_at;
  };
  explicit FileLineRenderer(const Options& options);

  /// Appends the line of the file at `row`. `append_url(std::string& out)` appends its URL, which
  /// needs no escaping in JSON.
  template <typename AppendUrl>
  void Append(const table::FileBlock& block, std::size_t row, std::string_view escaped_stats,
              AppendUrl&& append_url, std::string& out) const {
    if (options_.format == ResponseFormat::kDelta) {
      out += R"({"file":{"id":")";
      AppendId(block.path(row), out);
      out += R"(","deltaSingleAction":{"add":{"path":")";
      append_url(out);
      AppendDeltaRest(block, row, escaped_stats, out);
    } else {
      out += R"({"file":{"url":")";
      append_url(out);
      out += R"(","id":")";
      AppendId(block.path(row), out);
      AppendParquetRest(block, row, escaped_stats, out);
    }
    out += expiration_;
  }

 private:
  void AppendId(std::string_view path, std::string& out) const;
  static void AppendDeltaRest(const table::FileBlock& block, std::size_t row,
                              std::string_view escaped_stats, std::string& out);
  static void AppendParquetRest(const table::FileBlock& block, std::size_t row,
                                std::string_view escaped_stats, std::string& out);

  Options options_;
  std::string expiration_;  ///< The end of every line.
};

/// The last line, if the client asked for it.
struct EndStreamAction {
  std::optional<SystemTime> min_url_expires_at;
  std::optional<std::string> error_message;  ///< Set if the answer could not be completed.
  std::optional<int> http_status_error_code;
};
void AppendEndStreamAction(const EndStreamAction& action, std::string& out);

}  // namespace sluice::protocol
