// An audit record from anywhere: what is read is written again as one line, and read as the same.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "audit/record.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::audit;
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  const auto decoded = DecodeRecord(line);
  // A space is enough for another way to read it.
  const auto spaced = DecodeRecord(" " + std::string(line));
  if (size < kMaxRecordBytes) {
    CHECK(decoded.ok() == spaced.ok(), "both ways read the same lines");
    CHECK(!decoded.ok() || decoded->record == spaced->record, "and the same record");
  }
  if (!decoded.ok()) return 0;
  const std::string written = EncodeRecord(decoded->node, decoded->sequence, decoded->record);
  CHECK(written.find('\n') == std::string::npos, "a record is one line");
  const auto again = DecodeRecord(written);
  CHECK(again.ok(), "what was written can be read");
  CHECK(EncodeRecord(again->node, again->sequence, again->record) == written,
        "a record has one form");
  return 0;
}
