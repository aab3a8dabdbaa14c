#include "server/folder_tables.h"

#include <algorithm>
#include <set>
#include <utility>

#include "catalog/folder_scan.h"
#include "storage/location.h"

namespace sluice::server {
namespace {

/// So often a folder is searched without what is known of it: a table may have lost its log.
constexpr int kSearchesToFull = 60;
constexpr std::size_t kFoldersAtOnce = 16;
/// For all folders together: a store's connections are for its readers first.
constexpr std::size_t kRequestsAtOnce = 16;

bool IsSame(const FolderTables::Tables& a, const FolderTables::Tables& b) {
  const auto is_same_table = [](const auto& one, const auto& other) {
    return one.name == other.name && one.location == other.location;
  };
  return std::ranges::equal(a, b, [&](const auto& one, const auto& other) {
    return one.name == other.name && std::ranges::equal(one.tables, other.tables, is_same_table);
  });
}

/// "s3://bucket" of a path in it.
std::string_view BucketOf(std::string_view path) {
  const storage::BucketPath parts = storage::SplitBucketPath(path);
  return path.substr(0, parts.scheme.size() + 3 + parts.bucket.size());
}

Error OfFolder(const std::string& location, const Error& error) {
  Error named = error;
  named.message = Format("the folder {}: {}", location, error.message);
  return named;
}

Error NotServed(const storage::Location& location) {
  return NotImplemented("folders of {}:// are not served", location.scheme);
}

}  // namespace

FolderTables::FolderTables(const Dependencies& dependencies, Options options)
    : dependencies_(dependencies),
      options_(std::move(options)),
      forget_at_(Steady::now() + options_.keep_unshared),
      thread_([this](const std::stop_token& stop) { Work(stop); }) {}

FolderTables::~FolderTables() { Stop(); }

void FolderTables::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void FolderTables::Wake() {
  is_woken_ = true;
  wake_.notify_all();
}

Result<FolderTables::Tables> FolderTables::Find(const catalog::Entry& folder) {
  const storage::Location location = TRY(storage::ParseLocation(folder.location, "/"));
  if (location.IsLocal()) {
    catalog::FolderScan scan = TRY(SearchLocal(location.path));
    return std::move(scan.share.schemas);
  }
  if (!location.IsRemote()) return NotServed(location);
  std::unique_lock lock(mutex_);
  const auto [found, is_new] = folders_.try_emplace(location.path);
  Folder& kept = found->second;
  kept.asked_at = Steady::now();
  if (is_new) Wake();
  if (!start_deadline_) start_deadline_ = kept.asked_at + options_.start_wait;
  found_.wait_until(lock, *start_deadline_,
                    [&] { return is_started_ || kept.tables || kept.is_failing; });
  return kept.tables.value_or(Tables());
}

void FolderTables::Started() {
  const std::lock_guard lock(mutex_);
  is_started_ = true;
  Wake();
}

void FolderTables::SearchSoon() {
  const std::lock_guard lock(mutex_);
  for (auto& [path, folder] : folders_) {
    folder.due = {};
    folder.known.clear();
  }
  Wake();
}

Result<void> FolderTables::Check(const std::string& text) {
  const storage::Location location = TRY(storage::ParseLocation(text, "/"));
  if (location.IsLocal()) {
    TRY(SearchLocal(location.path));
    return {};
  }
  if (!location.IsRemote()) return NotServed(location);
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    number = ++searches_;
  }
  const auto deadline = Steady::now() + options_.check_timeout;
  const auto may_go_on = [&]() -> Result<void> {
    if (Steady::now() < deadline) return {};
    return DeadlineExceeded("takes long to search: share it without the check, and wait");
  };
  Found found =
      Search(location.path, {}, {.requests_at_once = kRequestsAtOnce, .may_go_on = may_go_on});
  if (!found.ok()) return OfFolder(text, found.error());
  if (found->found.table_count == 0) {
    return NotFound("the folder {}: no Delta table is in it, as far as this server may look", text);
  }
  const std::lock_guard lock(mutex_);
  folders_[location.path].asked_at = Steady::now();
  Take(location.path, number, std::move(found));
  Wake();
  return {};
}

Result<catalog::FolderScan> FolderTables::SearchLocal(const std::string& path) const {
  return catalog::ScanFolder(path, {.allowed_roots = options_.allowed_roots});
}

FolderTables::Found FolderTables::Search(const std::string& path,
                                         const catalog::KnownFolders& known,
                                         const catalog::StoreScanOptions& options) const {
  if (path.starts_with("http")) {
    return Unsupported("a web server cannot be asked what it holds: add its tables one by one");
  }
  const storage::Store store = TRY(dependencies_.stores.Find(path));
  return catalog::ScanStore(*store.objects, path, known, options);
}

void FolderTables::Work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const auto now = Steady::now();
    if (is_started_ && must_tell_) {
      must_tell_ = false;
      lock.unlock();
      dependencies_.changed();
      lock.lock();
    } else if (is_started_ && forget_at_ <= now) {
      ForgetUnshared(lock);
    } else if (NextTask() <= now) {
      SearchDue(lock, stop);
    } else {
      const auto until = std::min(NextTask(), now + std::chrono::hours(1));
      wake_.wait_until(lock, stop, until, [this] { return is_woken_; });
      is_woken_ = false;
    }
  }
}

/// When there is something to do next.
FolderTables::Steady::time_point FolderTables::NextTask() const {
  Steady::time_point next = is_started_ ? forget_at_ : Steady::time_point::max();
  for (const auto& [path, folder] : folders_) next = std::min(next, folder.due);
  return next;
}

/// Those that have been due longest, as many as may be searched at once, with what is known of
/// them.
std::vector<FolderTables::Task> FolderTables::DueTasks() {
  const auto now = Steady::now();
  std::vector<std::pair<Steady::time_point, const std::string*>> due;
  for (const auto& [path, folder] : folders_) {
    if (folder.due <= now) due.emplace_back(folder.due, &path);
  }
  const auto end = due.begin() + static_cast<std::ptrdiff_t>(std::min(due.size(), kFoldersAtOnce));
  std::ranges::partial_sort(due, end, {}, [](const auto& each) { return each.first; });
  std::vector<Task> tasks;
  for (auto each = due.begin(); each != end; ++each) {
    const std::string& path = *each->second;
    Folder& folder = folders_.at(path);
    if (++folder.searches_since_full >= kSearchesToFull) folder.known.clear();
    if (folder.known.empty()) folder.searches_since_full = 0;
    tasks.push_back({.path = path, .known = folder.known, .search = ++searches_});
  }
  return tasks;
}

void FolderTables::SearchDue(std::unique_lock<std::mutex>& lock, const std::stop_token& stop) {
  const std::vector<Task> tasks = DueTasks();
  lock.unlock();
  const auto may_go_on = [&]() -> Result<void> {
    if (stop.stop_requested()) return Unavailable("the server stops");
    return {};
  };
  const auto search = [&](const Task& task) {
    const std::size_t requests_at_once = kRequestsAtOnce / tasks.size();
    Found found = Search(task.path, task.known,
                         {.requests_at_once = requests_at_once, .may_go_on = may_go_on});
    const std::lock_guard taking(mutex_);
    if (!stop.stop_requested()) Take(task.path, task.search, std::move(found));
  };
  {
    std::vector<std::jthread> threads;  // joined at their end
    for (const Task& task : tasks) threads.emplace_back([&] { search(task); });
  }
  lock.lock();
}

/// Forgets what owners share no more, so that nobody pays for looking at it.
void FolderTables::ForgetUnshared(std::unique_lock<std::mutex>& lock) {
  lock.unlock();
  std::set<std::string> shared;
  for (const std::string& location : dependencies_.shared()) {
    const auto parsed = storage::ParseLocation(location, "/");
    if (parsed.ok()) shared.insert(parsed->path);
  }
  lock.lock();
  const auto now = Steady::now();
  std::erase_if(folders_, [&](const auto& each) {
    return !shared.contains(each.first) && each.second.asked_at + options_.keep_unshared < now;
  });
  forget_at_ = now + options_.keep_unshared;
}

/// Of two searches at a time the one that began later counts.
void FolderTables::Take(const std::string& path, std::uint64_t search, Found found) {
  const auto place = folders_.find(path);
  if (place == folders_.end() || search < place->second.search) return;
  Folder& folder = place->second;
  folder.search = search;
  if (!found.ok()) {
    TakeFailure(path, folder, found.error());
    return;
  }
  if (std::exchange(folder.is_failing, false)) {
    dependencies_.log.Info("a shared folder can be searched again", {{"folder", path}});
  }
  if (found->found.warnings != folder.warnings) {
    for (const std::string& warning : found->found.warnings) {
      dependencies_.log.Warn("a shared folder", {{"warning", warning}});
    }
    folder.warnings = std::move(found->found.warnings);
  }
  Tables tables = std::move(found->found.share.schemas);
  if (!folder.tables || !IsSame(*folder.tables, tables)) must_tell_ = true;
  folder.tables = std::move(tables);
  folder.known = std::move(found->known);
  folder.due = Steady::now() +
               std::max(options_.interval,
                        options_.time_per_request * static_cast<std::int64_t>(found->requests));
  found_.notify_all();
}

/// What was found before stays. A store that does not answer is not asked for its other folders
/// either, for now: each would take its time, and those of other stores would wait.
void FolderTables::TakeFailure(const std::string& path, Folder& folder, const Error& error) {
  const auto now = Steady::now();
  folder.due = now + options_.interval;
  if (!std::exchange(folder.is_failing, true)) {
    dependencies_.log.Warn("a shared folder cannot be searched, its tables stay as they were",
                           {{"folder", path}, {"error", error.ToString()}});
  }
  if (error.code == ErrorCode::kUnavailable) {
    for (auto& [other_path, other] : folders_) {
      if (other.due > now || BucketOf(other_path) != BucketOf(path)) continue;
      other.due = folder.due;
      other.is_failing = true;
    }
  }
  found_.notify_all();
}

}  // namespace sluice::server
