#pragma once

// An answer of List Blobs with a delimiter:
//
//   <EnumerationResults ContainerName="lake">
//     <Blobs>
//       <BlobPrefix><Name>log/sub/</Name></BlobPrefix>
//       <Blob>
//         <Name>log/1.json</Name>                      (Encoded="true": percent-encoded)
//         <Properties>
//           <Last-Modified>Sat, 21 Nov 2026 10:00:00 GMT</Last-Modified>
//           <Etag>0x8DE291A2B3C4D5E</Etag>             (without the quotes of the header)
//           <ResourceType>file</ResourceType>          (or directory: hierarchical namespace)
//           <Content-Length>12</Content-Length>
//         </Properties>
//         <Metadata><hdi_isfolder>true</hdi_isfolder></Metadata>
//       </Blob>
//     </Blobs>
//     <NextMarker>2!76!MDAwMDI4</NextMarker>           (empty: the last page)
//   </EnumerationResults>
//
// Source: Azure Storage REST API, "List Blobs".

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "storage/object_store.h"

namespace sluice::storage::azure {

/// One page of the blobs of a directory.
struct ListPage {
  /// In strictly ascending order of the names, which are those within the directory.
  std::vector<ObjectInfo> blobs;
  /// The names of the directories within this one.
  std::set<std::string> folders;
  /// The least name of the page, be it that of a blob or of a placeholder.
  std::optional<std::string> first_name;
  std::string last_name;    ///< The greatest.
  std::string next_marker;  ///< Empty at the end. Means something to the service alone.
};

/// Reads a page of what lies directly at `prefix`, which ends with '/' or is empty. Placeholders
/// that stand for directories are left out: blobs that say so (hdi_isfolder, ResourceType), the one
/// named like the prefix itself, and empty ones beside a BlobPrefix of their name.
/// Errors: kUnavailable if it is no such answer, or if its names repeat, are in disorder or do not
/// begin with the prefix.
Result<ListPage> ParseListPage(std::string_view xml, std::string_view prefix);

}  // namespace sluice::storage::azure
