#include "table/metadata.h"

namespace sluice::table {

const std::string* Metadata::FindProperty(std::string_view key) const {
  for (const auto& [name_of_property, value] : configuration) {
    if (name_of_property == key) return &value;
  }
  return nullptr;
}

}  // namespace sluice::table
