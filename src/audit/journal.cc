#include "audit/journal.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "audit/journal_files.h"

namespace sluice::audit {
namespace {

using Steady = std::chrono::steady_clock;

/// What was written since the last sync began. Guarded by the journal's lock, but for `state`.
struct Batch {
  enum State : int { kWaiting, kSynced, kFailed };

  std::vector<std::string> kept;  ///< Bodies of the records that nobody waits for.
  std::size_t waiters = 0;
  std::size_t bytes = 0;
  Steady::time_point begun;
  std::atomic<int> state{kWaiting};  ///< What waiters wait for.

  bool empty() const { return kept.empty() && waiters == 0; }
  void Add(std::string_view body, bool waits) {
    if (empty()) begun = Steady::now();
    bytes += body.size();
    if (waits) {
      ++waiters;
    } else {
      kept.emplace_back(body);
    }
  }
  bool Wait() const {
    state.wait(kWaiting, std::memory_order_acquire);
    return state.load(std::memory_order_acquire) == kSynced;
  }
  void Finish(State how) {
    state.store(how, std::memory_order_release);
    state.notify_all();
  }
};
using BatchPtr = std::shared_ptr<Batch>;

Error CannotWrite() { return Unavailable("the audit log cannot be written"); }

/// Callers write their records themselves, under the lock; a thread of its own syncs, without it.
class FileJournal final : public Journal {
 public:
  FileJournal(const JournalOptions& options, std::unique_ptr<JournalFiles> files)
      : options_(options), files_(std::move(files)), syncer_([this] { Run(); }) {}
  ~FileJournal() override {
    {
      const std::lock_guard lock(mutex_);
      is_stopping_ = true;
    }
    wake_.notify_all();
    syncer_.join();
  }

  Result<Sequence> Append(const Record& record) override;
  Result<void> AppendUnsynced(const Record& record) override;

  Result<std::vector<std::string>> Read(Sequence from, std::size_t max_records) const override {
    return files_->Read(from, max_records);
  }
  Sequence size() const override { return files_->size(); }
  Sequence first() const override { return files_->first(); }
  Sequence WaitBeyond(Sequence seen, std::chrono::milliseconds timeout) const override;
  Result<TreeHead> Head() const override { return files_->Head(); }
  Result<std::vector<TreeHead>> Heads() const override { return files_->Heads(); }
  Result<std::vector<Hash>> Inclusion(Sequence record, std::int64_t tree_size) const override {
    return files_->Inclusion(record, tree_size);
  }
  Result<std::vector<Hash>> Consistency(std::int64_t old_size,
                                        std::int64_t new_size) const override {
    return files_->Consistency(old_size, new_size);
  }
  Result<void> DropBefore(Sequence before) override { return files_->DropBefore(before); }
  Stats stats() const override;

 private:
  using Lock = std::unique_lock<std::mutex>;

  // Under the lock.
  bool HasRoom(std::size_t bytes) const {
    return waiting_bytes_ == 0 || waiting_bytes_ + bytes <= options_.max_waiting_bytes;
  }
  bool MustRefuse() const {
    return is_failing_ && (is_torn_ || !retry_->empty() || Steady::now() < next_try_);
  }
  Result<Sequence> Write(std::string_view body, bool waits);
  void Note(const Error& error);

  // The syncer, under the lock but for Sync and KeepHead.
  void Run();
  Steady::time_point NextWork() const;
  void WorkOnce(Lock& lock);
  Result<void> WriteKept();
  Result<void> Sync(Lock& lock);
  void LeaveFile(const BatchPtr& batch);
  void KeepHead(Lock& lock);

  const JournalOptions options_;
  const std::unique_ptr<JournalFiles> files_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;           ///< The syncer waits.
  std::condition_variable room_;           ///< Callers wait for fewer waiting bytes.
  mutable std::condition_variable grown_;  ///< Readers wait for records.
  BatchPtr current_ = std::make_shared<Batch>();
  BatchPtr retry_ = std::make_shared<Batch>();  ///< Accepted, then cut off by a failed sync.
  std::size_t waiting_bytes_ = 0;
  bool is_stopping_ = false;
  bool is_failing_ = false;
  bool is_torn_ = false;  ///< A write failed, and its file was not left yet.
  Steady::time_point next_try_;
  Stats stats_;

  Steady::time_point next_head_ = Steady::now() + options_.head_interval;  ///< The syncer's own.

  std::thread syncer_;  ///< Last: it uses the rest.
};

std::string_view BodyOf(const Record& record) {
  thread_local std::string body;
  body.clear();
  AppendRecordBody(record, body);
  return body;
}

Result<Sequence> FileJournal::Write(std::string_view body, bool waits) {
  auto written = files_->Write(body);
  if (!written.ok()) {
    Note(written.error());
    is_torn_ = true;
    wake_.notify_one();
    return CannotWrite();
  }
  const bool must_wake = current_->empty() || (waits && current_->waiters == 0);
  current_->Add(body, waits);
  waiting_bytes_ += body.size();
  if (must_wake) wake_.notify_one();
  return written;
}

Result<Sequence> FileJournal::Append(const Record& record) {
  const std::string_view body = BodyOf(record);
  BatchPtr batch;
  Sequence sequence = 0;
  {
    Lock lock(mutex_);
    room_.wait(lock, [&] { return !is_torn_ && (is_failing_ || HasRoom(body.size())); });
    if (MustRefuse() || !HasRoom(body.size())) return CannotWrite();
    batch = current_;
    sequence = TRY(Write(body, /*waits=*/true));
  }
  if (!batch->Wait()) return CannotWrite();
  return sequence;
}

Result<void> FileJournal::AppendUnsynced(const Record& record) {
  const std::string_view body = BodyOf(record);
  const std::lock_guard lock(mutex_);
  if (MustRefuse() || !HasRoom(body.size())) return CannotWrite();
  TRY(Write(body, /*waits=*/false));
  return {};
}

Sequence FileJournal::WaitBeyond(Sequence seen, std::chrono::milliseconds timeout) const {
  Lock lock(mutex_);
  grown_.wait_for(lock, timeout, [&] { return size() > seen || is_stopping_; });
  return size();
}

Journal::Stats FileJournal::stats() const {
  const std::lock_guard lock(mutex_);
  Stats stats = stats_;
  stats.records = size();
  stats.waiting_bytes = static_cast<std::int64_t>(waiting_bytes_);
  stats.cut_bytes = files_->cut_bytes();
  stats.is_failing = is_failing_;
  return stats;
}

void FileJournal::Note(const Error& error) {
  ++stats_.failures;
  stats_.last_failure = error.ToString();
  is_failing_ = true;
  next_try_ = Steady::now() + options_.retry_delay;
}

/// When there is next something to do, if nothing changes before.
Steady::time_point FileJournal::NextWork() const {
  if (is_stopping_ || is_torn_ || current_->waiters > 0) return Steady::time_point::min();
  Steady::time_point next = next_head_;
  if (!current_->empty()) next = std::min(next, current_->begun + options_.lazy_sync);
  if (!retry_->empty()) next = std::min(next, next_try_);
  return next;
}

void FileJournal::Run() {
  Lock lock(mutex_);
  while (!is_stopping_) {
    for (auto next = NextWork(); next > Steady::now() && !is_stopping_; next = NextWork()) {
      // No end is waited for as such: waiting until the last time point overflows inside.
      wake_.wait_until(lock, std::min(next, Steady::now() + std::chrono::hours(1)));
    }
    WorkOnce(lock);
    if (Steady::now() >= next_head_) KeepHead(lock);
  }
  WorkOnce(lock);
  KeepHead(lock);
  grown_.notify_all();
}

void FileJournal::WorkOnce(Lock& lock) {
  Result<void> done;
  if (!retry_->empty()) done = WriteKept();
  if (done.ok() && !current_->empty()) done = Sync(lock);
  if (!done.ok()) Note(done.error());
  if (is_torn_ && current_->empty()) {  // what was written before the tear is on disk
    files_->Abandon();
    is_torn_ = false;
  }
  room_.notify_all();
  grown_.notify_all();
}

/// Writes again what was accepted and then cut off. Nothing else is accepted meanwhile.
Result<void> FileJournal::WriteKept() {
  for (const std::string& body : retry_->kept) {
    const auto written = files_->Write(body);
    if (written.ok()) continue;
    files_->Abandon();
    return written.error();
  }
  current_ = std::exchange(retry_, std::make_shared<Batch>());
  return {};
}

/// Syncs what is written, while more is written behind it; nothing is when the file is at its end.
Result<void> FileJournal::Sync(Lock& lock) {
  const BatchPtr batch = std::exchange(current_, std::make_shared<Batch>());
  const bool ends_file = files_->IsFull();
  const auto begin = Steady::now();
  Result<JournalFiles::Mark> mark = files_->BeginSync();
  Result<void> done = mark.ok() ? Result<void>() : Result<void>(mark.error());
  if (done.ok()) {
    if (!ends_file) lock.unlock();
    done = files_->SyncUpTo(*mark);
    options_.on_sync(Steady::now() - begin);
    if (!ends_file) lock.lock();
  }
  if (!done.ok()) {
    LeaveFile(batch);
    return done;
  }
  files_->EndSync(*mark);
  ++stats_.syncs;
  waiting_bytes_ -= batch->bytes;
  batch->Finish(Batch::kSynced);
  is_failing_ = is_torn_;
  return ends_file ? files_->EndSegment() : Result<void>();
}

/// After a failed sync: what is not on disk is cut off. Those who wait are told; the rest was
/// accepted, so it is kept.
void FileJournal::LeaveFile(const BatchPtr& batch) {
  files_->Abandon();
  is_torn_ = false;
  for (const BatchPtr& failed : {batch, std::exchange(current_, std::make_shared<Batch>())}) {
    waiting_bytes_ -= failed->bytes;
    for (const std::string& body : failed->kept) {
      retry_->Add(body, /*waits=*/false);
      waiting_bytes_ += body.size();
    }
    failed->Finish(Batch::kFailed);
  }
}

void FileJournal::KeepHead(Lock& lock) {
  lock.unlock();
  const Result<void> kept = files_->KeepHead();
  lock.lock();
  next_head_ = Steady::now() + options_.head_interval;
  if (kept.ok()) return;
  ++stats_.failures;
  stats_.last_failure = kept.error().ToString();
}

}  // namespace

Result<std::unique_ptr<Journal>> Journal::Open(const JournalOptions& options,
                                               crypto::SigningKey key, const Clock& clock) {
  auto files = TRY(JournalFiles::Open(options, std::move(key), clock));
  return std::unique_ptr<Journal>(new FileJournal(options, std::move(files)));
}

}  // namespace sluice::audit
