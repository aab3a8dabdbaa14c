#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace sluice::storage {

/// Which stores answered when they were last asked. Thread-safe.
class StoreHealth {
 public:
  /// A request to the store of that name has ended: with an answer, or given up.
  void Note(const std::string& store, bool has_answered);
  /// The names of stores whose last request was given up, ascending.
  std::vector<std::string> Silent() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, bool> answered_;  ///< By name, of which there are few: the owner's.
};

}  // namespace sluice::storage
