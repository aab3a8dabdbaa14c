#include "catalog/store_scan.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "catalog/folder_names_internal.h"
#include "observe/trace.h"
#include "storage/location.h"

namespace sluice::catalog {
namespace {

/// All commits and checkpoints begin with a '0', since 2^63 has 19 digits. Names that come before,
/// such as those of checksums (".00000000000000000000.json.crc"), need not be listed.
constexpr std::string_view kBeforeCommits = "0";
/// What comes between may be checksums of commits that are gone. Mostly the first name decides.
constexpr std::size_t kFirstNames = 100;
constexpr int kMaxLogPages = 100;

/// What a look into a folder tells.
struct Look {
  bool is_table = false;
  std::vector<std::string> folders;  ///< Names of those below. None of a table.
};

class StoreSearch {
 public:
  StoreSearch(storage::ObjectStore& store, const std::string& root, const KnownFolders& known,
              const StoreScanOptions& options)
      : store_(store), root_(root), known_(known), options_(options) {}

  /// Level by level, so that many folders are looked into at once.
  Result<StoreScan> Run() {
    std::vector<std::string> level = {""};
    for (int depth = 0; !level.empty(); ++depth) {
      std::vector<std::string> below = TRY(LookInto(level));
      if (depth == options_.max_depth && !below.empty()) {
        Warn(Format("{}: folders deeper than {} levels are not searched", root_, depth));
        break;
      }
      level = std::move(below);
      if (visited_.size() + level.size() > options_.max_folders) {
        Warn(Format("more than {} folders below {}: the rest is not shared", options_.max_folders,
                    root_));
        level.resize(options_.max_folders - visited_.size());
      }
    }
    std::ranges::sort(tables_);
    if (tables_.size() > options_.max_tables) {
      Warn(Format("more than {} tables below {}: the rest is not shared", options_.max_tables,
                  root_));
      tables_.resize(options_.max_tables);
    }
    return StoreScan{.found = ScanOf(root_, std::move(tables_), std::move(warnings_)),
                     .known = std::move(visited_),
                     .requests = requests_};
  }

 private:
  /// Gives the folders below those of `level`.
  Result<std::vector<std::string>> LookInto(const std::vector<std::string>& level) {
    std::vector<std::optional<Result<Look>>> looks(level.size());
    std::atomic<std::size_t> next = 0;
    std::atomic<bool> has_failed = false;
    const auto work = [&] {
      for (std::size_t i = next++; i < level.size() && !has_failed; i = next++) {
        looks[i] = LookInto(level[i]);
        if (!looks[i]->ok()) has_failed = true;
      }
    };
    {
      std::vector<std::jthread> threads;  // joined at their end
      const std::size_t count = std::min(level.size(), options_.requests_at_once);
      for (std::size_t i = 1; i < count; ++i) threads.emplace_back(observe::InCurrentTrace(work));
      work();
    }
    std::vector<std::string> below;
    for (std::size_t i = 0; i < level.size(); ++i) {
      if (!looks[i]) continue;  // after a failure
      Look look = TRY(std::move(*looks[i]));
      if (has_failed) continue;
      visited_.emplace(level[i], look.is_table);
      if (look.is_table) tables_.push_back(level[i]);
      for (const std::string& name : look.folders) AddFolder(level[i], name, below);
    }
    return below;
  }

  void AddFolder(const std::string& parent, const std::string& name,
                 std::vector<std::string>& below) {
    std::string path = parent.empty() ? name : Format("{}/{}", parent, name);
    const std::string place = PathOf(path);
    const auto location = storage::ParseLocation(place, "/");
    if (location.ok() && location->path == place) {
      below.push_back(std::move(path));
    } else {
      Warn(Format("{}: skipped: no location can name it", place));
    }
  }

  Result<Look> LookInto(const std::string& folder) {
    const auto known = known_.find(folder);
    // Of the searched folder itself no parent tells.
    const bool is_known = !folder.empty() && known != known_.end();
    Look look{.is_table = is_known && known->second, .folders = {}};
    if (look.is_table) return look;
    if (!is_known) look.is_table = TRY(HoldsLog(folder));
    if (look.is_table) return look;
    TRY(options_.may_go_on());
    ++requests_;
    look.folders = TRY(store_.ListFolders(PathOf(folder), options_.max_folders));
    const auto log = std::ranges::find(look.folders, kLogFolder);
    if (log == look.folders.end()) return look;
    look.folders.erase(log);
    if (is_known) look.is_table = TRY(HoldsLog(folder));
    if (look.is_table) look.folders.clear();
    return look;
  }

  Result<bool> HoldsLog(const std::string& folder) {
    const std::string directory = Format("{}/{}", PathOf(folder), kLogFolder);
    std::string after(kBeforeCommits);
    std::size_t limit = kFirstNames;
    for (int page = 0; page < kMaxLogPages; ++page) {
      TRY(options_.may_go_on());
      ++requests_;
      const auto names =
          TRY(store_.List({.directory = directory, .start_after = after, .limit = limit}));
      const auto makes_log = [](const storage::ObjectInfo& info) {
        return IsCommitOrCheckpoint(info.name);
      };
      if (std::ranges::any_of(names, makes_log)) return true;
      if (names.size() < limit) return false;
      after = names.back().name;
      limit = storage::kListPage;
    }
    return false;
  }

  std::string PathOf(const std::string& folder) const {
    return folder.empty() ? root_ : Format("{}/{}", root_, folder);
  }
  void Warn(std::string warning) { AddWarning(std::move(warning), warnings_); }

  storage::ObjectStore& store_;
  const std::string& root_;
  const KnownFolders& known_;
  const StoreScanOptions& options_;
  std::atomic<std::size_t> requests_ = 0;
  KnownFolders visited_;
  std::vector<std::string> tables_;
  std::vector<std::string> warnings_;
};

}  // namespace

Result<StoreScan> ScanStore(storage::ObjectStore& store, const std::string& folder,
                            const KnownFolders& known, const StoreScanOptions& options) {
  return StoreSearch(store, folder, known, options).Run();
}

}  // namespace sluice::catalog
