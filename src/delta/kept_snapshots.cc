#include "delta/kept_snapshots.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace sluice::delta {
namespace {

std::int64_t VersionOf(const LoadedSnapshot& loaded) { return loaded.snapshot->version().value(); }

bool HasLayout(const LoadedSnapshot& loaded, const std::optional<table::Layout>& layout) {
  return !layout || loaded.snapshot->layout() == *layout;
}

}  // namespace

std::optional<LoadedSnapshot> KeptSnapshots::Latest() const {
  const std::lock_guard lock(mutex_);
  return latest_;
}

void KeptSnapshots::MoveLatest(LoadedSnapshot latest) {
  const std::lock_guard lock(mutex_);
  EraseLike(latest);
  if (latest_ && VersionOf(*latest_) != VersionOf(latest)) PutFirst(*std::move(latest_));
  latest_ = std::move(latest);
  Recount();
}

std::optional<LoadedSnapshot> KeptSnapshots::Find(std::int64_t version,
                                                  const std::optional<table::Layout>& layout) {
  const auto fits = [&](const LoadedSnapshot& loaded) {
    return VersionOf(loaded) == version && HasLayout(loaded, layout);
  };
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find_if(others_, fits);
  if (found != others_.end()) {
    std::rotate(others_.begin(), found, found + 1);
    return others_.front();
  }
  if (latest_ && fits(*latest_)) return latest_;
  return std::nullopt;
}

std::optional<LoadedSnapshot> KeptSnapshots::FindBefore(
    std::int64_t version, const std::optional<table::Layout>& layout) const {
  const std::lock_guard lock(mutex_);
  std::optional<LoadedSnapshot> nearest;
  const auto consider = [&](const LoadedSnapshot& loaded) {
    if (VersionOf(loaded) >= version || !HasLayout(loaded, layout)) return;
    if (!nearest || VersionOf(loaded) > VersionOf(*nearest)) nearest = loaded;
  };
  if (latest_) consider(*latest_);
  for (const LoadedSnapshot& other : others_) consider(other);
  return nearest;
}

void KeptSnapshots::Keep(LoadedSnapshot loaded) {
  const std::lock_guard lock(mutex_);
  PutFirst(std::move(loaded));
  Recount();
}

void KeptSnapshots::Clear() {
  const std::lock_guard lock(mutex_);
  latest_.reset();
  others_.clear();
  Recount();
}

std::size_t KeptSnapshots::memory_bytes() const {
  const std::lock_guard lock(mutex_);
  std::size_t bytes = bytes_beside_blocks_;
  for (const auto& block : blocks_) bytes += block->memory_bytes();
  return bytes;
}

void KeptSnapshots::EraseLike(const LoadedSnapshot& loaded) {
  std::erase_if(others_, [&](const LoadedSnapshot& other) {
    return VersionOf(other) == VersionOf(loaded) && HasLayout(other, loaded.snapshot->layout());
  });
}

void KeptSnapshots::PutFirst(LoadedSnapshot loaded) {
  EraseLike(loaded);
  others_.insert(others_.begin(), std::move(loaded));
  if (others_.size() > kMaxOthers) others_.pop_back();
}

void KeptSnapshots::Recount() {
  blocks_.clear();
  bytes_beside_blocks_ = 0;
  std::unordered_set<const void*> counted;
  const auto count = [&](const LoadedSnapshot& loaded) {
    bytes_beside_blocks_ += sizeof(table::Snapshot);
    const table::Metadata& metadata = loaded.snapshot->metadata();
    // The schema's tree takes about thrice its text.
    if (counted.insert(&metadata).second) bytes_beside_blocks_ += metadata.schema_string.size() * 4;
    for (const table::Segment& segment : loaded.snapshot->segments()) {
      if (counted.insert(segment.block.get()).second) blocks_.push_back(segment.block);
      if (segment.removed != nullptr && counted.insert(segment.removed.get()).second) {
        bytes_beside_blocks_ += segment.removed->memory_bytes();
      }
    }
  };
  if (latest_) count(*latest_);
  for (const LoadedSnapshot& other : others_) count(other);
}

}  // namespace sluice::delta
