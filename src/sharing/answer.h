#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "audit/quota.h"
#include "http/message.h"
#include "protocol/capabilities.h"
#include "protocol/table_lines.h"
#include "sharing/file_lines.h"

namespace sluice::sharing {

/// What a recipient may read of a table, decided and ready to be rendered.
struct TableAnswer {
  table::Version version;  ///< Of the header `Delta-Table-Version`.
  protocol::ResponseFormat format = protocol::ResponseFormat::kParquet;
  std::optional<protocol::FileIdHash> id_hash;  ///< If the client named one: it expects an echo.
  std::string head_lines;
  std::unique_ptr<FileLines> files;
  /// The last line, but for the token of the next page; none if the client did not ask for it.
  std::optional<protocol::EndStreamAction> end;
  std::optional<std::chrono::milliseconds> stale_for;  ///< See LatestSnapshot.
  /// What hints left of the files: "3/200". Empty where nothing is pruned.
  std::string pruned;
  audit::Quotas::Permit permit;  ///< Held while the answer is on its way.
};

/// An answer's body: head lines, a line for each file, and the last line if one was asked for.
using TableAnswerBody = std::variant<std::string, std::unique_ptr<http::BodySource>>;

/// Renders the first 256 KiB. An answer that fits is returned whole, so that it is sent with its
/// length; a longer one is rendered on as it is sent, so that memory does not grow with the number
/// of files. A fault later on becomes an endStreamAction with an errorMessage if the client asked
/// for one, else it cuts the connection. Errors: those of FileLines::Append in the first part.
Result<TableAnswerBody> RenderAnswer(TableAnswer answer);

}  // namespace sluice::sharing
