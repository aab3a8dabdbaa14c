#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::protocol {

enum class ResponseFormat : std::uint8_t { kParquet, kDelta };

/// What a client says it can take, in the header `delta-sharing-capabilities`:
///   responseformat=parquet,delta;readerfeatures=deletionvectors;includeendstreamaction=true
/// Names and values count regardless of ASCII case; spaces around them do not count.
struct Capabilities {
  bool accepts_parquet = true;
  bool accepts_delta = false;
  std::set<std::string> reader_features;  ///< Lower case.
  bool include_end_stream_action = false;
  bool async_query = false;
};

/// Reads the header's value; empty if it was not sent: parquet only. Unknown keys, and unknown
/// formats beside known ones, are passed over. At most 8 KiB. Errors: kInvalidArgument if no format
/// asked for is known. Source: Delta Sharing PROTOCOL.md, "Request Header".
Result<Capabilities> ParseCapabilities(std::string_view header);

/// One format asked for is an order; of both, parquet is chosen unless the table needs delta.
/// Errors: kUnsupported if the table needs delta and the client takes parquet only.
Result<ResponseFormat> ChooseFormat(const Capabilities& capabilities, bool needs_delta);

/// The value of the same header in the answer.
std::string RenderCapabilities(ResponseFormat format, bool include_end_stream_action);

}  // namespace sluice::protocol
