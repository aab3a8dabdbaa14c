#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
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

/// A table answer's body: head lines, a line for each file, and the last line if one was asked for.
using TableAnswerBody = std::variant<std::string, std::unique_ptr<http::BodySource>>;

/// Renders the first 256 KiB. An answer that fits is returned whole, so that it is sent with its
/// length; a longer one is rendered on as it is sent, so that memory does not grow with the number
/// of files. A fault later on becomes an endStreamAction with an errorMessage if the client asked
/// for one, else it cuts the connection. Errors: those of storage::ResolveDataPath for a file of
/// the first part.
Result<TableAnswerBody> RenderTableAnswer(TableFiles files);

}  // namespace sluice::sharing
