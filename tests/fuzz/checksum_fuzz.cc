// A checksum file that others wrote, against an empty table.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/check.h"
#include "delta/checksum.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::table;  // NOLINT
  static const Snapshot snapshot(Version(0), std::make_shared<Metadata>(),
                                 std::make_shared<Protocol>(), {});
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto verified = sluice::delta::VerifyChecksum(text, snapshot);
  CHECK(verified.ok() || verified.error().code == sluice::ErrorCode::kCorruptData,
        "a checksum is right, wrong or no checksum");
  return 0;
}
