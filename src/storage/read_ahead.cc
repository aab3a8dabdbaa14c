#include "storage/read_ahead.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "observe/trace.h"

namespace sluice::storage {

ReadAhead::ReadAhead(ObjectStore& store, std::vector<std::string> paths, std::uint64_t max_bytes)
    : store_(store), paths_(std::move(paths)), max_bytes_(max_bytes) {
  if (!store_.is_remote() || paths_.size() < 2) return;
  const std::size_t count = std::min(kObjectsAhead, paths_.size());
  for (std::size_t i = 0; i < count; ++i) {
    threads_.emplace_back(observe::InCurrentTrace([this] { Work(); }));
  }
}

ReadAhead::~ReadAhead() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  has_room_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

Result<std::string> ReadAhead::Next() {
  CHECK(next_to_give_ < paths_.size(), "an object is left to give");
  if (threads_.empty()) return store_.ReadAll(paths_[next_to_give_++], max_bytes_);
  std::unique_lock lock(mutex_);
  has_next_.wait(lock, [this] { return read_.contains(next_to_give_); });
  auto found = read_.extract(next_to_give_++);
  const bool was_full = read_bytes_ >= kMaxBytesAhead;
  if (found.mapped().ok()) read_bytes_ -= found.mapped()->size();
  if (was_full) {
    has_room_.notify_all();
  } else {
    has_room_.notify_one();
  }
  return std::move(found.mapped());
}

void ReadAhead::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    has_room_.wait(lock, [this] {
      return stopping_ || next_to_read_ == paths_.size() ||
             (next_to_read_ < next_to_give_ + kObjectsAhead && read_bytes_ < kMaxBytesAhead);
    });
    if (stopping_ || next_to_read_ == paths_.size()) return;
    const std::size_t position = next_to_read_++;
    lock.unlock();
    auto bytes = store_.ReadAll(paths_[position], max_bytes_);
    lock.lock();
    if (bytes.ok()) read_bytes_ += bytes->size();
    read_.emplace(position, std::move(bytes));
    if (position == next_to_give_) has_next_.notify_one();
  }
}

}  // namespace sluice::storage
