#include "delta/features.h"

#include <string>
#include <vector>

namespace sluice::delta {
namespace {

// Reader version 2 means column mapping, 3 means that the features are listed.
constexpr int kColumnMappingVersion = 2;
constexpr int kTableFeaturesVersion = 3;

std::string Join(const std::vector<std::string>& names) {
  std::string joined;
  for (const std::string& name : names) joined += (joined.empty() ? "" : ", ") + name;
  return joined;
}

}  // namespace

Result<void> CheckReadable(const table::Protocol& protocol, const table::Metadata& metadata) {
  if (protocol.min_reader_version > kTableFeaturesVersion) {
    return Unsupported("the table needs Delta reader version {}, which this server does not know",
                       protocol.min_reader_version);
  }
  std::vector<std::string> needed;
  if (protocol.min_reader_version == kTableFeaturesVersion && protocol.reader_features) {
    needed = *protocol.reader_features;
  }
  if (protocol.min_reader_version == kColumnMappingVersion) {
    const std::string* const mode = metadata.FindProperty("delta.columnMapping.mode");
    if (mode != nullptr && *mode != "none") needed.push_back("columnMapping");
  }
  if (needed.empty()) return {};
  return Unsupported("the table needs reader features that this server does not support yet: {}",
                     Join(needed));
}

}  // namespace sluice::delta
