// A table's schemaString: what is read prints to what reads the same.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "expr/schema.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto schema = sluice::expr::ParseSchema(text);
  if (!schema.ok()) return 0;
  const std::string printed = sluice::expr::PrintSchemaForRecipients(*schema);
  const auto again = sluice::expr::ParseSchema(printed);
  CHECK(again.ok(), "a printed schema cannot be read");
  CHECK(sluice::expr::PrintSchemaForRecipients(*again) == printed, "a printed schema changes");
  return 0;
}
