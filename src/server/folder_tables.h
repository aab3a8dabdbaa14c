#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "catalog/model.h"
#include "catalog/store_scan.h"
#include "config/share_config.h"
#include "observe/log.h"
#include "storage/stores.h"

namespace sluice::server {

/// The tables of shared folders. Those of this machine are searched when they are asked for; what
/// was last found in a store is kept, so that whoever asks, who holds the catalog's lock, never
/// waits for a store: a thread of its own searches again and again. A store that does not answer
/// changes nothing. Thread-safe.
class FolderTables {
 public:
  using Tables = std::vector<config::ConfiguredSchema>;

  struct Options {
    std::vector<std::string> allowed_roots;  ///< Of this machine: where links may lead to.
    /// Between two searches of a folder, at least.
    std::chrono::milliseconds interval{60'000};
    /// For each list that a search asked for the next one waits at least so long, so that a folder
    /// of many folders costs no more than a list a second.
    std::chrono::milliseconds time_per_request{1'000};
    /// For all folders that are asked for at the start together.
    std::chrono::milliseconds start_wait{5'000};
    std::chrono::milliseconds check_timeout{30'000};
    /// What is not shared is forgotten so long after it was asked for: it may be about to be.
    std::chrono::milliseconds keep_unshared{60'000};
  };
  struct Dependencies {
    storage::Stores& stores;
    observe::Logger& log;
    /// The locations of all folders that are shared.
    std::function<std::vector<std::string>()> shared;
    /// Called when a folder holds other tables than when it was asked for; asks for them.
    std::function<void()> changed;
  };
  /// The stores and the log must outlive the use of them, see Stop. Neither function is called
  /// before Started.
  FolderTables(const Dependencies& dependencies, Options options);
  ~FolderTables();
  FolderTables(const FolderTables&) = delete;
  FolderTables& operator=(const FolderTables&) = delete;

  /// The tables of a shared folder. Of a store: as they were found last; none before the first
  /// search, for which it waits up to `start_wait` in all, but only until Started is called.
  /// Errors: those of ScanFolder.
  Result<Tables> Find(const catalog::Entry& folder);
  /// All that is shared was asked for once.
  void Started();

  /// Searches a folder whatever is known of it, in the calling thread, and keeps what it finds.
  /// Errors: those of ScanFolder and ScanStore; kNotFound if a store holds no table there;
  /// kDeadlineExceeded after `check_timeout`.
  Result<void> Check(const std::string& location);
  /// Searches all folders again soon.
  void SearchSoon();
  /// Ends the thread, so that neither function nor store is used any more. Waits for the lists
  /// under way, which take no longer than their store's requestTimeout.
  void Stop();

 private:
  using Steady = std::chrono::steady_clock;
  struct Folder {
    std::optional<Tables> tables;  ///< None before the first search that succeeded.
    catalog::KnownFolders known;
    std::vector<std::string> warnings;
    std::uint64_t search = 0;  ///< The number of the search that found this.
    int searches_since_full = 0;
    bool is_failing = false;
    Steady::time_point due;
    Steady::time_point asked_at;
  };
  struct Task {
    std::string path;
    catalog::KnownFolders known;
    std::uint64_t search = 0;
  };
  using Found = Result<catalog::StoreScan>;

  void Wake();
  void Work(const std::stop_token& stop);
  Steady::time_point NextTask() const;
  std::vector<Task> DueTasks();
  void SearchDue(std::unique_lock<std::mutex>& lock, const std::stop_token& stop);
  void ForgetUnshared(std::unique_lock<std::mutex>& lock);
  Result<catalog::FolderScan> SearchLocal(const std::string& path) const;
  Found Search(const std::string& path, const catalog::KnownFolders& known,
               const catalog::StoreScanOptions& options) const;
  void Take(const std::string& path, std::uint64_t search, Found found);
  void TakeFailure(const std::string& path, Folder& folder, const Error& error);

  const Dependencies dependencies_;
  const Options options_;
  std::mutex mutex_;  ///< Guards what follows, but for the thread; never held while one searches.
  std::condition_variable_any wake_;  ///< For the thread: is_woken_.
  bool is_woken_ = false;
  std::condition_variable_any found_;      ///< For Find at the start: a search has ended.
  std::map<std::string, Folder> folders_;  ///< By canonical path.
  std::uint64_t searches_ = 0;
  bool is_started_ = false;
  bool must_tell_ = false;  ///< Something changed since `changed` was called.
  std::optional<Steady::time_point> start_deadline_;
  Steady::time_point forget_at_;
  std::jthread thread_;  ///< The last member: it uses the others.
};

}  // namespace sluice::server
