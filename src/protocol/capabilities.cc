#include "protocol/capabilities.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "protocol/parameters_internal.h"

namespace sluice::protocol {
namespace {

// Calls `take` for each trimmed part of `text` between separators.
template <typename Take>
void ForEachPart(std::string_view text, char separator, Take&& take) {
  while (true) {
    const std::size_t end = text.find(separator);
    take(TrimAsciiSpace(text.substr(0, end)));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

Result<void> ReadFormats(std::string_view value, Capabilities& capabilities) {
  bool parquet = false;
  bool delta = false;
  bool any = false;
  ForEachPart(value, ',', [&](std::string_view format) {
    parquet |= format == "parquet";
    delta |= format == "delta";
    any |= !format.empty();
  });
  if (any && !parquet && !delta) {
    return Unsupported("unsupported responseformat '{}': this server has parquet and delta",
                       value.substr(0, kMaxEchoedBytes));
  }
  capabilities.accepts_parquet = parquet || !any;
  capabilities.accepts_delta = delta;
  return {};
}

Result<void> ReadCapability(std::string_view key, std::string_view value,
                            Capabilities& capabilities) {
  if (key == "responseformat") return ReadFormats(value, capabilities);
  if (key == "includeendstreamaction") capabilities.include_end_stream_action = value == "true";
  if (key == "asyncquery") capabilities.async_query = value == "true";
  if (key == "readerfeatures") {
    capabilities.reader_features.clear();
    ForEachPart(value, ',', [&](std::string_view feature) {
      if (!feature.empty()) capabilities.reader_features.emplace_back(feature);
    });
  }
  return {};
}

}  // namespace

bool Capabilities::HasReaderFeature(std::string_view feature) const {
  return std::ranges::find(reader_features, feature) != reader_features.end();
}

Result<Capabilities> ParseCapabilities(std::string_view header) {
  if (header.size() > kMaxCapabilitiesBytes) {
    return InvalidArgument("{} is longer than {} bytes", kCapabilitiesHeader,
                           kMaxCapabilitiesBytes);
  }
  const std::string folded = AsciiLower(header);
  Capabilities capabilities;
  Result<void> outcome;
  ForEachPart(folded, ';', [&](std::string_view pair) {
    const std::size_t equals = pair.find('=');
    if (!outcome.ok() || equals == std::string_view::npos) return;
    outcome = ReadCapability(TrimAsciiSpace(pair.substr(0, equals)),
                             TrimAsciiSpace(pair.substr(equals + 1)), capabilities);
  });
  TRY(std::move(outcome));
  return capabilities;
}

Result<Capabilities> ParseCapabilities(const http::Headers& headers) {
  const std::string* const header = headers.Find(kCapabilitiesHeader);
  return header == nullptr ? Capabilities{} : ParseCapabilities(std::string_view(*header));
}

std::string CapabilitiesOfResponse(const ResponseCapabilities& capabilities) {
  std::string header = capabilities.format == ResponseFormat::kDelta ? "responseformat=delta"
                                                                     : "responseformat=parquet";
  if (capabilities.include_end_stream_action) header += ";includeendstreamaction=true";
  if (capabilities.async_query) header += ";asyncquery=true";
  return header;
}

Result<std::optional<FileIdHash>> ParseFileIdHash(const http::Headers& headers) {
  const std::string* const header = headers.Find(kFileIdHashHeader);
  if (header == nullptr) return std::optional<FileIdHash>();
  const std::string_view value = TrimAsciiSpace(*header);
  for (const FileIdHash hash : {FileIdHash::kParquet, FileIdHash::kDelta}) {
    if (EqualsIgnoringAsciiCase(value, FileIdHashName(hash))) return std::optional(hash);
  }
  return InvalidArgument("Unsupported fileidhash: '{}'", value.substr(0, kMaxEchoedBytes));
}

std::string_view FileIdHashName(FileIdHash hash) {
  return hash == FileIdHash::kDelta ? "delta" : "parquet";
}

FileIdHash DefaultFileIdHash(ResponseFormat format) {
  return format == ResponseFormat::kDelta ? FileIdHash::kDelta : FileIdHash::kParquet;
}

}  // namespace sluice::protocol
