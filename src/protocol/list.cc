#include "protocol/list.h"

#include <cstdint>
#include <utility>

#include "base/json.h"
#include "protocol/object_writer_internal.h"
#include "protocol/parameters_internal.h"

namespace sluice::protocol {
namespace {

Result<int> ParseMaxResults(std::string_view text) {
  const std::int64_t number = TRY(ParseInteger(text, ErrorCode::kInvalidArgument));
  const std::int32_t results = TRY(ToInt32(number, ErrorCode::kInvalidArgument));
  if (results < 0 || results > kMaxListResults) {
    return InvalidArgument("Acceptable values of 'maxResults' are 0 to {}, inclusive",
                           kMaxListResults);
  }
  return results;
}

// Leaves the member out if there is no text.
void TextIfAny(std::string_view key, std::string_view text, ObjectWriter& object) {
  if (!text.empty()) object.Text(key, text);
}

void AppendShare(const ShareItem& share, std::string& out) {
  ObjectWriter object(out);
  TextIfAny("name", share.name, object);
  TextIfAny("id", share.id, object);
  TextIfAny("displayName", share.display_name, object);
  TextIfAny("comment", share.comment, object);
  if (share.properties == nullptr || share.properties->empty()) return;
  object.Map("properties", *share.properties);
}

std::vector<std::string> ModeNames(const AccessModes& modes) {
  std::vector<std::string> names;
  if (modes.url) names.emplace_back("url");
  if (modes.dir) names.emplace_back("dir");
  return names;
}

void AppendTable(const TableItem& table, std::string& out) {
  ObjectWriter object(out);
  TextIfAny("name", table.name, object);
  TextIfAny("schema", table.schema, object);
  TextIfAny("share", table.share, object);
  TextIfAny("shareId", table.share_id, object);
  TextIfAny("id", table.id, object);
  TextIfAny("format", table.format, object);
  TextIfAny("location", table.location, object);
  if (table.auxiliary_locations != nullptr && !table.auxiliary_locations->empty()) {
    object.Texts("auxiliaryLocations", *table.auxiliary_locations);
  }
  // Without the member, a client takes the table for one that is read by URLs.
  if (table.access_modes.url || table.access_modes.dir) {
    object.Texts("accessModes", ModeNames(table.access_modes));
  }
}

}  // namespace

Result<ListRequest> ParseListRequest(const http::Request& request) {
  ListRequest list;
  if (const std::string* const max_results = request.FindQuery("maxResults")) {
    list.max_results = TRY(ParseMaxResults(*max_results));
  }
  // The protocol lets a server end a list with an empty token, so a client may send it back.
  const std::string* const token = request.FindQuery("pageToken");
  if (token == nullptr || token->empty()) return list;
  if (token->size() > kMaxPageTokenBytes) return InvalidListPageToken();
  list.page_token = *token;
  return list;
}

Error InvalidListPageToken() { return InvalidArgument("invalid 'nextPageToken'"); }

void ListEncoder::BeginItem() {
  if (!std::exchange(first_, false)) text_.push_back(',');
}

void ListEncoder::Add(const ShareItem& share) {
  BeginItem();
  AppendShare(share, text_);
}

void ListEncoder::Add(const SchemaItem& schema) {
  BeginItem();
  ObjectWriter object(text_);
  TextIfAny("name", schema.name, object);
  TextIfAny("share", schema.share, object);
}

void ListEncoder::Add(const TableItem& table) {
  BeginItem();
  AppendTable(table, text_);
}

std::string ListEncoder::Finish(const std::optional<std::string>& next_page_token) && {
  text_.push_back(']');
  if (next_page_token && !next_page_token->empty()) {
    text_ += ",\"nextPageToken\":";
    AppendJsonString(*next_page_token, text_);
  }
  text_ += "}\n";
  return std::move(text_);
}

std::string EncodeShare(const ShareItem& share) {
  std::string out = "{\"share\":";
  AppendShare(share, out);
  out += "}\n";
  return out;
}

std::string EncodeTable(const TableItem& table) {
  std::string out;
  AppendTable(table, out);
  out.push_back('\n');
  return out;
}

}  // namespace sluice::protocol
