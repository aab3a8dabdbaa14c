#include "protocol/list.h"

#include <charconv>
#include <cstdint>
#include <system_error>
#include <utility>

#include "base/json.h"
#include "protocol/object_writer_internal.h"

namespace sluice::protocol {
namespace {

constexpr std::size_t kMaxEchoedBytes = 64;  // of a value repeated in an error

Result<int> ParseMaxResults(std::string_view text) {
  std::int32_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure == std::errc::invalid_argument || end != text.data() + text.size()) {
    return InvalidArgument(
        "Not a numeric value: {}: expected a number but the string didn't have the appropriate "
        "format",
        text.substr(0, kMaxEchoedBytes));
  }
  if (failure != std::errc()) {
    return InvalidArgument("Not an int32 value: {}", text.substr(0, kMaxEchoedBytes));
  }
  if (number < 0 || number > kMaxListResults) {
    return InvalidArgument("Acceptable values of 'maxResults' are 0 to {}, inclusive",
                           kMaxListResults);
  }
  return number;
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
  ObjectWriter object(text_);
  TextIfAny("name", table.name, object);
  TextIfAny("schema", table.schema, object);
  TextIfAny("share", table.share, object);
  TextIfAny("shareId", table.share_id, object);
  TextIfAny("id", table.id, object);
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

}  // namespace sluice::protocol
