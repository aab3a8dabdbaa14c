#include "sharing/service.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/encoding.h"
#include "expr/predicate.h"
#include "sharing/servable.h"
#include "storage/location.h"

namespace sluice::sharing {
namespace {

constexpr std::string_view kListPurpose = "list";

catalog::RecipientName RecipientOf(const auth::Caller& caller) {
  return catalog::RecipientName(caller.recipient);
}

// What hints say, as far as they are understood: the rest filters nothing.
std::vector<expr::Predicate> ParseHints(const protocol::QueryBody& query,
                                        const expr::Schema& schema) {
  std::vector<expr::Predicate> predicates;
  if (!query.predicate_hints.empty()) {
    predicates.push_back(expr::ParseSqlHints(query.predicate_hints, schema));
  }
  if (query.json_predicate_hints) {
    auto predicate = expr::ParseJsonHint(*query.json_predicate_hints, schema);
    if (predicate.ok()) predicates.push_back(std::move(predicate).value());
  }
  return predicates;
}

protocol::TableItem ItemOf(const catalog::SharedTable& table) {
  return {.name = table.ref.table.value(),
          .schema = table.ref.schema.value(),
          .share = table.ref.share.value(),
          .share_id = table.share_id,
          .id = table.id};
}

}  // namespace

SharingService::SharingService(const Dependencies& dependencies, Options options)
    : dependencies_(dependencies), options_(std::move(options)) {}

void SharingService::SetFileLinks(FileLinks links) {
  const std::lock_guard lock(mutex_);
  file_links_ = std::move(links);
}

std::string SharingService::FileBaseUrl(std::string_view forwarded_origin) const {
  const std::lock_guard lock(mutex_);
  if (forwarded_origin.empty() || !file_links_.prefix_behind_proxy) return file_links_.base_url;
  return std::string(forwarded_origin) + *file_links_.prefix_behind_proxy;
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
  const std::vector<const catalog::Share*> shares = view->SharesOf(RecipientOf(caller));
  return EncodeList(
      caller, "shares", shares.size(), request, [&](protocol::ListEncoder& encoder, std::size_t i) {
        encoder.Add(protocol::ShareItem{.name = shares[i]->name.value(), .id = shares[i]->id});
      });
}

Result<std::string> SharingService::GetShare(const auth::Caller& caller,
                                             const protocol::ShareName& name) const {
  const catalog::ViewPtr view = dependencies_.catalog.Current();
  const catalog::Share* const share = TRY(view->FindShare(RecipientOf(caller), name));
  return protocol::EncodeShare({.name = share->name.value(), .id = share->id});
}

Result<std::string> SharingService::ListSchemas(const auth::Caller& caller,
                                                const protocol::ShareName& name,
                                                const protocol::ListRequest& request) const {
  const catalog::ViewPtr view = dependencies_.catalog.Current();
  const catalog::Share* const share = TRY(view->FindShare(RecipientOf(caller), name));
  return EncodeList(caller, "schemas/" + share->name.value(), share->schemas.size(), request,
                    [&](protocol::ListEncoder& encoder, std::size_t i) {
                      encoder.Add(protocol::SchemaItem{.name = share->schemas[i].name.value(),
                                                       .share = share->name.value()});
                    });
}

Result<std::string> SharingService::ListTables(const auth::Caller& caller,
                                               const protocol::ShareName& share,
                                               const protocol::SchemaName& schema,
                                               const protocol::ListRequest& request) const {
  const catalog::ViewPtr view = dependencies_.catalog.Current();
  const auto found = TRY(view->FindSchema(RecipientOf(caller), share, schema));
  const std::span<const catalog::SharedTable> tables = found.share->TablesOf(*found.schema);
  const std::string list = "tables/" + found.share->name.value() + "/" + found.schema->name.value();
  return EncodeList(
      caller, list, tables.size(), request,
      [&](protocol::ListEncoder& encoder, std::size_t i) { encoder.Add(ItemOf(tables[i])); });
}

Result<std::string> SharingService::ListAllTables(const auth::Caller& caller,
                                                  const protocol::ShareName& name,
                                                  const protocol::ListRequest& request) const {
  const catalog::ViewPtr view = dependencies_.catalog.Current();
  const catalog::Share* const share = TRY(view->FindShare(RecipientOf(caller), name));
  return EncodeList(caller, "all-tables/" + share->name.value(), share->tables.size(), request,
                    [&](protocol::ListEncoder& encoder, std::size_t i) {
                      encoder.Add(ItemOf(share->tables[i]));
                    });
}

Result<SharingService::OpenTable> SharingService::Open(const auth::Caller& caller,
                                                       const protocol::TableRef& ref) {
  OpenTable open{.view = dependencies_.catalog.Current()};
  open.shared = TRY(open.view->FindTable(RecipientOf(caller), ref));
  const storage::Location location = TRY(storage::ParseLocation(open.shared->location, "/"));
  open.root = location.path;
  open.snapshot = TRY(dependencies_.tables.Latest(open.shared->location));
  TRY(CheckServable(*open.snapshot, {.root = open.root, .allowed_roots = options_.allowed_roots}));
  return open;
}

Result<table::Version> SharingService::GetTableVersion(
    const auth::Caller& caller, const protocol::TableVersionRequest& request) {
  const OpenTable open = TRY(Open(caller, request.table));
  return open.snapshot->version();
}

Result<SharingService::TableHead> SharingService::GetTableMetadata(
    const auth::Caller& caller, const protocol::TableMetadataRequest& request) {
  const OpenTable open = TRY(Open(caller, request.table));
  const auto format = TRY(protocol::ChooseFormat(request.capabilities, /*needs_delta=*/false));
  return TableHead{
      .version = open.snapshot->version(),
      .format = format,
      .lines = protocol::RenderHeadLines(*open.snapshot, format, open.shared->history_shared)};
}

Result<TableFiles> SharingService::QueryTable(const auth::Caller& caller,
                                              const protocol::QueryTableRequest& request,
                                              std::string_view forwarded_origin) {
  const OpenTable open = TRY(Open(caller, request.table));
  const auto format = TRY(protocol::ChooseFormat(request.capabilities, /*needs_delta=*/false));
  const auto predicates = ParseHints(request.body, open.snapshot->metadata().schema);
  const protocol::TableRef& ref = open.shared->ref;
  const std::string base_url = FileBaseUrl(forwarded_origin);
  const bool wants_end = request.capabilities.include_end_stream_action ||
                         request.body.include_refresh_token || request.body.max_files.has_value();
  return TableFiles{
      .selection = open.snapshot->Select(predicates, request.body.limit_hint),
      .format = format,
      .id_hash = request.file_id_hash.value_or(protocol::DefaultFileIdHash(format)),
      .head_lines = protocol::RenderHeadLines(*open.snapshot, format, open.shared->history_shared),
      .table_root = open.root,
      .urls = dependencies_.urls.Prepare({.base_url = base_url,
                                          .recipient = caller.recipient,
                                          .share = ref.share.value(),
                                          .schema = ref.schema.value(),
                                          .table = ref.table.value()},
                                         options_.url_lifetime),
      .with_end_stream_action = wants_end};
}

Result<SharingService::SharedFile> SharingService::OpenFile(std::string_view path,
                                                            std::string_view query) const {
  const storage::VerifiedFile verified = TRY(dependencies_.urls.Verify(path, query));
  const catalog::ViewPtr view = dependencies_.catalog.Current();
  const protocol::TableRef ref{.share = protocol::ShareName(verified.share),
                               .schema = protocol::SchemaName(verified.schema),
                               .table = protocol::TableName(verified.table)};
  const auto shared = view->FindTable(catalog::RecipientName(verified.recipient), ref);
  if (!shared.ok()) {
    return WithDetail(PermissionDenied("the table is no longer shared"), shared.error().message);
  }
  const storage::Location location = TRY(storage::ParseLocation((*shared)->location, "/"));
  storage::LocalFile file = TRY(storage::OpenLocalFile(
      {.table_root = location.path, .allowed_roots = options_.allowed_roots}, verified.data_path));
  return SharedFile{
      .recipient = verified.recipient, .table = (*shared)->ref, .file = std::move(file)};
}

}  // namespace sluice::sharing
