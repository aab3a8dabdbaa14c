#include "protocol/features.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "base/encoding.h"

namespace sluice::protocol {
namespace {

// Reader version 2 means column mapping, 3 means that the features are listed.
constexpr int kColumnMappingVersion = 2;
constexpr int kTableFeaturesVersion = 3;

constexpr std::string_view kDeletionVectors = "deletionVectors";
constexpr std::string_view kColumnMapping = "columnMapping";
// They concern those who read the log, and recipients never do.
constexpr std::string_view kLogFeatures[] = {"v2Checkpoint", "vacuumProtocolCheck"};

bool IsLogFeature(std::string_view feature) {
  return std::ranges::find(kLogFeatures, feature) != std::end(kLogFeatures);
}

// The reader features a protocol lists. Lists count with reader version 3 only.
const std::vector<std::string>& ReaderFeatures(const table::Protocol& protocol) {
  static const std::vector<std::string> none;
  const bool lists = protocol.min_reader_version >= kTableFeaturesVersion;
  return lists && protocol.reader_features ? *protocol.reader_features : none;
}

bool Lists(const table::Protocol& protocol, std::string_view feature) {
  return std::ranges::find(ReaderFeatures(protocol), feature) != ReaderFeatures(protocol).end();
}

bool UsesVectors(const table::Protocol& protocol, const table::Metadata& metadata) {
  return Lists(protocol, kDeletionVectors) && metadata.IsEnabled("delta.enableDeletionVectors");
}

bool MapsColumns(const table::Protocol& protocol, const table::Metadata& metadata) {
  const std::string* const mode = metadata.FindProperty("delta.columnMapping.mode");
  return (protocol.min_reader_version == kColumnMappingVersion ||
          Lists(protocol, kColumnMapping)) &&
         mode != nullptr && !EqualsIgnoringAsciiCase(*mode, "none");
}

// Features whose presence alone may change what the bytes of a file mean: types, variants, ...
bool HasOtherFeatures(const table::Protocol& protocol) {
  return std::ranges::any_of(ReaderFeatures(protocol), [](std::string_view feature) {
    return feature != kDeletionVectors && feature != kColumnMapping && !IsLogFeature(feature);
  });
}

void DropLogFeatures(std::optional<std::vector<std::string>>& features) {
  if (features) std::erase_if(*features, IsLogFeature);
}

}  // namespace

ReadingNeeds NeedsOf(const table::Protocol& protocol, const table::Metadata& metadata,
                     bool has_vectors) {
  ReadingNeeds needs;
  if (has_vectors || UsesVectors(protocol, metadata)) {
    needs.features.push_back(AsciiLower(kDeletionVectors));
  }
  if (MapsColumns(protocol, metadata)) needs.features.push_back(AsciiLower(kColumnMapping));
  needs.needs_delta = !needs.features.empty() || HasOtherFeatures(protocol);
  return needs;
}

Result<ResponseFormat> ChooseFormat(const Capabilities& capabilities, const ReadingNeeds& needs) {
  if (!capabilities.accepts_delta && needs.needs_delta) {
    return Unsupported(
        "Unsupported Delta Table Properties: this table can only be read with "
        "responseformat=delta");
  }
  for (const std::string& feature : needs.features) {
    if (!capabilities.HasReaderFeature(feature)) {
      return Unsupported(
          "Unsupported Delta Table Properties: this table can only be read with {} among the "
          "readerfeatures",
          feature);
    }
  }
  const bool delta = needs.needs_delta || !capabilities.accepts_parquet;
  return delta ? ResponseFormat::kDelta : ResponseFormat::kParquet;
}

table::Protocol WithoutLogFeatures(table::Protocol protocol) {
  if (protocol.min_reader_version < kTableFeaturesVersion) return protocol;
  DropLogFeatures(protocol.reader_features);
  DropLogFeatures(protocol.writer_features);
  return protocol;
}

}  // namespace sluice::protocol
