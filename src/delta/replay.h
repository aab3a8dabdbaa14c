#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "delta/actions.h"
#include "table/snapshot.h"

namespace sluice::delta {

/// Reconciles the actions of a log, read newest commit first and a checkpoint last: of all actions
/// for one (path, deletion vector id) the newest counts, and within a commit the last. Of metadata
/// and protocol the newest counts. Source: Delta PROTOCOL.md, "Action Reconciliation". Not
/// thread-safe.
class Replay final : public ActionSink {
 public:
  /// To be called before the actions of each commit, and of the checkpoint.
  void BeginCommit();
  /// The same for a compacted file, in which the order of actions means nothing: one that names a
  /// file twice is then kCorruptData.
  void BeginCompacted();
  void BeginCheckpoint();

  Result<void> OnProtocol(table::Protocol protocol) override;
  Result<void> OnMetadata(table::Metadata metadata) override;
  Result<void> OnAdd(const table::DataFile& file) override;
  Result<void> OnRemove(const table::DataFile& file) override;

  /// What the commits alone change, on top of a snapshot whose partition columns and schema are
  /// `before`'s unless the commits change them.
  table::Change FinishChange(table::Version version, const table::Metadata& before) &&;
  /// The whole state. Errors: kCorruptData if the log never told the protocol or the metadata.
  Result<table::SnapshotPtr> FinishSnapshot(table::Version version,
                                            const table::Layout& layout = {}) &&;

 private:
  /// The newest action seen for a file.
  struct Seen {
    std::uint32_t commit;
    std::optional<std::uint32_t> commit_row;  ///< Of the add in commit_files_; none for a remove.
  };
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  /// True if the action for `key` is the newest so far, which is then noted.
  Result<bool> Note(std::string_view key, std::optional<std::uint32_t> commit_row);
  /// The path, or `path NUL id of the vector`; the latter in a buffer of this object.
  std::string_view KeyOf(const table::DataFile& file);
  std::shared_ptr<const table::FileBlock> FinishCommitFiles(const table::Metadata& metadata);

  std::uint32_t commit_ = 0;
  bool in_checkpoint_ = false;
  bool in_compacted_ = false;
  std::shared_ptr<const table::Metadata> metadata_;
  std::uint32_t metadata_commit_ = 0;
  std::shared_ptr<const table::Protocol> protocol_;
  std::uint32_t protocol_commit_ = 0;
  std::unordered_map<std::string, Seen, TextHash, std::equal_to<>> seen_;
  std::string key_buffer_;
  table::FileBlockBuilder commit_files_;
  std::vector<std::uint32_t>
      void_rows_;  ///< Of commit_files_: adds undone later in their own commit.
  table::FileBlockBuilder checkpoint_files_;
};

}  // namespace sluice::delta
