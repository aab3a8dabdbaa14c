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

/// So many waiting bytes are written without further delay.
constexpr std::size_t kSoonBytes = 256 << 10;

/// Records that are written together. Filled under the journal's lock, then the writer's own.
struct Batch {
  enum State : int { kWaiting, kSynced, kFailed };

  Bodies bodies;
  std::vector<bool> has_waiter;  ///< Of each record.
  std::size_t waiters = 0;
  Steady::time_point oldest;
  Sequence first = 0;                ///< Once written.
  std::atomic<int> state{kWaiting};  ///< What waiters wait for; `first` is set before.

  bool empty() const { return bodies.sizes.empty(); }
  Sequence end() const { return first + std::ssize(bodies.sizes); }
  void Add(std::string_view body, bool waits) {
    if (empty()) oldest = Steady::now();
    bodies.bytes += body;
    bodies.sizes.push_back(static_cast<std::uint32_t>(body.size()));
    has_waiter.push_back(waits);
    waiters += waits ? 1 : 0;
  }
  void Finish(State how) {
    state.store(how, std::memory_order_release);
    state.notify_all();
  }
};
using BatchPtr = std::shared_ptr<Batch>;

Error CannotWrite() { return Unavailable("the audit log cannot be written"); }

class FileJournal final : public Journal {
 public:
  FileJournal(const JournalOptions& options, std::unique_ptr<JournalFiles> files)
      : options_(options), files_(std::move(files)), writer_([this] { Run(); }) {}
  ~FileJournal() override {
    {
      const std::lock_guard lock(mutex_);
      is_stopping_ = true;
    }
    wake_.notify_all();
    writer_.join();
  }

  Result<Sequence> Append(const Record& record) override;
  Result<void> AppendSoon(const Record& record) override;

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
  bool MustRefuse() const { return is_failing_ && (!retry_->empty() || Steady::now() < next_try_); }
  void Add(std::string_view body, bool waits);
  Steady::time_point NextWork() const;
  void Fail(const Error& error);

  // The writer.
  void Run();
  void WorkOnce(Lock& lock);
  Result<void> WriteAndSync(bool must_sync);
  std::size_t FinishSynced();
  void KeepHead(Lock& lock);

  const JournalOptions options_;
  const std::unique_ptr<JournalFiles> files_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;           ///< The writer waits.
  std::condition_variable room_;           ///< Callers wait for fewer waiting bytes.
  mutable std::condition_variable grown_;  ///< Readers wait for records.
  BatchPtr current_ = std::make_shared<Batch>();
  BatchPtr retry_ = std::make_shared<Batch>();  ///< Given without waiting, of failed batches.
  std::size_t waiting_bytes_ = 0;
  bool is_stopping_ = false;
  bool is_failing_ = false;
  Steady::time_point next_try_;
  Stats stats_;

  // The writer's own.
  std::vector<BatchPtr> taken_;     ///< To be written.
  std::vector<BatchPtr> unsynced_;  ///< Written.
  Sequence synced_ = files_->size();
  Steady::time_point unsynced_since_;
  Steady::time_point next_head_ = Steady::now() + options_.head_interval;

  std::thread writer_;  ///< Last: it uses the rest.
};

void FileJournal::Add(std::string_view body, bool waits) {
  const bool is_first = current_->empty();
  const bool is_first_waiter = waits && current_->waiters == 0;
  const bool was_small = current_->bodies.bytes.size() < kSoonBytes;
  current_->Add(body, waits);
  waiting_bytes_ += body.size();
  const bool is_now_large = was_small && current_->bodies.bytes.size() >= kSoonBytes;
  if (is_first || is_first_waiter || is_now_large) wake_.notify_one();
}

std::string_view BodyOf(const Record& record) {
  thread_local std::string body;
  body.clear();
  AppendRecordBody(record, body);
  return body;
}

Result<Sequence> FileJournal::Append(const Record& record) {
  const std::string_view body = BodyOf(record);
  BatchPtr batch;
  Sequence place = 0;
  {
    Lock lock(mutex_);
    room_.wait(lock, [&] { return is_failing_ || HasRoom(body.size()); });
    if (MustRefuse() || !HasRoom(body.size())) return CannotWrite();
    batch = current_;
    place = std::ssize(batch->bodies.sizes);
    Add(body, /*waits=*/true);
  }
  batch->state.wait(Batch::kWaiting, std::memory_order_acquire);
  if (batch->state.load(std::memory_order_acquire) != Batch::kSynced) return CannotWrite();
  return batch->first + place;
}

Result<void> FileJournal::AppendSoon(const Record& record) {
  const std::string_view body = BodyOf(record);
  const std::lock_guard lock(mutex_);
  if (MustRefuse() || !HasRoom(body.size())) return CannotWrite();
  Add(body, /*waits=*/false);
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

/// When there is next something to do, if nothing changes before.
Steady::time_point FileJournal::NextWork() const {
  const bool is_urgent = current_->waiters > 0 || current_->bodies.bytes.size() >= kSoonBytes;
  if (is_stopping_ || is_urgent) return Steady::time_point::min();
  Steady::time_point next = Steady::time_point::max();
  if (!current_->empty()) next = std::min(next, current_->oldest + options_.lazy_write);
  if (!retry_->empty()) next = std::min(next, next_try_);
  if (!unsynced_.empty()) next = std::min(next, unsynced_since_ + options_.lazy_sync);
  return std::min(next, next_head_);
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
  for (BatchPtr* batch : {&retry_, &current_}) {
    if (!(*batch)->empty()) taken_.push_back(std::exchange(*batch, std::make_shared<Batch>()));
  }
  if (taken_.empty() && unsynced_.empty()) return;
  bool must_sync = is_stopping_ || is_failing_ ||
                   (!unsynced_.empty() && Steady::now() >= unsynced_since_ + options_.lazy_sync);
  for (const BatchPtr& batch : taken_) must_sync = must_sync || batch->waiters > 0;
  if (unsynced_.empty()) unsynced_since_ = Steady::now();
  lock.unlock();
  const auto begin = std::chrono::steady_clock::now();
  const Result<void> done = WriteAndSync(must_sync);
  if (must_sync) options_.on_sync(std::chrono::steady_clock::now() - begin);
  if (!done.ok()) files_->Abandon();
  const Sequence before = synced_;
  const std::size_t bytes = FinishSynced();
  lock.lock();
  waiting_bytes_ -= bytes;
  stats_.syncs += synced_ > before ? 1 : 0;
  if (done.ok()) is_failing_ = is_failing_ && !must_sync;
  if (!done.ok()) Fail(done.error());
  room_.notify_all();
  grown_.notify_all();
}

Result<void> FileJournal::WriteAndSync(bool must_sync) {
  if (files_->IsFull()) {
    TRY(files_->Sync());
    TRY(files_->Roll());
  }
  while (!taken_.empty()) {
    taken_.front()->first = TRY(files_->Write(taken_.front()->bodies));
    unsynced_.push_back(std::move(taken_.front()));
    taken_.erase(taken_.begin());
  }
  if (must_sync) TRY(files_->Sync());
  return {};
}

/// Wakes those whose records are on disk. Returns how many bytes wait no more.
std::size_t FileJournal::FinishSynced() {
  synced_ = files_->size();
  std::size_t bytes = 0;
  std::erase_if(unsynced_, [&](const BatchPtr& batch) {
    if (batch->end() > synced_) return false;
    bytes += batch->bodies.bytes.size();
    batch->Finish(Batch::kSynced);
    return true;
  });
  return bytes;
}

/// What is not on disk was cut off. Those who wait are told; the rest was accepted, so it is kept.
void FileJournal::Fail(const Error& error) {
  ++stats_.failures;
  stats_.last_failure = error.ToString();
  is_failing_ = true;
  next_try_ = Steady::now() + options_.retry_delay;
  std::move(taken_.begin(), taken_.end(), std::back_inserter(unsynced_));
  taken_.clear();
  for (const BatchPtr& batch : std::exchange(unsynced_, {})) {
    std::size_t at = 0;
    for (std::size_t i = 0; i < batch->bodies.sizes.size(); ++i) {
      const std::size_t size = batch->bodies.sizes[i];
      const std::string_view body = std::string_view(batch->bodies.bytes).substr(at, size);
      batch->has_waiter[i] ? void(waiting_bytes_ -= size) : retry_->Add(body, /*waits=*/false);
      at += size;
    }
    batch->Finish(Batch::kFailed);
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
