#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "http/message.h"

namespace sluice::protocol {

/// Query parameters of every list.
struct ListRequest {
  int max_results = 500;  ///< 0 to 500.
  std::optional<std::string> page_token;
};

/// Errors: kInvalidArgument in the reference server's words for a maxResults that is no number or
/// out of range. An empty pageToken counts as none.
Result<ListRequest> ParseListRequest(const http::Request& request);

// What lists and Get Share answer. Source: Delta Sharing PROTOCOL.md, "REST APIs".
struct ShareItem {
  std::string name;
  std::string id;
  std::optional<std::string> display_name;
  std::optional<std::string> comment;
  std::vector<std::pair<std::string, std::string>> properties;
};
struct SchemaItem {
  std::string name;
  std::string share;
};
struct TableItem {
  std::string name;
  std::string schema;
  std::string share;
  std::string share_id;
  std::string id;
};

/// One page. `next_page_token` is empty at the end, and then not sent: some clients loop on an
/// empty one.
template <typename Item>
struct Page {
  std::vector<Item> items;
  std::string next_page_token;
};

// Each on one line: the Python client parses the first line only.
http::Response EncodePage(const Page<ShareItem>& page);
http::Response EncodePage(const Page<SchemaItem>& page);
http::Response EncodePage(const Page<TableItem>& page);
/// {"share":{...}}
http::Response EncodeShare(const ShareItem& share);

}  // namespace sluice::protocol
