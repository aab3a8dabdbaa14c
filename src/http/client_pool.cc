#include <algorithm>
#include <iterator>
#include <utility>

#include "http/client_pool_internal.h"

namespace sluice::http {
namespace {

std::unique_ptr<Line> NewLine() {
  auto line = std::make_unique<Line>();
  line->multi.reset(curl_multi_init());
  line->easy.reset(curl_easy_init());
  if (line->multi == nullptr || line->easy == nullptr) return nullptr;
  curl_multi_setopt(line->multi.get(), CURLMOPT_MAXCONNECTS, 1L);
  curl_multi_setopt(line->multi.get(), CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
  return line;
}

}  // namespace

std::unique_ptr<Line> LinePool::Take(const std::string& origin, SteadyTime deadline,
                                     const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const auto is_one_free = [this] { return in_use_ < max_lines_; };
  if (!given_back_.wait_until(lock, stop, deadline, is_one_free)) return nullptr;
  ++in_use_;
  std::unique_ptr<Line> line = TakeFree(origin);
  lock.unlock();
  if (line == nullptr) line = NewLine();
  if (line == nullptr) {
    lock.lock();
    --in_use_;
    return nullptr;
  }
  line->origin = origin;
  return line;
}

// Nothing if a new one should be made.
std::unique_ptr<Line> LinePool::TakeFree(const std::string& origin) {
  auto found = std::find_if(free_.rbegin(), free_.rend(),
                            [&](const auto& line) { return line->origin == origin; });
  if (found == free_.rend()) {
    if (free_.empty() || free_.size() + in_use_ <= max_lines_) return nullptr;
    found = std::prev(free_.rend());
  }
  std::unique_ptr<Line> line = std::move(*found);
  free_.erase(std::next(found).base());
  return line;
}

void LinePool::GiveBack(std::unique_ptr<Line> line) {
  std::vector<std::unique_ptr<Line>> stale;  // closed after the lock is gone
  const SteadyTime now = std::chrono::steady_clock::now();
  line->idle_since = now;
  {
    const std::lock_guard lock(mutex_);
    --in_use_;
    free_.push_back(std::move(line));
    const auto first_fresh = std::find_if(free_.begin(), free_.end(), [&](const auto& idle) {
      return now - idle->idle_since < kMaxIdle;
    });
    stale.assign(std::make_move_iterator(free_.begin()), std::make_move_iterator(first_fresh));
    free_.erase(free_.begin(), first_fresh);
  }
  given_back_.notify_one();
}

}  // namespace sluice::http
