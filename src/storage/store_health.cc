#include "storage/store_health.h"

namespace sluice::storage {

void StoreHealth::Note(const std::string& store, bool has_answered) {
  const std::lock_guard lock(mutex_);
  answered_[store] = has_answered;
}

std::vector<std::string> StoreHealth::Silent() const {
  std::vector<std::string> names;
  const std::lock_guard lock(mutex_);
  for (const auto& [name, has_answered] : answered_) {
    if (!has_answered) names.push_back(name);
  }
  return names;
}

}  // namespace sluice::storage
