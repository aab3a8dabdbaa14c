// A checkpoint in JSON, whose actions and sidecar others wrote. Input: its text, a record
// separator, the bytes of the sidecar 1.parquet.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "delta/checkpoint.h"
#include "delta/replay.h"
#include "fuzz_snapshot.h"
#include "storage/object_store.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;  // NOLINT
  static const ManualClock clock{SystemTime(std::chrono::hours(500'000))};
  const auto store = storage::NewMemoryStore(clock);
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t separator = std::min(input.find('\x1e'), size);
  const std::string_view sidecar = input.substr(std::min(separator + 1, size));
  const bool is_put = store->PutIfAbsent("/t/_delta_log/c.json", input.substr(0, separator)).ok() &&
                      store->PutIfAbsent("/t/_delta_log/_sidecars/1.parquet", sidecar).ok();
  CHECK(is_put, "an empty store takes objects");

  delta::Replay replay;
  replay.BeginCheckpoint();
  if (!delta::ReadCheckpoint(*store, "/t/_delta_log", {"c.json"}, replay).ok()) return 0;
  const auto snapshot = std::move(replay).FinishSnapshot(table::Version(0));
  if (snapshot.ok()) WalkSnapshot(**snapshot);
  return 0;
}
