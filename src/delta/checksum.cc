#include "delta/checksum.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace sluice::delta {
namespace {

constexpr JsonLimits kChecksumLimits{.max_bytes = 64 << 20, .max_depth = 64};

Result<void> CompareNumber(const json::object& told, std::string_view member, std::int64_t found) {
  const json::value* const value = FindMember(told, member);
  if (value == nullptr || !value->is_int64() || value->get_int64() == found) return {};
  return WithDetail(
      CorruptData("the table's log contradicts its checksum file"),
      Format("{} is {} by the log, {} by the checksum", member, found, value->get_int64()));
}

Result<void> CompareText(const json::object& told, std::string_view member,
                         const std::string& found) {
  const json::value* const value = FindMember(told, member);
  if (value == nullptr || !value->is_string()) return {};
  const std::string_view text = value->get_string();
  if (text == found) return {};
  return WithDetail(
      CorruptData("the table's log contradicts its checksum file"),
      Format("{} of the metadata is '{}' by the log, '{}' by the checksum", member, found, text));
}

// The order of features means nothing, and neither does an empty list.
Result<void> CompareFeatures(const json::object& told, std::string_view member,
                             std::vector<std::string> found) {
  const json::value* const value = FindMember(told, member);
  if (value == nullptr || !value->is_array()) return {};
  std::vector<std::string> features;
  for (const json::value& feature : value->get_array()) {
    if (!feature.is_string()) return {};
    features.emplace_back(feature.get_string());
  }
  std::sort(features.begin(), features.end());
  std::sort(found.begin(), found.end());
  if (features == found) return {};
  return WithDetail(CorruptData("the table's log contradicts its checksum file"),
                    Format("{} differ between the log and the checksum", member));
}

const json::object* FindObject(const json::object& object, std::string_view member) {
  const json::value* const value = FindMember(object, member);
  return value != nullptr && value->is_object() ? &value->get_object() : nullptr;
}

Result<void> CompareProtocol(const json::object& told, const table::Protocol& found) {
  using Features = std::vector<std::string>;
  TRY(CompareNumber(told, "minReaderVersion", found.min_reader_version));
  TRY(CompareNumber(told, "minWriterVersion", found.min_writer_version));
  TRY(CompareFeatures(told, "readerFeatures", found.reader_features.value_or(Features())));
  return CompareFeatures(told, "writerFeatures", found.writer_features.value_or(Features()));
}

}  // namespace

Result<void> VerifyChecksum(std::string_view text, const table::Snapshot& snapshot) {
  const auto parsed = ParseJson(text, kChecksumLimits);
  if (!parsed.ok() || !parsed->is_object()) return {};
  const json::object& told = parsed->get_object();
  TRY(CompareNumber(told, "numFiles", static_cast<std::int64_t>(snapshot.file_count())));
  TRY(CompareNumber(told, "tableSizeBytes", snapshot.total_bytes()));
  if (const json::object* const metadata = FindObject(told, "metadata")) {
    TRY(CompareText(*metadata, "id", snapshot.metadata().id));
  }
  if (const json::object* const protocol = FindObject(told, "protocol")) {
    TRY(CompareProtocol(*protocol, snapshot.protocol()));
  }
  return {};
}

}  // namespace sluice::delta
