#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "protocol/table_lines.h"
#include "sharing/file_links.h"
#include "table/history.h"
#include "table/snapshot.h"

namespace sluice::sharing {

/// The lines of an answer between its head and its end, made as they are sent.
class FileLines {
 public:
  virtual ~FileLines() = default;
  /// Appends the next line. False, and nothing appended, after the last. After an error `out` still
  /// holds whole lines. Errors: those of storage::ResolveDataPath and FileLinks::Append.
  virtual Result<bool> Append(std::string& out) = 0;
  /// To be asked after the last line: where the next page begins; none if this was the last.
  virtual Result<std::optional<std::string>> NextPageToken() = 0;
};

/// Makes the token of the page that begins behind so many files.
using PageSealer = std::function<Result<std::string>(std::size_t next_first)>;

/// What every line of an answer needs.
struct LineContext {
  std::string table_root;  ///< Canonical.
  std::shared_ptr<const FileLinks> links;
  protocol::FileLineRenderer renderer;
};

/// The part of an answer's lines that a page holds.
struct Page {
  std::size_t first = 0;  ///< Files before it, in answer order.
  std::optional<std::size_t> max_files;
  PageSealer seal;
};

/// Files of a snapshot. `commit` is that of the snapshot if the lines shall name it.
std::unique_ptr<FileLines> SnapshotLines(table::FileSelection selection, LineContext context,
                                         std::optional<protocol::CommitStamp> commit, Page page);

/// Part of the lines of a range of commits: files that follow each other in a block, or protocol
/// and metaData lines ready to be sent.
struct CommitPart {
  std::string text;                               ///< Ready; if empty, the files below.
  std::shared_ptr<const table::FileBlock> block;  ///< nullptr: the commit is to be read again.
  std::shared_ptr<const table::Metadata> metadata_before;  ///< To read it with; only then set.
  std::size_t row = 0;                                     ///< The first.
  std::size_t end_row = 0;                                 ///< Behind the last.
  protocol::FileAction action = protocol::FileAction::kAdd;
  protocol::CommitStamp commit{};
};

/// Lines of a range of commits of `history`, as they stand. `next_page`: see NextPageToken. Errors
/// of the lines: also those of History::Read.
std::unique_ptr<FileLines> CommitLines(table::HistoryPtr history, std::vector<CommitPart> parts,
                                       LineContext context, std::optional<std::string> next_page);

}  // namespace sluice::sharing
