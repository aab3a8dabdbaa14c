#include <algorithm>
#include <utility>

#include "audit/lease_asker_internal.h"

namespace sluice::audit {

std::int64_t LeaseBlock(std::int64_t limit) { return std::max<std::int64_t>(limit / 100, 1); }

std::int64_t LeaseAdvance(std::int64_t limit) {
  return std::max<std::int64_t>(LeaseBlock(limit) / 8, 1);
}

LeaseAsker::LeaseAsker(LeaseSource& source, Answered answered)
    : source_(source), answered_(std::move(answered)), thread_([this] { Run(); }) {}

LeaseAsker::~LeaseAsker() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void LeaseAsker::Ask(LeaseAsk ask) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(ask));
  }
  changed_.notify_one();
}

void LeaseAsker::Run() {
  while (true) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return is_ending_ || !waiting_.empty(); });
    if (is_ending_) return;
    const LeaseAsk ask = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    answered_(ask, source_.Take(ask.key, ask.want));
  }
}

}  // namespace sluice::audit
