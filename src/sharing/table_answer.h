#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "http/message.h"
#include "protocol/table_lines.h"
#include "storage/file_url.h"
#include "table/snapshot.h"

namespace sluice::sharing {

/// What a recipient may read of a table, decided and ready to be rendered.
struct TableFiles {
  table::FileSelection selection;
  protocol::ResponseFormat format = protocol::ResponseFormat::kParquet;
  protocol::FileIdHash id_hash = protocol::FileIdHash::kParquet;
  std::string head_lines;
  std::string table_root;  ///< Absolute, normalised.
  storage::PreparedFileUrls urls;
  bool with_end_stream_action = false;
};

/// The answer's body: head lines, a line for each file, and the last line if one was asked for.
/// Lines are rendered as they are sent, so memory does not grow with the number of files. A fault
/// after the first byte becomes an endStreamAction with an errorMessage if the client asked for
/// one, else it cuts the connection.
std::unique_ptr<http::BodySource> NewTableAnswer(TableFiles files);

}  // namespace sluice::sharing
