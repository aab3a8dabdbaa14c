#include "sharing/commit_range.h"

#include <memory>
#include <utility>

#include "protocol/features.h"
#include "protocol/table_lines.h"

namespace sluice::sharing {
namespace {

using protocol::CommitStamp;
using protocol::FileAction;
using table::Commit;
using table::FileBlock;

class RangeReader {
 public:
  RangeReader(table::History& history, const table::SnapshotPtr& start, const RangeRequest& request,
              const TableRoots& roots)
      : history_(history),
        request_(request),
        roots_(roots),
        protocol_(start, &start->protocol()),
        metadata_(start, &start->metadata()),
        metadata_since_(request.start),
        protocol_since_(request.start) {}

  Result<RangeLines> Read(const RangePosition& position) {
    TRY(CheckRecordsChanges(request_.start));
    TRY(ResumeHead(position));
    std::size_t skip = position.files;
    for (table::Version version = position.commit; version <= request_.end;
         version = table::Version(version.value() + 1), skip = 0) {
      if (IsFull()) {
        EndPage(version, 0);
        break;
      }
      TRY(ReadCommit(version, skip));
      if (found_.next) break;
    }
    return std::move(found_);
  }

 private:
  bool IsFull() const { return request_.max_files && files_ >= *request_.max_files; }

  // What commits before the page changed.
  Result<void> ResumeHead(const RangePosition& position) {
    for (const table::Version version : {position.protocol_since, position.metadata_since}) {
      if (version <= request_.start) continue;
      const Commit commit = TRY(history_.Read(version, *metadata_));
      if (version == position.protocol_since) TakeProtocol(commit);
      if (version == position.metadata_since) TakeMetadata(commit);
    }
    return {};
  }

  void TakeProtocol(const Commit& commit) {
    if (commit.protocol == nullptr) return;
    protocol_ = commit.protocol;
    protocol_since_ = commit.version;
  }
  void TakeMetadata(const Commit& commit) {
    if (commit.metadata == nullptr) return;
    metadata_ = commit.metadata;
    metadata_since_ = commit.version;
  }

  void EndPage(table::Version commit, std::size_t files) {
    found_.next = RangePosition{.commit = commit,
                                .files = files,
                                .metadata_since = metadata_since_,
                                .protocol_since = protocol_since_};
  }

  Result<void> CheckRecordsChanges(table::Version version) const {
    const bool is_recorded = metadata_->IsEnabled("delta.enableChangeDataFeed");
    if (request_.kind != RangeRequest::Kind::kChanges || is_recorded) return {};
    return InvalidArgument(
        "Error getting change data for range [{}, {}] as change data was not recorded for version "
        "[{}]",
        request_.start, request_.end, version);
  }

  // The format was chosen by the ends of the range: what lies between may need more.
  Result<void> CheckFormat(bool has_vectors) const {
    protocol::Capabilities chosen = request_.capabilities;
    chosen.accepts_delta = request_.format == protocol::ResponseFormat::kDelta;
    chosen.accepts_parquet = !chosen.accepts_delta;
    const auto needs = protocol::NeedsOf(*protocol_, *metadata_, has_vectors);
    TRY(protocol::ChooseFormat(chosen, needs));
    return {};
  }

  Result<void> ReadCommit(table::Version version, std::size_t skip) {
    const std::shared_ptr<const table::Metadata> before = metadata_;
    const Commit commit = TRY(history_.Read(version, *before));
    TakeProtocol(commit);
    TakeMetadata(commit);
    if (commit.protocol != nullptr || commit.metadata != nullptr) {
      TRY(CheckRecordsChanges(version));
      TRY(CheckFormat(/*has_vectors=*/false));
    }
    if (skip == 0 && version > request_.start) AppendHeadLines(commit);
    const std::size_t first_part = found_.parts.size();
    TRY(AppendFiles(commit, skip));
    KeepOrForget(commit, before, first_part);
    return {};
  }

  Result<void> AppendFiles(const Commit& commit, std::size_t skip) {
    const CommitStamp stamp{.version = commit.version,
                            .time = TRY(history_.TimeOf(commit.version))};
    std::size_t at = 0;  // among the files of this commit
    for (const auto& [block, action] : FilesOf(commit)) {
      TRY(CheckServable(*block, roots_));
      for (std::size_t row = 0; row < block->rows(); ++row) {
        if (action != FileAction::kChange && !block->data_change(row)) continue;
        if (at++ < skip) continue;
        if (IsFull()) {
          EndPage(commit.version, at - 1);
          return {};
        }
        TRY(AppendFile(
            {.block = block, .row = row, .end_row = row + 1, .action = action, .commit = stamp}));
      }
    }
    return {};
  }

  void AppendHeadLines(const Commit& commit) {
    protocol::HeadOptions options{.format = request_.format,
                                  .history_shared = true,
                                  .metadata_version = commit.version,
                                  .protocol_version = commit.version};
    std::string text;
    const bool is_delta = request_.format == protocol::ResponseFormat::kDelta;
    if (commit.protocol != nullptr && request_.historical_protocol && is_delta) {
      protocol::AppendProtocolLine(*commit.protocol, options, text);
    }
    if (commit.metadata != nullptr && request_.historical_metadata) {
      protocol::AppendMetadataLine(*commit.metadata, std::nullopt, options, text);
    }
    if (!text.empty()) found_.parts.push_back({.text = std::move(text)});
  }

  using Files = std::vector<std::pair<std::shared_ptr<const FileBlock>, FileAction>>;
  Files FilesOf(const Commit& commit) const {
    if (request_.kind == RangeRequest::Kind::kChanges) {
      if (commit.change_data->rows() > 0) return {{commit.change_data, FileAction::kChange}};
      if (commit.is_void) return {};
    }
    return {{commit.added, FileAction::kAdd}, {commit.removed, FileAction::kRemove}};
  }

  // Adds one file, to the part before it if it follows there.
  Result<void> AppendFile(CommitPart file) {
    if (file.block->deletion_vector(file.row) != nullptr) TRY(CheckFormat(/*has_vectors=*/true));
    if (++files_ > kMaxRangeFiles) {
      return TooLarge(
          "the range of versions lists more than {} files: ask for fewer versions, or for pages "
          "with maxFiles",
          kMaxRangeFiles);
    }
    ++found_.totals.files;
    found_.totals.bytes += file.block->size_bytes(file.row);
    std::vector<CommitPart>& parts = found_.parts;
    if (!parts.empty() && parts.back().block == file.block && parts.back().end_row == file.row) {
      parts.back().end_row = file.end_row;
    } else {
      parts.push_back(std::move(file));
    }
    return {};
  }

  // Lets go of a commit's files once so many are held that it is better read again.
  void KeepOrForget(const Commit& commit, const std::shared_ptr<const table::Metadata>& before,
                    std::size_t first_part) {
    kept_files_ += commit.added->rows() + commit.removed->rows() + commit.change_data->rows();
    if (kept_files_ <= kKeptRangeFiles) return;
    for (std::size_t i = first_part; i < found_.parts.size(); ++i) {
      if (found_.parts[i].block != nullptr) found_.parts[i].metadata_before = before;
      found_.parts[i].block = nullptr;
    }
  }

  table::History& history_;
  const RangeRequest& request_;
  const TableRoots& roots_;
  std::shared_ptr<const table::Protocol> protocol_;  ///< In force, as is the metadata.
  std::shared_ptr<const table::Metadata> metadata_;
  table::Version metadata_since_;
  table::Version protocol_since_;
  RangeLines found_;
  std::size_t files_ = 0;
  std::size_t kept_files_ = 0;
};

}  // namespace

Result<RangeLines> ReadRange(table::History& history, const table::SnapshotPtr& start,
                             const RangeRequest& request, const RangePosition& position,
                             const TableRoots& roots) {
  return RangeReader(history, start, request, roots).Read(position);
}

}  // namespace sluice::sharing
