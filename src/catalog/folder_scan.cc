#include "catalog/folder_scan.h"

#include <sys/stat.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <iterator>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "catalog/folder_names_internal.h"
#include "storage/location.h"

namespace sluice::catalog {
namespace {

namespace fs = std::filesystem;

/// A directory on disk, whatever path leads to it.
using DirectoryId = std::pair<dev_t, ino_t>;

std::optional<DirectoryId> IdOfDirectory(const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return std::nullopt;
  return DirectoryId(status.st_dev, status.st_ino);
}

std::optional<std::string> Canonical(const std::string& path) {
  std::error_code fault;
  const fs::path canonical = fs::canonical(path, fault);
  if (fault) return std::nullopt;
  return canonical.native();
}

/// Collects the paths of all tables below a folder.
class TableFinder {
 public:
  TableFinder(std::string root, const FolderScanOptions& options,
              std::vector<std::string>& warnings)
      : root_(std::move(root)), options_(options), warnings_(warnings) {
    for (const std::string& allowed : options.allowed_roots) {
      if (std::optional<std::string> path = Canonical(allowed)) roots_.push_back(std::move(*path));
    }
  }

  /// Paths relative to the folder in byte order; "" is the folder itself.
  std::vector<std::string> Find() {
    Visit("");
    // A link's target may be reached by its own path too, and that one names it.
    while (!links_.empty() && !stopped_) {
      const std::string link = std::move(links_.front());
      links_.pop_front();
      if (MayFollow(link)) Visit(link);
    }
    std::ranges::sort(tables_);
    return std::move(tables_);
  }

 private:
  /// What a look into a directory's `_delta_log` tells.
  enum class Look { kTable, kNoTable, kUnreadable };

  /// Walks `start` and what is below it, in byte order, without recursion.
  void Visit(std::string start) {
    std::vector<std::string> pending = {std::move(start)};
    while (!pending.empty() && !stopped_) {
      const std::string directory = std::move(pending.back());
      pending.pop_back();
      std::vector<std::string> below = VisitOne(directory);
      std::move(below.rbegin(), below.rend(), std::back_inserter(pending));
    }
  }

  /// Returns the directories to visit next.
  std::vector<std::string> VisitOne(const std::string& directory) {
    if (++visits_ > options_.max_directories) {
      Stop(Format("more than {} folders below {}", options_.max_directories, root_));
      return {};
    }
    const std::optional<DirectoryId> id = IdOfDirectory(PathOf(directory));
    if (!id || !seen_.insert(*id).second) return {};
    switch (LookInto(directory)) {
      case Look::kTable: AddTable(directory); return {};
      case Look::kUnreadable: return {};
      case Look::kNoTable: break;
    }
    return ListBelow(directory);
  }

  Look LookInto(const std::string& directory) {
    std::error_code fault;
    fs::directory_iterator entry(Format("{}/{}", PathOf(directory), kLogFolder), fault);
    if (fault == std::errc::no_such_file_or_directory || fault == std::errc::not_a_directory) {
      return Look::kNoTable;
    }
    for (; !fault && entry != fs::directory_iterator(); entry.increment(fault)) {
      if (IsCommitOrCheckpoint(entry->path().filename().native())) return Look::kTable;
    }
    if (!fault) return Look::kNoTable;
    Skip(directory, fault);
    return Look::kUnreadable;
  }

  void AddTable(const std::string& directory) {
    if (tables_.size() >= options_.max_tables) {
      Stop(Format("more than {} tables below {}", options_.max_tables, root_));
      return;
    }
    tables_.push_back(directory);
  }

  std::vector<std::string> ListBelow(const std::string& directory) {
    std::error_code fault;
    fs::directory_iterator entry(PathOf(directory), fault);
    std::vector<std::string> below;
    std::vector<std::string> links;
    for (; !fault && entry != fs::directory_iterator(); entry.increment(fault)) {
      const std::string name = entry->path().filename().native();
      std::error_code unknown;  // gone meanwhile, or not to be looked at: no directory for us
      if (name == kLogFolder || !entry->is_directory(unknown)) continue;
      std::string path = directory.empty() ? name : Format("{}/{}", directory, name);
      (entry->is_symlink(unknown) ? links : below).push_back(std::move(path));
    }
    if (fault) Skip(directory, fault);
    if (DepthOf(directory) >= options_.max_depth && !(below.empty() && links.empty())) {
      Warn(Format("{}: folders deeper than {} levels are not searched", PathOf(directory),
                  options_.max_depth));
      return {};
    }
    std::ranges::sort(below);
    std::ranges::sort(links);
    std::ranges::move(links, std::back_inserter(links_));
    return below;
  }

  bool MayFollow(const std::string& link) {
    const std::optional<std::string> target = Canonical(PathOf(link));
    if (!target || storage::IsWithin(*target, root_)) return false;
    const auto leads_there = [&](const std::string& root) {
      return storage::IsWithin(*target, root);
    };
    if (std::ranges::any_of(roots_, leads_there)) return true;
    Warn(Format("{}: skipped: a link to {}, which no allowed root holds", PathOf(link), *target));
    return false;
  }

  std::string PathOf(const std::string& directory) const {
    return directory.empty() ? root_ : root_ + "/" + directory;
  }

  void Skip(const std::string& directory, const std::error_code& fault) {
    Warn(Format("{}: skipped: {}", PathOf(directory), fault.message()));
  }
  void Stop(const std::string& why) {
    Warn(why + ": the rest is not shared");
    stopped_ = true;
  }
  void Warn(std::string warning) { AddWarning(std::move(warning), warnings_); }

  const std::string root_;
  const FolderScanOptions& options_;
  std::vector<std::string>& warnings_;
  std::vector<std::string> roots_;
  std::size_t visits_ = 0;
  std::set<DirectoryId> seen_;
  std::deque<std::string> links_;
  std::vector<std::string> tables_;
  bool stopped_ = false;
};

/// The folder without links and dots, so that "." has a name.
Result<std::string> RealPath(const std::string& folder) {
  std::error_code fault;
  const fs::path path = fs::canonical(folder, fault);
  if (fault == std::errc::no_such_file_or_directory) return NotFound("{}: no such folder", folder);
  if (fault) return Unavailable("{}: cannot be read: {}", folder, fault.message());
  if (!fs::is_directory(path, fault)) return NotFound("{}: is no folder", folder);
  const fs::directory_iterator readable(path, fault);
  if (fault) return Unavailable("{}: cannot be read: {}", folder, fault.message());
  return path.native();
}

}  // namespace

Result<FolderScan> ScanFolder(const std::string& folder, const FolderScanOptions& options) {
  const std::string root = TRY(RealPath(folder));
  std::vector<std::string> warnings;
  std::vector<std::string> tables = TableFinder(root, options, warnings).Find();
  return ScanOf(root, std::move(tables), std::move(warnings));
}

}  // namespace sluice::catalog
