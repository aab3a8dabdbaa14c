#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/message.h"

namespace sluice::protocol {

inline constexpr std::string_view kCapabilitiesHeader = "delta-sharing-capabilities";
inline constexpr std::string_view kFileIdHashHeader = "fileidhash";
inline constexpr std::size_t kMaxCapabilitiesBytes = 8 << 10;

enum class ResponseFormat : std::uint8_t { kParquet, kDelta };

/// What a client says it can take, in the header `delta-sharing-capabilities`:
///   responseformat=parquet,delta;readerfeatures=deletionvectors;includeendstreamaction=true
/// Names and values count regardless of ASCII case; spaces around them do not count.
struct Capabilities {
  bool accepts_parquet = true;
  bool accepts_delta = false;
  std::vector<std::string> reader_features;  ///< Lower case.
  bool include_end_stream_action = false;
  bool async_query = false;

  /// `feature` in lower case.
  bool HasReaderFeature(std::string_view feature) const;
};

/// Reads the header's value; empty text means parquet only. Unknown keys, and unknown formats
/// beside known ones, are passed over. Errors: kInvalidArgument if it is longer than
/// kMaxCapabilitiesBytes; kUnsupported if no format asked for is known. Source: Delta Sharing
/// PROTOCOL.md, "Delta Sharing Capabilities Header".
Result<Capabilities> ParseCapabilities(std::string_view header);
/// The same for a request's headers, which may lack it.
Result<Capabilities> ParseCapabilities(const http::Headers& headers);

/// What an answer says of itself in the same header.
struct ResponseCapabilities {
  ResponseFormat format = ResponseFormat::kParquet;
  bool include_end_stream_action = false;  ///< The last line is certain to be one.
  bool async_query = false;                ///< The query is answered asynchronously.
};

/// The header's value: lower case, without spaces, since clients search it for substrings.
std::string CapabilitiesOfResponse(const ResponseCapabilities& capabilities);

/// How the deterministic id of a file is made from its path as the log spells it.
enum class FileIdHash : std::uint8_t {
  kParquet,  ///< MD5, hex
  kDelta,    ///< SHA-256, hex
};

/// Reads the header `fileidhash`. Errors: kInvalidArgument "Unsupported fileidhash: 'x'".
Result<std::optional<FileIdHash>> ParseFileIdHash(const http::Headers& headers);
/// "parquet" or "delta".
std::string_view FileIdHashName(FileIdHash hash);
/// What a client that does not say gets.
FileIdHash DefaultFileIdHash(ResponseFormat format);

}  // namespace sluice::protocol
