#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "storage/object_store.h"

namespace sluice::storage {

/// Reads whole objects one after the other. Of a remote store it has up to kObjectsAhead requests
/// under way at once, so that many small objects take little longer than one; none is begun while
/// kMaxBytesAhead have come and were not taken. To be used by one thread.
class ReadAhead {
 public:
  static constexpr std::size_t kObjectsAhead = 16;
  static constexpr std::size_t kMaxBytesAhead = 64 << 20;

  /// `store` must outlive this.
  ReadAhead(ObjectStore& store, std::vector<std::string> paths, std::uint64_t max_bytes);
  /// Waits for the requests under way.
  ~ReadAhead();
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  /// The next object; not to be called past the last. Errors: those of ObjectStore::ReadAll.
  Result<std::string> Next();

 private:
  void Work();

  ObjectStore& store_;
  const std::vector<std::string> paths_;
  const std::uint64_t max_bytes_;
  std::mutex mutex_;  ///< Guards what follows, but for the threads; not held while reading.
  std::condition_variable has_room_;  ///< For the threads: there is more to read, or no more.
  std::condition_variable has_next_;  ///< For Next: what it waits for was read.
  bool stopping_ = false;
  std::size_t next_to_read_ = 0;
  std::size_t next_to_give_ = 0;
  std::map<std::size_t, Result<std::string>> read_;  ///< By position; not given yet.
  std::size_t read_bytes_ = 0;                       ///< Of these.
  std::vector<std::thread> threads_;                 ///< None for a store of this machine.
};

}  // namespace sluice::storage
