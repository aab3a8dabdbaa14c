#include "sharing/file_lines.h"

#include <utility>

#include "storage/data_path.h"

namespace sluice::sharing {
namespace {

using storage::DataPath;

Result<void> AppendFile(const LineContext& context, protocol::FileLine line, std::string& out) {
  const DataPath path =
      TRY(storage::ResolveDataPath(context.table_root, line.block.path(line.row)));
  DataPath vector_path;
  const table::DeletionVector* const vector = line.block.deletion_vector(line.row);
  if (vector != nullptr && !vector->file_path.empty()) {
    vector_path = TRY(storage::ResolveDataPath(context.table_root, vector->file_path));
    line.vector_path = vector_path.path;
  }
  const std::size_t line_begin = out.size();
  Result<void> linked;
  const auto append_link = [&](const DataPath& to, std::string& text) {
    if (linked.ok()) linked = context.links->Append(to, text);
  };
  context.renderer.Append(
      line, [&](std::string& text) { append_link(path, text); },
      [&](std::string& text) { append_link(vector_path, text); }, out);
  if (!linked.ok()) out.resize(line_begin);
  return linked;
}

class SnapshotFileLines final : public FileLines {
 public:
  SnapshotFileLines(table::FileSelection selection, LineContext context,
                    std::optional<protocol::CommitStamp> commit, Page page)
      : selection_(std::move(selection)),
        context_(std::move(context)),
        commit_(commit),
        page_(std::move(page)),
        cursor_(selection_),
        skipped_(cursor_.Skip(page_.first)) {}

  Result<bool> Append(std::string& out) override {
    if (page_.max_files && given_ == *page_.max_files) return false;
    if (!cursor_.Next()) return false;
    ++given_;
    TRY(AppendFile(context_,
                   {.block = cursor_.block(),
                    .row = cursor_.row(),
                    .escaped_stats = cursor_.EscapedStats(),
                    .action = protocol::FileAction::kFile,
                    .commit = commit_},
                   out));
    return true;
  }

  Result<std::optional<std::string>> NextPageToken() override {
    const std::size_t next = skipped_ + given_;
    if (next >= selection_.file_count) return std::optional<std::string>();
    return std::optional(TRY(page_.seal(next)));
  }

 private:
  const table::FileSelection selection_;
  const LineContext context_;
  const std::optional<protocol::CommitStamp> commit_;
  const Page page_;
  table::FileCursor cursor_;
  const std::size_t skipped_;
  std::size_t given_ = 0;
};

class CommitFileLines final : public FileLines {
 public:
  CommitFileLines(table::HistoryPtr history, std::vector<CommitPart> parts, LineContext context,
                  std::optional<std::string> next_page)
      : history_(std::move(history)),
        parts_(std::move(parts)),
        context_(std::move(context)),
        next_page_(std::move(next_page)) {}

  Result<bool> Append(std::string& out) override {
    if (at_ == parts_.size()) return false;
    CommitPart& part = parts_[at_];
    if (!part.text.empty()) {
      out += part.text;
      NextPart();
      return true;
    }
    if (part.block == nullptr) part.block = TRY(ReadAgain(part));
    if (!stats_) stats_.emplace(part.block->EscapedStats());
    TRY(AppendFile(context_,
                   {.block = *part.block,
                    .row = part.row,
                    .escaped_stats = stats_->Get(part.row),
                    .action = part.action,
                    .commit = part.commit},
                   out));
    if (++part.row == part.end_row) NextPart();
    return true;
  }

  Result<std::optional<std::string>> NextPageToken() override { return next_page_; }

 private:
  Result<std::shared_ptr<const table::FileBlock>> ReadAgain(const CommitPart& part) {
    if (!again_ || again_->version != part.commit.version) {
      again_ = TRY(history_->Read(part.commit.version, *part.metadata_before));
    }
    switch (part.action) {
      case protocol::FileAction::kRemove: return again_->removed;
      case protocol::FileAction::kChange: return again_->change_data;
      default: return again_->added;
    }
  }

  // Frees the files of a commit once they are sent.
  void NextPart() {
    stats_.reset();
    parts_[at_++] = {};
  }

  const table::HistoryPtr history_;
  std::vector<CommitPart> parts_;
  const LineContext context_;
  const std::optional<std::string> next_page_;
  std::size_t at_ = 0;
  std::optional<table::CompressedText::Cursor> stats_;  ///< Of the part in work.
  std::optional<table::Commit> again_;                  ///< The commit last read again.
};

}  // namespace

std::unique_ptr<FileLines> SnapshotLines(table::FileSelection selection, LineContext context,
                                         std::optional<protocol::CommitStamp> commit, Page page) {
  return std::make_unique<SnapshotFileLines>(std::move(selection), std::move(context), commit,
                                             std::move(page));
}

std::unique_ptr<FileLines> CommitLines(table::HistoryPtr history, std::vector<CommitPart> parts,
                                       LineContext context, std::optional<std::string> next_page) {
  return std::make_unique<CommitFileLines>(std::move(history), std::move(parts), std::move(context),
                                           std::move(next_page));
}

}  // namespace sluice::sharing
