#include "delta/replay.h"

namespace sluice::delta {

void Replay::BeginCommit() {
  ++commit_;
  in_compacted_ = false;
}

void Replay::BeginCompacted() {
  ++commit_;
  in_compacted_ = true;
}

void Replay::BeginCheckpoint() {
  ++commit_;
  in_checkpoint_ = true;
}

Result<void> Replay::OnProtocol(table::Protocol protocol) {
  if (protocol_ == nullptr || protocol_commit_ == commit_) {
    protocol_ = std::make_shared<table::Protocol>(std::move(protocol));
    protocol_commit_ = commit_;
  }
  return {};
}

Result<void> Replay::OnMetadata(table::Metadata metadata) {
  if (metadata_ == nullptr || metadata_commit_ == commit_) {
    metadata_ = std::make_shared<table::Metadata>(std::move(metadata));
    metadata_commit_ = commit_;
  }
  return {};
}

std::string_view Replay::KeyOf(const table::DataFile& file) {
  const std::string_view path = table::CanonicalPath(file.path);
  if (file.deletion_vector == nullptr) return path;
  key_buffer_.assign(path).push_back('\0');
  key_buffer_ += file.deletion_vector->Id();
  return key_buffer_;
}

Result<bool> Replay::Note(std::string_view key, std::optional<std::uint32_t> commit_row) {
  const auto known = seen_.find(key);
  if (known == seen_.end()) {
    seen_.emplace(key, Seen{.commit = commit_, .commit_row = commit_row});
    return true;
  }
  Seen& seen = known->second;
  if (seen.commit != commit_) return false;  // a newer commit has spoken
  if (in_compacted_) return CorruptData("a compacted file names one file twice");
  if (seen.commit_row) void_rows_.push_back(*seen.commit_row);
  seen.commit_row = commit_row;
  return true;
}

Result<void> Replay::OnAdd(const table::DataFile& file) {
  const std::string_view key = KeyOf(file);
  if (in_checkpoint_) {
    if (!seen_.empty() && seen_.contains(key)) return {};
    return checkpoint_files_.Add(file);
  }
  const bool is_newest = TRY(Note(key, static_cast<std::uint32_t>(commit_files_.rows())));
  if (!is_newest) return {};
  return commit_files_.Add(file);
}

Result<void> Replay::OnRemove(const table::DataFile& file) {
  if (!in_checkpoint_) TRY(Note(KeyOf(file), std::nullopt));
  return {};
}

std::shared_ptr<const table::FileBlock> Replay::FinishCommitFiles(const table::Metadata& metadata) {
  auto block = std::move(commit_files_).Finish(metadata.partition_columns, metadata.schema);
  // It fitted before, so less of it fits again.
  return table::WithoutRows(std::move(block), std::move(void_rows_), metadata).value();
}

table::Change Replay::FinishChange(table::Version version, const table::Metadata& before) && {
  table::Change change{.version = version, .metadata = metadata_, .protocol = protocol_};
  change.added = FinishCommitFiles(metadata_ != nullptr ? *metadata_ : before);
  change.named_files.reserve(seen_.size());
  for (const auto& [key, seen] : seen_) {  // the order does not matter: each takes one file away
    const std::size_t split = key.find('\0');
    change.named_files.emplace_back(
        key.substr(0, split), split == std::string::npos ? std::string() : key.substr(split + 1));
  }
  return change;
}

Result<table::SnapshotPtr> Replay::FinishSnapshot(table::Version version,
                                                  const table::Layout& layout) && {
  if (protocol_ == nullptr || metadata_ == nullptr) {
    return WithDetail(
        CorruptData("the table's log has no {}", protocol_ == nullptr ? "protocol" : "metadata"),
        Format("at version {}", version));
  }
  std::vector<table::Segment> segments;
  if (commit_files_.rows() > 0)
    segments.push_back(table::Segment::Whole(FinishCommitFiles(*metadata_)));
  if (checkpoint_files_.rows() > 0) {
    segments.push_back(table::Segment::Whole(
        std::move(checkpoint_files_).Finish(metadata_->partition_columns, metadata_->schema)));
  }
  return table::SnapshotPtr(std::make_shared<table::Snapshot>(version, metadata_, protocol_,
                                                              std::move(segments), layout));
}

}  // namespace sluice::delta
