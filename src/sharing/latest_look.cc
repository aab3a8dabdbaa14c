#include "sharing/latest_look.h"

#include <utility>

namespace sluice::sharing {

bool LatestLook::Suffices(std::uint64_t begun_before, const Freshness& freshness) const {
  if (!last_) return false;
  if (last_->number > begun_before) return true;
  if (!last_->outcome.ok() || freshness.max_age.count() == 0) return false;
  const auto age = clock_.Now() - last_->begun_at;
  return age.count() >= 0 && age <= freshness.max_age;  // a clock may be set back
}

Result<LatestSnapshot> LatestLook::Answer(const Look& look, const Freshness& freshness) const {
  if (look.outcome.ok()) return LatestSnapshot{.snapshot = *look.outcome, .stale_for = {}};
  const Error& error = look.outcome.error();
  if (error.code != ErrorCode::kUnavailable || !last_found_) return error;
  const auto age = clock_.Now() - last_found_->begun_at;
  if (age.count() < 0 || age >= freshness.serve_stale_for) return error;
  return LatestSnapshot{.snapshot = *last_found_->outcome, .stale_for = age};
}

Result<LatestSnapshot> LatestLook::Get(table::Table& table, const Freshness& freshness) {
  std::unique_lock lock(mutex_);
  const std::uint64_t begun_before = looks_begun_;
  while (!Suffices(begun_before, freshness)) {
    if (is_looking_) {
      looked_.wait(lock);
      continue;
    }
    is_looking_ = true;
    const std::uint64_t number = ++looks_begun_;
    const SystemTime begun_at = clock_.Now();
    lock.unlock();
    auto outcome = table.Latest();
    lock.lock();
    is_looking_ = false;
    last_ = Look{.number = number, .begun_at = begun_at, .outcome = std::move(outcome)};
    if (last_->outcome.ok()) last_found_ = last_;
    looked_.notify_all();
  }
  return Answer(*last_, freshness);
}

}  // namespace sluice::sharing
