#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "storage/object_store.h"

namespace sluice::catalog {

/// The names of a store's objects, which come and go. It counts lists, fails on demand, and hangs
/// as a store does whose network is cut. Thread-safe.
class LakeStore final : public storage::ObjectStore {
 public:
  void AddTable(const std::string& path, const std::string& name = "00000000000000000000.json") {
    Put(path + "/_delta_log/" + name);
    Put(path + "/part-0.parquet");
  }
  void Put(std::string path) {
    const std::lock_guard lock(mutex_);
    paths_.insert(std::move(path));
  }
  /// Removes all objects whose paths begin so.
  void Remove(std::string_view prefix) {
    const std::lock_guard lock(mutex_);
    std::erase_if(paths_, [&](const std::string& path) { return path.starts_with(prefix); });
  }
  /// What lists fail with from now on.
  void Fail(std::optional<Error> error) {
    const std::lock_guard lock(mutex_);
    error_ = std::move(error);
  }
  /// From now on lists wait for Release.
  void Hang() {
    const std::lock_guard lock(mutex_);
    hangs_ = true;
  }
  void Release() {
    const std::lock_guard lock(mutex_);
    hangs_ = false;
    changed_.notify_all();
  }
  void WaitUntilSomeoneHangs() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return hanging_ > 0; });
  }
  std::vector<std::string> TakeListed() {
    const std::lock_guard lock(mutex_);
    return std::exchange(listed_, {});
  }

  bool is_remote() const override { return true; }
  Result<std::vector<storage::ObjectInfo>> List(const storage::ListRequest& request) override {
    const auto names = TRY(Names(request.directory));
    return names->List(request);
  }
  Result<std::vector<std::string>> ListFolders(std::string_view directory,
                                               std::size_t max_folders) override {
    const auto names = TRY(Names(directory));
    return names->ListFolders(directory, max_folders);
  }
  Result<storage::ObjectInfo> Stat(std::string_view) override { return NotFound("none"); }
  Result<std::string> ReadAll(std::string_view, std::uint64_t) override { return NotFound("none"); }
  Result<std::unique_ptr<storage::RandomAccessObject>> Open(std::string_view) override {
    return NotFound("none");
  }
  Result<std::unique_ptr<storage::ObjectStream>> OpenStream(std::string_view,
                                                            const storage::ObjectInfo&,
                                                            storage::ByteSpan) override {
    return NotFound("none");
  }
  Result<void> PutIfAbsent(std::string_view, std::string_view) override {
    return Unsupported("objects are put by their names here");
  }

 private:
  Result<std::unique_ptr<storage::ObjectStore>> Names(std::string_view directory) {
    std::unique_lock lock(mutex_);
    listed_.emplace_back(directory);
    ++hanging_;
    if (hangs_) changed_.notify_all();
    changed_.wait(lock, [this] { return !hangs_; });
    --hanging_;
    if (error_) return *error_;
    auto names = storage::NewMemoryStore(clock_);
    for (const std::string& path : paths_) TRY(names->PutIfAbsent(path, ""));
    return names;
  }

  const ManualClock clock_{SystemTime(std::chrono::hours(500'000))};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> paths_;
  std::vector<std::string> listed_;
  std::optional<Error> error_;
  bool hangs_ = false;
  int hanging_ = 0;
};

}  // namespace sluice::catalog
