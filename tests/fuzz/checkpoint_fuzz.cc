// A checkpoint is a Parquet file that others wrote. Input: its bytes.
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
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  CHECK(store->PutIfAbsent("t/_delta_log/c.parquet", bytes).ok(), "an empty store takes an object");

  delta::Replay replay;
  replay.BeginCheckpoint();
  if (!delta::ReadCheckpoint(*store, "t/_delta_log", {"c.parquet"}, replay).ok()) return 0;
  const auto snapshot = std::move(replay).FinishSnapshot(table::Version(0));
  if (snapshot.ok()) WalkSnapshot(**snapshot);
  return 0;
}
