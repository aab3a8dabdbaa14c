// The files that Amazon's programs share are written by hand and by many tools. Input: one of them.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "storage/s3/shared_files.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto sections = sluice::storage::s3::ParseIni(text);
  if (!sections.ok()) return 0;
  for (const sluice::storage::s3::IniSection& section : *sections) {
    CHECK(!section.name.empty(), "a section has a name");
    for (const auto& [key, value] : section.values) {
      CHECK(key.find('=') == std::string::npos, "a key ends at the first '='");
      CHECK(value.find('\n') == std::string::npos, "a value is of one line");
    }
  }
  return 0;
}
