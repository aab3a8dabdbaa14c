#include <algorithm>
#include <charconv>

#include "base/encoding.h"
#include "sharing/service.h"
#include "storage/location.h"

namespace sluice::sharing {
namespace {

constexpr std::string_view kListPurpose = "list";

protocol::ShareItem ItemOf(const catalog::Share& share) {
  return {.name = share.name().value(),
          .id = share.id(),
          .display_name = share.description().display_name,
          .comment = share.description().comment,
          .properties = &share.description().properties};
}

}  // namespace

protocol::TableItem SharingService::TableItemOf(const catalog::SharedTable& table,
                                                std::string& location) const {
  protocol::TableItem item{.name = table.ref.table.value(),
                           .schema = table.ref.schema.value(),
                           .share = table.ref.share.value(),
                           .share_id = table.share_id,
                           .id = table.id};
  const config::ServingTerms serving = table.serving.Or(options_.serving);
  if (serving.delivery != config::Delivery::kDirectory) return item;
  const auto place = storage::ParseLocation(table.location, "/");
  if (!place.ok()) return item;
  auto directory = FindDirectoryAccess({.shared = table, .root = place->path, .serving = serving},
                                       dependencies_.stores);
  if (!directory.ok()) return item;
  location = std::move(directory->uri);
  item.location = location;
  item.access_modes = {.url = true, .dir = true};
  return item;
}

template <typename Add>
Result<std::string> SharingService::EncodeList(const auth::Caller& caller, const std::string& list,
                                               std::size_t size,
                                               const protocol::ListRequest& request,
                                               Add&& add) const {
  const std::string context = crypto::JoinParts({caller.recipient, AsciiLower(list)});
  const crypto::TokenBinding binding{.purpose = kListPurpose, .context = context};
  std::size_t start = 0;
  if (request.page_token) {
    const auto payload = dependencies_.tokens.Open(binding, *request.page_token);
    if (!payload.ok()) return WithDetail(protocol::InvalidListPageToken(), payload.error().message);
    std::from_chars(payload->data(), payload->data() + payload->size(), start);
  }
  start = std::min(start, size);  // the list may have become shorter
  const std::size_t end = std::min(size, start + static_cast<std::size_t>(request.max_results));
  protocol::ListEncoder encoder;
  for (std::size_t i = start; i < end; ++i) add(encoder, i);
  std::optional<std::string> next;
  if (end < size) {
    next =
        TRY(dependencies_.tokens.Seal(binding, std::to_string(end), options_.page_token_lifetime));
  }
  return std::move(encoder).Finish(next);
}

Result<std::string> SharingService::ListShares(const auth::Caller& caller,
                                               const protocol::ListRequest& request) const {
  const catalog::ViewPtr view = dependencies_.catalog.Current();
  const std::vector<const catalog::Share*> shares = SeenBy(caller, *view).Shares();
  return EncodeList(
      caller, "shares", shares.size(), request,
      [&](protocol::ListEncoder& encoder, std::size_t i) { encoder.Add(ItemOf(*shares[i])); });
}

Result<std::string> SharingService::GetShare(const auth::Caller& caller,
                                             const protocol::ShareName& name) const {
  const catalog::ViewPtr view = dependencies_.catalog.Current();
  const catalog::Share* const share = TRY(SeenBy(caller, *view).FindShare(name));
  return protocol::EncodeShare(ItemOf(*share));
}

Result<std::string> SharingService::ListSchemas(const auth::Caller& caller,
                                                const protocol::ShareName& name,
                                                const protocol::ListRequest& request) const {
  const catalog::ViewPtr view = dependencies_.catalog.Current();
  const catalog::Share* const share = TRY(SeenBy(caller, *view).FindShare(name));
  return EncodeList(caller, "schemas/" + share->name().value(), share->schemas().size(), request,
                    [&](protocol::ListEncoder& encoder, std::size_t i) {
                      encoder.Add(protocol::SchemaItem{.name = share->schemas()[i].name.value(),
                                                       .share = share->name().value()});
                    });
}

Result<std::string> SharingService::ListTables(const auth::Caller& caller,
                                               const protocol::ShareName& share,
                                               const protocol::SchemaName& schema,
                                               const protocol::ListRequest& request) const {
  const catalog::ViewPtr view = dependencies_.catalog.Current();
  const auto found = TRY(SeenBy(caller, *view).FindSchema(share, schema));
  const std::span<const catalog::SharedTable> tables = found.share->TablesOf(*found.schema);
  const std::string list =
      "tables/" + found.share->name().value() + "/" + found.schema->name.value();
  return EncodeList(caller, list, tables.size(), request,
                    [&](protocol::ListEncoder& encoder, std::size_t i) {
                      std::string location;
                      encoder.Add(TableItemOf(tables[i], location));
                    });
}

Result<std::string> SharingService::ListAllTables(const auth::Caller& caller,
                                                  const protocol::ShareName& name,
                                                  const protocol::ListRequest& request) const {
  const catalog::ViewPtr view = dependencies_.catalog.Current();
  const catalog::Share* const share = TRY(SeenBy(caller, *view).FindShare(name));
  return EncodeList(caller, "all-tables/" + share->name().value(), share->tables().size(), request,
                    [&](protocol::ListEncoder& encoder, std::size_t i) {
                      std::string location;
                      encoder.Add(TableItemOf(share->tables()[i], location));
                    });
}

Result<std::string> SharingService::GetTable(const auth::Caller& caller,
                                             const protocol::TableRef& ref) const {
  const GrantedTable table = TRY(Grant(caller, ref));
  std::string location;
  protocol::TableItem item = TableItemOf(*table.shared, location);
  item.format = "delta";
  item.access_modes.url = true;
  return protocol::EncodeTable(item);
}

}  // namespace sluice::sharing
