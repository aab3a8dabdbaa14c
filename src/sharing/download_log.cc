#include "sharing/download_log.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace sluice::sharing {

DownloadLog::DownloadLog(audit::Journal& journal, const Clock& clock, const Options& options)
    : journal_(journal),
      clock_(clock),
      options_(options),
      sweeper_([this] { Run(options_.sweep_interval); }) {}

DownloadLog::~DownloadLog() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  ending_.notify_all();
  sweeper_.join();
  for (const Entry& entry : links_) WriteSum(*entry.link);
}

void DownloadLog::Run(std::chrono::milliseconds interval) {
  std::unique_lock lock(mutex_);
  while (!ending_.wait_for(lock, interval, [this] { return is_ending_; })) {
    lock.unlock();
    Sweep();
    lock.lock();
  }
}

std::shared_ptr<DownloadLog::Link> DownloadLog::Find(const std::string& link_id) {
  std::shared_ptr<Link> evicted;
  std::shared_ptr<Link> link;
  {
    const std::lock_guard lock(mutex_);
    const auto known = index_.find(link_id);
    if (known != index_.end()) {
      links_.splice(links_.begin(), links_, known->second);
    } else {
      links_.push_front({.link_id = link_id, .link = std::make_shared<Link>()});
      index_.emplace(link_id, links_.begin());
    }
    links_.front().last_used = clock_.Now();
    link = links_.front().link;
    if (links_.size() > options_.max_links) {
      evicted = std::move(links_.back().link);
      index_.erase(links_.back().link_id);
      links_.pop_back();
    }
  }
  if (evicted) WriteSum(*evicted);
  return link;
}

void DownloadLog::Sweep() {
  std::vector<std::shared_ptr<Link>> resting;
  {
    const std::lock_guard lock(mutex_);
    const SystemTime now = clock_.Now();
    while (!links_.empty() && now - links_.back().last_used >= options_.rest) {
      resting.push_back(std::move(links_.back().link));
      index_.erase(links_.back().link_id);
      links_.pop_back();
    }
  }
  for (const auto& link : resting) WriteSum(*link);
}

Result<void> DownloadLog::Link::Record(audit::Decision& decision) {
  const std::lock_guard lock(mutex_);
  if (is_recorded_) {
    decision.Drop();
    return {};
  }
  record_ = decision.record();
  TRY(decision.Allow());
  is_recorded_ = true;
  return {};
}

void DownloadLog::WriteSum(Link& link) {
  const std::lock_guard lock(link.mutex_);
  if (!link.is_recorded_) return;
  audit::Record record = link.record_;
  record.time = clock_.Now();
  record.allowed = true;
  record.request_id.clear();  // it is no answer's record
  record.reason = Format("{} requests in all", link.requests_.load());
  record.bytes = static_cast<std::int64_t>(link.bytes_.load());
  // What was sent was allowed by a record on disk: a sum that cannot be written is a lesser loss
  // than a server that cannot end, and the journal's own metrics tell of it.
  (void)journal_.AppendUnsynced(record).ok();
}

}  // namespace sluice::sharing
