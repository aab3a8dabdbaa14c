#pragma once

// The file 00000000000000000012.crc says what version 12 adds up to, in one JSON object:
//
//   {"tableSizeBytes":6187,"numFiles":8,"numMetadata":1,"numProtocol":1,
//    "metadata":{"id":"...",...},"protocol":{"minReaderVersion":1,"minWriterVersion":2},...}
//
// Source: Delta PROTOCOL.md, "Version Checksum File".

#include <string_view>

#include "base/result.h"
#include "table/snapshot.h"

namespace sluice::delta {

/// Compares a checksum file with the snapshot of its version: number and size of files, the
/// metadata's id, the protocol. Only what the file tells is compared; one that cannot be read is no
/// fault of the table. Errors: kCorruptData, the detail saying what differs.
Result<void> VerifyChecksum(std::string_view text, const table::Snapshot& snapshot);

}  // namespace sluice::delta
