// The path of a sidecar as a checkpoint spells it: none leads out of the folder.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "delta/sidecar.h"
#include "storage/location.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view path(reinterpret_cast<const char*>(data), size);
  const auto local = sluice::delta::ResolveSidecar("/t/_delta_log", path);
  if (local.ok()) {
    CHECK(local->starts_with("/t/_delta_log/_sidecars/"), "a sidecar is in its folder");
    CHECK(sluice::storage::NormalizePath(*local) == *local, "its path has no detour");
  }
  const auto stored = sluice::delta::ResolveSidecar("t/_delta_log", path);
  CHECK(!stored.ok() || stored->starts_with("t/_delta_log/_sidecars/"), "in a bucket too");
  return 0;
}
