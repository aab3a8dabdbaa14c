#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "http/message.h"

namespace sluice::protocol {

inline constexpr int kMaxListResults = 500;
inline constexpr std::size_t kMaxPageTokenBytes = 4096;

/// Query parameters of every list.
struct ListRequest {
  int max_results = kMaxListResults;  ///< 0 to kMaxListResults.
  std::optional<std::string> page_token;
};

/// Errors: kInvalidArgument in the reference server's words for a maxResults that is no number or
/// out of range. An empty pageToken counts as none.
Result<ListRequest> ParseListRequest(const http::Request& request);

/// "invalid 'nextPageToken'", for a token that is not one of ours.
Error InvalidListPageToken();

// What lists and Get Share answer; empty texts are left out. Views live during the call they are
// passed to. Source: Delta Sharing PROTOCOL.md, "REST APIs";
// OpenSharing TABLES.md.
struct ShareItem {
  std::string_view name;
  std::string_view id;
  std::string_view display_name;
  std::string_view comment;
  const std::vector<std::pair<std::string, std::string>>* properties = nullptr;
};
struct SchemaItem {
  std::string_view name;
  std::string_view share;
};
/// How a table's files can be had: by signed URLs, by credentials for its directory.
struct AccessModes {
  bool url = false;
  bool dir = false;
};
struct TableItem {
  std::string_view name;
  std::string_view schema;
  std::string_view share;
  std::string_view share_id;
  std::string_view id;
  std::string_view format = {};    ///< "delta"; of Get Table only.
  std::string_view location = {};  ///< The table's root; must be there where `access_modes.dir` is.
  const std::vector<std::string>* auxiliary_locations = nullptr;
  AccessModes access_modes = {};  ///< Neither: not said, which clients take for url.
};

/// Renders a list on one line: the Python client parses the first line only.
class ListEncoder {
 public:
  void Add(const ShareItem& share);
  void Add(const SchemaItem& schema);
  void Add(const TableItem& table);
  /// Ends the list. Without a token it is the last page, and the member is not sent: some clients
  /// loop on an empty one.
  std::string Finish(const std::optional<std::string>& next_page_token) &&;

 private:
  void BeginItem();

  std::string text_ = "{\"items\":[";
  bool first_ = true;
};

/// {"share":{...}}
std::string EncodeShare(const ShareItem& share);

/// {"name":...}, with nothing around it. Source: OpenSharing TABLES.md, "Get Table".
std::string EncodeTable(const TableItem& table);

}  // namespace sluice::protocol
