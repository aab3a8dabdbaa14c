#include "table/snapshot.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <span>
#include <utility>

#include "base/check.h"
#include "table/stats.h"

namespace sluice::table {
namespace {

// Takes rows out of a segment that others may share.
class RowRemover {
 public:
  explicit RowRemover(Segment& segment) : segment_(segment) {}

  void Remove(std::size_t row) {
    if (!segment_.IsLive(row)) return;
    if (removed_ == nullptr) {
      removed_ = segment_.removed ? std::make_shared<RowSet>(*segment_.removed)
                                  : std::make_shared<RowSet>(segment_.block->rows());
    }
    if (!removed_->Insert(row)) return;  // named twice
    --segment_.live_rows;
    segment_.live_bytes -= segment_.block->size_bytes(row);
  }
  void Finish() {
    if (removed_ != nullptr) segment_.removed = std::move(removed_);
  }

 private:
  Segment& segment_;
  std::shared_ptr<RowSet> removed_;
};

using NamedFile = std::pair<std::string, std::string>;

// Takes the files of a change out of the segments that came before it. Absolute paths have several
// spellings, so they are compared in their canonical form.
void RemoveNamed(const std::vector<NamedFile>& named_files, Segment& segment) {
  RowRemover remover(segment);
  const FileBlock& block = *segment.block;
  std::set<NamedFile> absolute;
  for (const NamedFile& named : named_files) {
    if (named.first.starts_with('/')) absolute.insert(named);
    if (const auto row = block.FindRow(named.first, named.second)) remover.Remove(*row);
  }
  if (!absolute.empty()) {
    for (const std::uint32_t row : block.absolute_rows()) {
      const NamedFile name(CanonicalPath(block.path(row)), block.deletion_vector_id(row));
      if (absolute.contains(name)) remover.Remove(row);
    }
  }
  remover.Finish();
}

// One block of the live files of several, in order.
Result<Segment> Merge(const std::vector<Segment>& segments, const Metadata& metadata) {
  FileBlockBuilder builder;
  for (const Segment& segment : segments) {
    auto stats = segment.block->EscapedStats();
    for (std::size_t row = 0; row < segment.block->rows(); ++row) {
      if (segment.IsLive(row)) TRY(builder.AddFrom(*segment.block, row, stats));
    }
  }
  return Segment::Whole(std::move(builder).Finish(metadata.partition_columns, metadata.schema));
}

// Keeps the number of blocks logarithmic: a newer block is at most half as large as the next older
// one. The oldest stays as it is, however large, until half of it is gone.
Result<void> Compact(std::vector<Segment>& segments, const Metadata& metadata) {
  while (segments.size() > 2 && segments[0].live_rows * 2 > segments[1].live_rows) {
    Segment merged = TRY(Merge({segments[0], segments[1]}, metadata));
    segments.erase(segments.begin());
    segments[0] = std::move(merged);
  }
  for (Segment& segment : segments) {
    if (segment.live_rows * 2 < segment.block->rows()) segment = TRY(Merge({segment}, metadata));
  }
  std::erase_if(segments, [](const Segment& segment) { return segment.live_rows == 0; });
  return {};
}

// Two sets of outcomes under AND: false wins over null, null over true.
expr::TruthSet And(expr::TruthSet a, expr::TruthSet b) {
  using expr::kMayBeFalse, expr::kMayBeNull, expr::kMayBeTrue;
  expr::TruthSet both = a & b & kMayBeTrue;
  both |= (a | b) & kMayBeFalse;
  const bool null = ((a & kMayBeNull) != 0 && (b & (kMayBeNull | kMayBeTrue)) != 0) ||
                    ((b & kMayBeNull) != 0 && (a & (kMayBeNull | kMayBeTrue)) != 0);
  return null ? both | kMayBeNull : both;
}

// Answers what a block knows of its columns: partition values exactly, others by statistics.
class BlockBounds final : public expr::BoundsSource {
 public:
  BlockBounds(const FileBlock& block, const expr::Schema& schema)
      : block_(block), schema_(schema) {}

  const expr::ColumnBounds* FindBounds(const std::vector<std::string>& column) override {
    if (column.size() == 1) {
      for (const PartitionColumn& partition : block_.partition_columns()) {
        if (partition.name == column[0]) return &partition.bounds;
      }
    }
    const expr::Field* const field = schema_.Find(column);
    if (field == nullptr || expr::LaneOf(field->type) == expr::Lane::kNone) return nullptr;
    return &block_.StatsBounds(schema_.StoredPath(column), field->type);
  }

 private:
  const FileBlock& block_;
  const expr::Schema& schema_;
};

// Rows that are left of a file; 0 if its statistics do not tell. A deletion vector's rows still
// count in them. Source: Delta PROTOCOL.md, "Per-file Statistics".
std::int64_t CountRows(const FileBlock& block, std::size_t row, std::string_view escaped_stats) {
  const std::int64_t rows = DecodeRowCount(escaped_stats).value_or(0);
  const DeletionVector* const vector = block.deletion_vector(row);
  if (vector == nullptr) return rows;
  return rows - std::clamp<std::int64_t>(vector->cardinality, 0, rows);
}

std::vector<expr::TruthSet> EvaluateAll(const std::vector<expr::Predicate>& predicates,
                                        const FileBlock& block, const expr::Schema& schema) {
  BlockBounds source(block, schema);
  if (predicates.empty()) return std::vector<expr::TruthSet>(block.rows(), expr::kMayBeTrue);
  auto outcomes = expr::Evaluate(predicates.front(), source, block.rows());
  for (const expr::Predicate& predicate : std::span(predicates).subspan(1)) {
    const auto more = expr::Evaluate(predicate, source, block.rows());
    for (std::size_t row = 0; row < outcomes.size(); ++row)
      outcomes[row] = And(outcomes[row], more[row]);
  }
  return outcomes;
}

// The first row from `row` on that may match. Looks at eight at a time: most do not.
std::size_t FirstCandidate(const std::vector<expr::TruthSet>& outcomes, std::size_t row) {
  static_assert(sizeof(expr::TruthSet) == 1);
  constexpr std::uint64_t kAnyMayBeTrue = 0x0101'0101'0101'0101 * expr::kMayBeTrue;
  std::uint64_t eight = 0;
  for (; row + sizeof(eight) <= outcomes.size(); row += sizeof(eight)) {
    std::memcpy(&eight, outcomes.data() + row, sizeof(eight));
    if ((eight & kAnyMayBeTrue) != 0) break;
  }
  while (row < outcomes.size() && (outcomes[row] & expr::kMayBeTrue) == 0) ++row;
  return row;
}

}  // namespace

Segment Segment::Whole(std::shared_ptr<const FileBlock> block) {
  Segment segment{.block = std::move(block), .removed = nullptr};
  segment.live_rows = segment.block->rows();
  for (std::size_t row = 0; row < segment.live_rows; ++row)
    segment.live_bytes += segment.block->size_bytes(row);
  return segment;
}

Snapshot::Snapshot(Version version, std::shared_ptr<const Metadata> metadata,
                   std::shared_ptr<const Protocol> protocol, std::vector<Segment> segments,
                   const Layout& layout)
    : version_(version),
      metadata_(std::move(metadata)),
      protocol_(std::move(protocol)),
      segments_(std::move(segments)),
      layout_(layout) {
  CHECK(metadata_ != nullptr && protocol_ != nullptr, "a snapshot has metadata and a protocol");
  for (const Segment& segment : segments_) {
    file_count_ += segment.live_rows;
    total_bytes_ += segment.live_bytes;
  }
}

std::size_t Snapshot::memory_bytes() const {
  std::size_t bytes = sizeof(*this) + metadata_->schema_string.size() * 4;
  for (const Segment& segment : segments_) {
    bytes += segment.block->memory_bytes();
    if (segment.removed != nullptr) bytes += segment.removed->memory_bytes();
  }
  return bytes;
}

Result<SnapshotPtr> Snapshot::Extend(Change change) const {
  std::vector<Segment> segments = segments_;
  for (Segment& segment : segments) RemoveNamed(change.named_files, segment);
  if (change.added->rows() > 0)
    segments.insert(segments.begin(), Segment::Whole(std::move(change.added)));
  auto metadata = change.metadata ? change.metadata : metadata_;
  auto protocol = change.protocol ? change.protocol : protocol_;
  TRY(Compact(segments, *metadata));
  return SnapshotPtr(std::make_shared<Snapshot>(change.version, std::move(metadata),
                                                std::move(protocol), std::move(segments), layout_));
}

bool Snapshot::HasDeletionVectors() const {
  for (const Segment& segment : segments_) {
    if (!segment.block->has_deletion_vectors()) continue;
    for (std::size_t row = 0; row < segment.block->rows(); ++row) {
      if (segment.IsLive(row) && segment.block->deletion_vector(row) != nullptr) return true;
    }
  }
  return false;
}

FileSelection Snapshot::Select(const std::vector<expr::Predicate>& predicates,
                               std::optional<std::int64_t> limit) const {
  FileSelection selection{.snapshot = shared_from_this(), .rows = {}, .file_count = 0};
  if (predicates.empty() && !limit) {
    selection.rows.resize(segments_.size());
    selection.file_count = file_count_;
    return selection;
  }
  std::int64_t certain_rows = 0;
  for (const Segment& segment : segments_) {
    const auto outcomes = EvaluateAll(predicates, *segment.block, metadata_->schema);
    RowSet rows(segment.block->rows());
    auto stats = segment.block->EscapedStats();
    for (std::size_t row = FirstCandidate(outcomes, 0); row < outcomes.size();
         row = FirstCandidate(outcomes, row + 1)) {
      if (limit && certain_rows >= *limit) break;
      if (!segment.IsLive(row)) continue;
      rows.Insert(row);
      ++selection.file_count;
      if (!limit || outcomes[row] != expr::kMayBeTrue) continue;
      const std::int64_t in_file = CountRows(*segment.block, row, stats.Get(row));
      if (__builtin_add_overflow(certain_rows, in_file, &certain_rows)) certain_rows = *limit;
    }
    selection.rows.emplace_back(std::move(rows));
  }
  return selection;
}

FileCursor::FileCursor(const FileSelection& selection) : selection_(&selection) {}

bool FileCursor::Next() {
  const std::vector<Segment>& segments = selection_->snapshot->segments();
  for (; segment_ < segments.size(); ToNextSegment()) {
    const FileBlock& block = *segments[segment_].block;
    row_ = FirstFrom(next_row_);
    if (row_ >= block.rows()) continue;
    if (!stats_) stats_.emplace(block.EscapedStats());
    next_row_ = row_ + 1;
    return true;
  }
  return false;
}

std::size_t FileCursor::Skip(std::size_t count) {
  const std::vector<Segment>& segments = selection_->snapshot->segments();
  std::size_t skipped = 0;
  for (; segment_ < segments.size(); ToNextSegment()) {
    const std::size_t here = CountFrom(next_row_);
    if (count - skipped < here) {
      next_row_ = RowBehind(next_row_, count - skipped);
      return count;
    }
    skipped += here;
  }
  return skipped;
}

void FileCursor::ToNextSegment() {
  ++segment_;
  next_row_ = 0;
  stats_.reset();
}

std::size_t FileCursor::FirstFrom(std::size_t row) const {
  const std::optional<RowSet>& chosen = selection_->rows[segment_];
  if (chosen) return chosen->FindFrom(row);
  const RowSet* const removed = selection_->snapshot->segments()[segment_].removed.get();
  return removed != nullptr ? removed->FindMissingFrom(row) : row;
}

std::size_t FileCursor::CountFrom(std::size_t row) const {
  const Segment& segment = selection_->snapshot->segments()[segment_];
  const std::optional<RowSet>& chosen = selection_->rows[segment_];
  if (chosen) return chosen->CountFrom(row);
  const std::size_t rows = segment.block->rows() - row;
  return segment.removed != nullptr ? rows - segment.removed->CountFrom(row) : rows;
}

std::size_t FileCursor::RowBehind(std::size_t row, std::size_t count) const {
  const std::optional<RowSet>& chosen = selection_->rows[segment_];
  if (chosen) return chosen->SkipFrom(row, count);
  const RowSet* const removed = selection_->snapshot->segments()[segment_].removed.get();
  return removed != nullptr ? removed->SkipMissingFrom(row, count) : row + count;
}

FileTotals TotalsOf(const FileSelection& selection, std::size_t first,
                    std::optional<std::size_t> max_files) {
  const Snapshot& snapshot = *selection.snapshot;
  const bool is_whole =
      std::ranges::none_of(selection.rows, [](const auto& rows) { return rows.has_value(); });
  const std::size_t left = selection.file_count - std::min(first, selection.file_count);
  const std::size_t count = std::min(left, max_files.value_or(left));
  FileTotals totals{.files = static_cast<std::int64_t>(count)};
  if (is_whole && count == snapshot.file_count()) {
    totals.bytes = snapshot.total_bytes();
    return totals;
  }
  FileCursor cursor(selection);
  cursor.Skip(first);
  for (std::size_t i = 0; i < count && cursor.Next(); ++i) {
    totals.bytes += cursor.block().size_bytes(cursor.row());
  }
  return totals;
}

}  // namespace sluice::table
