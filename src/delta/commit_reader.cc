#include "delta/commit_reader.h"

#include <unordered_map>
#include <utility>
#include <vector>

#include "delta/actions.h"
#include "storage/data_path.h"

namespace sluice::delta {
namespace {

using table::DataFile;
using table::FileBlock;
using table::FileBlockBuilder;
using table::Metadata;
using table::NamedPartitionValue;

/// Each costs the store a request.
constexpr int kMaxSizesAsked = 10'000;

std::string VectorId(const DataFile& file) {
  return file.deletion_vector != nullptr ? file.deletion_vector->Id() : std::string();
}

// Files of one kind of action.
class FileList {
 public:
  Result<void> Add(const DataFile& file) {
    std::string key(file.path);
    key.append(1, '\0').append(VectorId(file));
    const auto row = static_cast<std::uint32_t>(builder_.rows());
    const auto [known, is_new] = row_of_.emplace(std::move(key), row);
    if (!is_new) void_rows_.push_back(std::exchange(known->second, row));
    return builder_.Add(file);
  }

  Result<std::shared_ptr<const FileBlock>> Finish(const Metadata& metadata) && {
    auto block = std::move(builder_).Finish(metadata.partition_columns, metadata.schema);
    return table::WithoutRows(std::move(block), std::move(void_rows_), metadata);
  }

 private:
  FileBlockBuilder builder_;
  std::unordered_map<std::string, std::uint32_t> row_of_;  // by path NUL vector id
  std::vector<std::uint32_t> void_rows_;                   // named again later
};

// Finds what a remove does not tell of its file.
class RemovedFiles {
 public:
  RemovedFiles(table::Version version, const Metadata& before,
               const CommitSurroundings& surroundings)
      : version_(version), before_(before), surroundings_(surroundings) {}

  /// Fills in the size and the partition values, which live until the next call. False if the file
  /// held no data of the table: Spark retires files of deletion vectors by such removes.
  Result<bool> Complete(DataFile& file) {
    const bool lacks_size = file.size_bytes == kUnknownSize;
    const bool lacks_values = file.partition_values.empty() && !before_.partition_columns.empty();
    if (!lacks_size && !lacks_values) return true;
    if (TRY(FillFromSnapshot(file))) return true;
    if (!file.data_change) return false;
    if (lacks_values) return Missing(file);
    file.size_bytes = TRY(AskSize(file));
    return true;
  }

 private:
  Result<bool> FillFromSnapshot(DataFile& file) {
    const table::SnapshotPtr snapshot = TRY(Snapshot());
    if (snapshot == nullptr) return false;
    for (const table::Segment& segment : snapshot->segments()) {
      const auto row = segment.block->FindRow(file.path, VectorId(file));
      if (!row || !segment.IsLive(*row)) continue;
      file.size_bytes = segment.block->size_bytes(*row);
      values_.clear();
      for (const table::PartitionColumn& column : segment.block->partition_columns()) {
        values_.push_back({column.stored_name, column.values[column.codes[*row]].text});
      }
      file.partition_values = values_;
      return true;
    }
    return false;
  }

  // The version before; nullptr if what is left of the log cannot tell it.
  Result<table::SnapshotPtr> Snapshot() {
    if (asked_ || version_.value() == 0) return snapshot_;
    auto found = surroundings_.snapshot_at(table::Version(version_.value() - 1));
    if (!found.ok() && found.error().code != ErrorCode::kInvalidArgument) {
      return std::move(found).error();
    }
    asked_ = true;
    if (found.ok()) snapshot_ = *std::move(found);
    return snapshot_;
  }

  // Looks at objects below the table's root only.
  Result<std::int64_t> AskSize(const DataFile& file) {
    const auto place = storage::ResolveDataPath(surroundings_.root, file.path);
    if (!place.ok() || place->is_absolute || ++sizes_asked_ > kMaxSizesAsked) return Missing(file);
    const auto info = surroundings_.store->Stat(surroundings_.root + "/" + place->path);
    if (info.ok()) return static_cast<std::int64_t>(info->size_bytes);
    if (info.error().code == ErrorCode::kNotFound) return Missing(file);
    return info.error();
  }

  Error Missing(const DataFile& file) const {
    return WithDetail(MissingData("table files missing: a file removed by version {} is not known",
                                  version_.value()),
                      std::string(file.path));
  }

  const table::Version version_;
  const Metadata& before_;
  const CommitSurroundings& surroundings_;
  bool asked_ = false;
  table::SnapshotPtr snapshot_;
  std::vector<NamedPartitionValue> values_;
  int sizes_asked_ = 0;
};

class CommitSink final : public ActionSink {
 public:
  CommitSink(table::Version version, const Metadata& before, const CommitSurroundings& surroundings)
      : version_(version), before_(before), removed_files_(version, before, surroundings) {}

  bool WantsWholeRemoves() const override { return true; }
  Result<void> OnProtocol(table::Protocol protocol) override {
    protocol_ = std::make_shared<const table::Protocol>(std::move(protocol));
    return {};
  }
  Result<void> OnMetadata(Metadata metadata) override {
    metadata_ = std::make_shared<const Metadata>(std::move(metadata));
    return {};
  }
  Result<void> OnAdd(const DataFile& file) override { return added_.Add(file); }
  Result<void> OnRemove(const DataFile& file) override {
    DataFile whole = file;
    if (!TRY(removed_files_.Complete(whole))) return {};
    return removed_.Add(whole);
  }
  Result<void> OnChangeData(const DataFile& file) override { return change_data_.Add(file); }
  Result<void> OnCommitInfo(const CommitInfo& info) override {
    info_ = info;
    return {};
  }

  Result<WholeCommit> Finish() && {
    const Metadata& metadata = metadata_ != nullptr ? *metadata_ : before_;
    table::Commit commit{.version = version_, .protocol = protocol_, .metadata = metadata_};
    commit.added = TRY(std::move(added_).Finish(metadata));
    commit.removed = TRY(std::move(removed_).Finish(metadata));
    commit.change_data = TRY(std::move(change_data_).Finish(metadata));
    commit.is_void = info_.is_void_merge;
    return WholeCommit{.commit = std::move(commit),
                       .in_commit_timestamp_ms = info_.in_commit_timestamp_ms};
  }

 private:
  const table::Version version_;
  const Metadata& before_;
  RemovedFiles removed_files_;
  std::shared_ptr<const table::Protocol> protocol_;
  std::shared_ptr<const Metadata> metadata_;
  FileList added_;
  FileList removed_;
  FileList change_data_;
  CommitInfo info_;
};

}  // namespace

Result<WholeCommit> ReadWholeCommit(std::string_view text, std::string_view path,
                                    table::Version version, const Metadata& before,
                                    const CommitSurroundings& surroundings) {
  CommitSink sink(version, before, surroundings);
  TRY(ReadCommit(text, path, sink));
  return std::move(sink).Finish();
}

}  // namespace sluice::delta
