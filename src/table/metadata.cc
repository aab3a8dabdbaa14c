#include "table/metadata.h"

#include "base/encoding.h"

namespace sluice::table {

const std::string* Metadata::FindProperty(std::string_view key) const {
  for (const auto& [name_of_property, value] : configuration) {
    if (name_of_property == key) return &value;
  }
  return nullptr;
}

bool Metadata::IsEnabled(std::string_view key) const {
  const std::string* const value = FindProperty(key);
  return value != nullptr && EqualsIgnoringAsciiCase(*value, "true");
}

}  // namespace sluice::table
