#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "audit/shipper.h"
#include "base/clock.h"

namespace sluice::audit {

struct JsonLinesOptions {
  std::string path;
  std::string node;  ///< The journal's.
  /// A file that is larger, or whose first record is older, is renamed to "PATH.20261121T100000Z"
  /// and another one begun. Renamed files are the owner's to delete.
  std::int64_t max_bytes = std::int64_t{256} << 20;
  std::chrono::milliseconds max_age{24 * 3'600'000};
};

/// Copies records into a file, a line of JSON each, as EncodeRecord wrote them. The file is made
/// with mode 0600; a line that a crash tore is cut off. If somebody renames or deletes the file, a
/// new one is begun. How far it is stands in "PATH.position" and in the file's last line: after a
/// crash at a bad moment some lines may be there again, with the same node and seq. `clock` must
/// outlive it.
std::unique_ptr<Destination> NewJsonLinesSink(JsonLinesOptions options, const Clock& clock);

}  // namespace sluice::audit
