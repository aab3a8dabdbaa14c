#include "audit/journal_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace sluice::audit {
namespace {

constexpr Sequence kSignDistance = 256;
constexpr std::size_t kMaxSegmentBytes = 1 << 30;
constexpr std::size_t kMaxReadBytes = 16 << 20;

Error Damage(const std::string& path, std::string what) {
  return WithDetail(CorruptData("the audit log is damaged"), path + ": " + std::move(what));
}

Result<void> CheckOptions(const JournalOptions& options) {
  if (!IsNodeName(options.node)) {
    return InvalidArgument("a node is named by 1 to 128 letters, digits and ._:-");
  }
  if (options.segment_bytes == 0 || options.segment_bytes > kMaxSegmentBytes) {
    return InvalidArgument("a segment of the audit log has 1 byte to 1 GiB");
  }
  return {};
}

/// Records tell too much for others than the owner.
Result<void> MakeDirectory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return FileFault("made", path, errno);
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return FileFault("opened", path, errno);
  const bool is_open_to_others = (status.st_mode & (S_IRWXG | S_IRWXO)) != 0;
  if (is_open_to_others && ::chmod(path.c_str(), 0700) != 0) return FileFault("made", path, errno);
  return {};
}

}  // namespace

JournalFiles::JournalFiles(const JournalOptions& options, crypto::SigningKey key,
                           const Clock& clock, TreeFile tree)
    : options_(options), key_(std::move(key)), clock_(clock), tree_(std::move(tree)) {}

Result<std::unique_ptr<JournalFiles>> JournalFiles::Open(const JournalOptions& options,
                                                         crypto::SigningKey key,
                                                         const Clock& clock) {
  TRY(CheckOptions(options));
  TRY(MakeDirectory(options.directory));
  TreeFile tree = TRY(TreeFile::Open(*options.calls, options.directory + "/tree"));
  std::unique_ptr<JournalFiles> files(
      new JournalFiles(options, std::move(key), clock, std::move(tree)));
  TRY(files->FindSegments());
  TRY(files->ReadRecords());
  TRY(files->CheckLastHead());
  return files;
}

Result<void> JournalFiles::FindSegments() {
  std::vector<SegmentFile> found = TRY(ListSegments(options_.directory));
  for (SegmentFile& segment : found) {
    segments_[segment.first] = {.path = std::move(segment.path), .offsets = {}};
  }
  return {};
}

/// Reads the last segment, and those before it of which the tree has no hashes.
Result<void> JournalFiles::ReadRecords() {
  if (segments_.empty()) return tree_.Truncate(0);
  const std::int64_t hashes = TRY(tree_.Count());
  auto segment = std::prev(segments_.end());
  while (StoredHashCount(segment->first) > hashes) {
    if (segment == segments_.begin()) {
      return Damage(options_.directory + "/tree",
                    Format("hashes below {} are missing", segment->first));
    }
    --segment;
  }
  written_ = segment->first;
  for (auto next = std::next(segment); next != segments_.end(); segment = next++) {
    TRY(ReadSegment({segment->first, segment->second.path}, next->first));
  }
  TRY(ReadLastSegment({segment->first, segment->second.path}));
  synced_ = written_;
  is_tree_doubtful_ = true;
  return tree_.Truncate(StoredHashCount(written_));
}

Result<void> JournalFiles::ReadSegment(const SegmentFile& segment, Sequence end) {
  SegmentReader reader = TRY(SegmentReader::Open(segment.path));
  while (written_ < end) {
    Signpost(segment.first, written_, reader.offset());
    const auto text = TRY(reader.Next());
    if (!text)
      return Damage(segment.path, Format("records {} to {} are missing", written_, end - 1));
    TRY(AddToTree(*text, segment.path));
  }
  return {};
}

Result<void> JournalFiles::ReadLastSegment(const SegmentFile& segment) {
  SegmentReader reader = TRY(SegmentReader::Open(segment.path));
  while (true) {
    Signpost(segment.first, written_, reader.offset());
    const auto text = reader.Next();
    if (!text.ok() && text.error().code != ErrorCode::kCorruptData) return text.error();
    if (!text.ok()) {
      const bool is_damage = TRY(reader.IsDamage());
      if (is_damage) return text.error();
      TRY(CutTornEnd(reader, segment));
      break;
    }
    if (!*text) break;
    TRY(AddToTree(**text, segment.path));
  }
  active_ = {.first = segment.first,
             .path = segment.path,
             .file = FileDescriptor(::open(segment.path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW)),
             .written_bytes = reader.offset(),
             .synced_bytes = reader.offset()};
  if (!active_.file.valid()) return FileFault("opened", segment.path, errno);
  // What the last process wrote and did not sync counts from here on, so it must stay.
  return SyncFile({*options_.calls, active_.file, active_.path});
}

Result<void> JournalFiles::CutTornEnd(const SegmentReader& reader, const SegmentFile& segment) {
  const FileDescriptor file(::open(segment.path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!file.valid()) return FileFault("opened", segment.path, errno);
  const std::int64_t size = TRY(FileSize(file, segment.path));
  if (options_.calls->Truncate(file.get(), reader.offset()) != 0) {
    return FileFault("written", segment.path, errno);
  }
  cut_bytes_ = size - reader.offset();
  return {};
}

/// Hashes that a crash kept from the disk are missing, or zero; others must be right.
Result<void> JournalFiles::AddToTree(std::string_view text, const std::string& path) {
  const auto hashes = TRY(HashesToAppend(written_, LeafHash(text), tree_.Reader()));
  const std::int64_t index = StoredHashIndex(0, written_);
  const std::int64_t count = TRY(tree_.Count());
  if (index < count) {
    const Hash stored = TRY(tree_.Read(index));
    if (stored != hashes.front() && stored != Hash{}) {
      return Damage(path, Format("record {} does not fit its hash in the tree", written_));
    }
  }
  TRY(tree_.Write(index, hashes));
  ++written_;
  return {};
}

Result<void> JournalFiles::CheckLastHead() {
  const std::string path = HeadsPath();
  const std::string text = TRY(ReadWhole(path));
  const HeadLines heads = SplitHeads(text);
  heads_bytes_ = static_cast<std::int64_t>(heads.whole_bytes);
  if (heads.lines.empty()) return {};
  const Result<TreeHead> last = DecodeTreeHead(heads.lines.back());
  if (!last.ok()) return Damage(path, "the last head cannot be read: " + last.error().message);
  if (last->node != options_.node) {
    return WithDetail(InvalidArgument("the audit log is that of another node"),
                      Format("{}: of {}, not of {}", path, last->node, options_.node));
  }
  if (last->size > written_) {
    return Damage(options_.directory,
                  Format("a head of {} records was signed, and {} are here", last->size, written_));
  }
  const Hash root = TRY(TreeHash(last->size, tree_.Reader()));
  if (root != last->root) {
    return Damage(options_.directory,
                  Format("the first {} records do not fit the head signed for them", last->size));
  }
  last_head_size_ = last->size;
  return {};
}

Result<Sequence> JournalFiles::Write(std::string_view body) {
  if (!active_.file.valid()) TRY(BeginSegment());
  frame_.clear();
  AppendFrame({.node = options_.node,
               .sequence = written_,
               .body = body,
               .synced = static_cast<std::uint32_t>(active_.synced_bytes)},
              frame_);
  const std::int64_t in_file =
      StoredHashCount(written_) - static_cast<std::int64_t>(new_hashes_.size());
  const ReadHash read = [&](std::int64_t index) -> Result<Hash> {
    if (index < in_file) return tree_.Read(index);
    return new_hashes_[static_cast<std::size_t>(index - in_file)];
  };
  const auto hashes = TRY(HashesToAppend(written_, LeafHash(FrameText(frame_, 0)), read));
  TRY(WriteAt({*options_.calls, active_.file, active_.path}, active_.written_bytes, frame_));
  Signpost(active_.first, written_, active_.written_bytes);
  new_hashes_.insert(new_hashes_.end(), hashes.begin(), hashes.end());
  active_.written_bytes += static_cast<std::int64_t>(frame_.size());
  return written_++;
}

Result<JournalFiles::Mark> JournalFiles::BeginSync() {
  const std::int64_t in_file =
      StoredHashCount(written_) - static_cast<std::int64_t>(new_hashes_.size());
  TRY(tree_.Write(in_file, new_hashes_));
  new_hashes_.clear();
  return Mark{.records = written_, .bytes = active_.written_bytes};
}

Result<void> JournalFiles::SyncUpTo(const Mark& mark) {
  if (mark.records == synced_.load()) return {};
  if (is_tree_doubtful_) TRY(SyncTree());
  return SyncFile({*options_.calls, active_.file, active_.path});
}

void JournalFiles::EndSync(const Mark& mark) {
  active_.synced_bytes = mark.bytes;
  synced_ = mark.records;
}

Result<void> JournalFiles::SyncTree() {
  TRY(tree_.Sync());
  is_tree_doubtful_ = false;
  return {};
}

void JournalFiles::Abandon() {
  written_ = synced_.load();
  new_hashes_.clear();
  is_tree_doubtful_ = true;
  (void)tree_.Truncate(StoredHashCount(written_));
  if (!active_.file.valid()) return;
  const std::lock_guard lock(mutex_);
  if (active_.first == written_) {
    ::unlink(active_.path.c_str());
    segments_.erase(active_.first);
  } else {
    (void)options_.calls->Truncate(active_.file.get(), active_.synced_bytes);
    const auto signs = (written_ - active_.first + kSignDistance - 1) / kSignDistance;
    auto& offsets = segments_[active_.first].offsets;
    if (std::ssize(offsets) > signs) offsets.resize(static_cast<std::size_t>(signs));
  }
  active_ = {};
}

bool JournalFiles::IsFull() const {
  return active_.file.valid() &&
         active_.written_bytes >= static_cast<std::int64_t>(options_.segment_bytes);
}

Result<void> JournalFiles::EndSegment() {
  TRY(SyncTree());  // opening reads the last segment alone
  TRY(KeepHead());
  active_ = {};
  return {};
}

Result<void> JournalFiles::BeginSegment() {
  Active next{.first = written_, .path = SegmentPath(options_.directory, written_)};
  next.file = FileDescriptor(options_.calls->Create(next.path.c_str()));
  if (!next.file.valid() && errno == EEXIST) {  // abandoned, when even deleting it failed
    ::unlink(next.path.c_str());
    next.file = FileDescriptor(options_.calls->Create(next.path.c_str()));
  }
  if (!next.file.valid()) return FileFault("written", next.path, errno);
  const Result<void> named = SyncDirectory(*options_.calls, options_.directory);
  if (!named.ok()) {
    ::unlink(next.path.c_str());
    return named;
  }
  const std::lock_guard lock(mutex_);
  segments_[next.first] = {.path = next.path, .offsets = {}};
  active_ = std::move(next);
  return {};
}

Result<void> JournalFiles::KeepHead() {
  if (last_head_size_ == size()) return {};
  const TreeHead head = TRY(Head());
  const std::string path = HeadsPath();
  const std::string line = EncodeTreeHead(head) + "\n";
  const FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.valid()) return FileFault("written", path, errno);
  if (options_.calls->Truncate(file.get(), heads_bytes_) != 0) {
    return FileFault("written", path, errno);
  }
  TRY(WriteAt({*options_.calls, file, path}, heads_bytes_, line));
  TRY(SyncFile({*options_.calls, file, path}));
  heads_bytes_ += static_cast<std::int64_t>(line.size());
  last_head_size_ = head.size;
  return {};
}

Result<void> JournalFiles::DropBefore(Sequence before) {
  const std::lock_guard lock(mutex_);
  while (segments_.size() > 1 && std::next(segments_.begin())->first <= before) {
    const std::string& path = segments_.begin()->second.path;
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return FileFault("dropped", path, errno);
    segments_.erase(segments_.begin());
  }
  return SyncDirectory(*options_.calls, options_.directory);
}

void JournalFiles::Signpost(Sequence first, Sequence sequence, std::int64_t offset) const {
  if ((sequence - first) % kSignDistance != 0) return;
  const std::lock_guard lock(mutex_);
  const auto segment = segments_.find(first);
  if (segment == segments_.end()) return;  // dropped
  auto& offsets = segment->second.offsets;
  if (std::ssize(offsets) == (sequence - first) / kSignDistance) offsets.push_back(offset);
}

/// The nearest known place at or before the record.
Result<JournalFiles::Position> JournalFiles::Find(Sequence sequence) const {
  const std::lock_guard lock(mutex_);
  const auto next = segments_.upper_bound(sequence);
  if (next == segments_.begin()) return NotFound("record {} was dropped", sequence);
  const auto& [first, signs] = *std::prev(next);
  Position place{.path = signs.path, .segment = first, .sequence = first, .end = size()};
  if (next != segments_.end()) place.end = std::min(place.end, next->first);
  if (signs.offsets.empty()) return place;
  const auto last = static_cast<Sequence>(signs.offsets.size()) - 1;
  const Sequence sign = std::min((sequence - first) / kSignDistance, last);
  place.offset = signs.offsets[static_cast<std::size_t>(sign)];
  place.sequence += sign * kSignDistance;
  return place;
}

Sequence JournalFiles::first() const {
  const std::lock_guard lock(mutex_);
  return segments_.empty() ? size() : segments_.begin()->first;
}

Result<std::vector<std::string>> JournalFiles::Read(Sequence from, std::size_t max_records) const {
  if (from < 0) return InvalidArgument("records are numbered from 0");
  std::vector<std::string> records;
  std::size_t bytes = 0;
  const auto is_enough = [&] { return records.size() >= max_records || bytes >= kMaxReadBytes; };
  while (from < size() && !is_enough()) {
    const Position place = TRY(Find(from));
    Result<SegmentReader> reader = SegmentReader::Open(place.path, place.offset);
    if (!reader.ok() && reader.error().code == ErrorCode::kNotFound) {
      return NotFound("record {} was dropped", from);
    }
    if (!reader.ok()) return std::move(reader).error();
    for (Sequence at = place.sequence; at < place.end && !is_enough(); ++at) {
      Signpost(place.segment, at, reader->offset());
      const auto text = TRY(reader->Next());
      if (!text) return Damage(place.path, Format("record {} is missing", at));
      if (at < from) continue;
      records.emplace_back(*text);
      bytes += text->size();
    }
    from = place.end;
  }
  return records;
}

Result<TreeHead> JournalFiles::Head() const {
  TreeHead head{.node = options_.node, .size = size(), .time = clock_.Now()};
  head.root = TRY(TreeHash(head.size, tree_.Reader()));
  TRY(SignTreeHead(key_, head));
  return head;
}

Result<std::vector<TreeHead>> JournalFiles::Heads() const {
  const std::string text = TRY(ReadWhole(HeadsPath()));
  std::vector<TreeHead> heads;
  for (const std::string_view line : SplitHeads(text).lines) {
    heads.push_back(TRY(DecodeTreeHead(line)));
  }
  return heads;
}

Result<std::vector<Hash>> JournalFiles::Inclusion(Sequence record, std::int64_t tree_size) const {
  if (tree_size > size()) return InvalidArgument("the audit log has no {} records", tree_size);
  return InclusionProof(record, tree_size, tree_.Reader());
}

Result<std::vector<Hash>> JournalFiles::Consistency(std::int64_t old_size,
                                                    std::int64_t new_size) const {
  if (new_size > size()) return InvalidArgument("the audit log has no {} records", new_size);
  return ConsistencyProof(old_size, new_size, tree_.Reader());
}

}  // namespace sluice::audit
