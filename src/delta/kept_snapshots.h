#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "delta/log_reader.h"
#include "table/file_block.h"

namespace sluice::delta {

/// The snapshots of a table that stay in memory: the latest one known and a few others, those used
/// last. Thread-safe.
class KeptSnapshots {
 public:
  static constexpr std::size_t kMaxOthers = 8;

  std::optional<LoadedSnapshot> Latest() const;
  /// Makes `latest` the latest; the one before it stays among the others.
  void MoveLatest(LoadedSnapshot latest);

  /// The snapshot of a version, which counts as used now; with its files in the order of `layout`
  /// if one is given.
  std::optional<LoadedSnapshot> Find(std::int64_t version,
                                     const std::optional<table::Layout>& layout);
  /// The newest before `version`, likewise.
  std::optional<LoadedSnapshot> FindBefore(std::int64_t version,
                                           const std::optional<table::Layout>& layout) const;
  /// Keeps `loaded` among the others, in the place of one of the same version and layout.
  void Keep(LoadedSnapshot loaded);
  void Clear();

  /// Memory held now. Blocks of files that several snapshots share count once.
  std::size_t memory_bytes() const;

 private:
  void EraseLike(const LoadedSnapshot& loaded);
  void PutFirst(LoadedSnapshot loaded);
  void Recount();

  mutable std::mutex mutex_;  ///< Held for a moment; guards what follows.
  std::optional<LoadedSnapshot> latest_;
  std::vector<LoadedSnapshot> others_;  ///< Last used first.
  /// Of all snapshots, each once: blocks grow as they are used.
  std::vector<std::shared_ptr<const table::FileBlock>> blocks_;
  std::size_t bytes_beside_blocks_ = 0;
};

}  // namespace sluice::delta
