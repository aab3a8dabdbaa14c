#include "sharing/service.h"

#include <algorithm>
#include <utility>

#include "audit/decision.h"
#include "base/encoding.h"
#include "crypto/hash.h"
#include "protocol/features.h"
#include "sharing/servable.h"
#include "sharing/time_travel.h"
#include "storage/location.h"

namespace sluice::sharing {
namespace {

// Names a link in records without being of use to whoever reads them.
std::string LinkIdOf(std::string_view query) {
  constexpr std::size_t kChars = 16;
  return Base64UrlEncode(crypto::AsText(crypto::Sha256(query))).substr(0, kChars);
}

}  // namespace

SharingService::SharingService(const Dependencies& dependencies, Options options)
    : dependencies_(dependencies),
      options_(std::move(options)),
      async_queries_(options_.async, dependencies_.clock,
                     [this](const AsyncQuery& query) { return Prepare(query); }) {
  if (dependencies_.journal != nullptr) {
    downloads_ = std::make_unique<DownloadLog>(*dependencies_.journal, dependencies_.clock,
                                               DownloadLog::Options{});
  }
}

void SharingService::SetLinkBase(LinkBase base) {
  const std::lock_guard lock(mutex_);
  link_base_ = std::move(base);
}

std::string SharingService::FileBaseUrl(std::string_view forwarded_origin, bool needs_token) const {
  const std::lock_guard lock(mutex_);
  if (needs_token && !link_base_.base_url_with_token.empty()) return link_base_.base_url_with_token;
  if (forwarded_origin.empty() || !link_base_.prefix_behind_proxy) return link_base_.base_url;
  return std::string(forwarded_origin) + *link_base_.prefix_behind_proxy;
}

Result<SharingService::GrantedTable> SharingService::Grant(const auth::Caller& caller,
                                                           const protocol::TableRef& ref) const {
  GrantedTable table{.view = dependencies_.catalog.Current()};
  const auto found = TRY(SeenBy(caller, *table.view).FindTable(ref));
  table.share = found.share;
  table.shared = found.table;
  const storage::Location location = TRY(storage::ParseLocation(table.shared->location, "/"));
  table.root = location.path;
  table.serving = table.shared->serving.Or(options_.serving);
  return table;
}

Result<audit::Quotas::Permit> SharingService::AdmitQuery(const auth::Caller& caller,
                                                         const GrantedTable& table) {
  TRY(CheckPurpose(caller, *table.share));
  if (dependencies_.quotas == nullptr) return audit::Quotas::Permit();
  return dependencies_.quotas->AdmitQuery(
      {.recipient_id = caller.recipient_id, .share_id = table.share->id()});
}

Result<LatestSnapshot> SharingService::LatestOf(const GrantedTable& table) {
  constexpr std::chrono::milliseconds kNone{0};
  LatestSnapshot latest = TRY(dependencies_.tables.Latest(
      table.shared->location, {.max_age = table.serving.freshness.value_or(kNone),
                               .serve_stale_for = table.serving.serve_stale_for.value_or(kNone)}));
  TRY(CheckServable(*latest.snapshot, RootsOf(table)));
  return latest;
}

Result<table::Version> SharingService::VersionFor(const GrantedTable& table,
                                                  const VersionChoice& choice) {
  if (choice.is_latest()) return dependencies_.tables.LatestVersion(table.shared->location);
  TRY(CheckHistoryShared(*table.shared));
  table::Version version = choice.version.value_or(table::Version());
  if (choice.timestamp) {
    const auto history = TRY(dependencies_.tables.OpenHistory(table.shared->location));
    version = TRY(VersionAt(*history, *choice.timestamp));
  }
  TRY(CheckStartVersion(*table.shared, version, "table data"));
  return version;
}

Result<LatestSnapshot> SharingService::SnapshotFor(const GrantedTable& table,
                                                   const VersionChoice& choice) {
  if (choice.is_latest()) return LatestOf(table);
  const table::Version version = TRY(VersionFor(table, choice));
  table::SnapshotPtr snapshot = TRY(dependencies_.tables.At(table.shared->location, version));
  TRY(CheckServable(*snapshot, RootsOf(table)));
  return LatestSnapshot{.snapshot = std::move(snapshot), .stale_for = {}};
}

Result<protocol::CommitStamp> SharingService::StampOf(const GrantedTable& table,
                                                      table::Version version) {
  const auto history = TRY(dependencies_.tables.OpenHistory(table.shared->location));
  return protocol::CommitStamp{.version = version, .time = TRY(history->TimeOf(version))};
}

Result<std::shared_ptr<const FileLinks>> SharingService::LinksFor(const GrantedTable& table,
                                                                  const Asker& asker) const {
  using config::Delivery;
  const auto delivery = table.serving.delivery.value_or(Delivery::kAuto);
  const storage::Store store = TRY(dependencies_.stores.Find(table.root));
  const bool chooses = delivery == Delivery::kAuto || delivery == Delivery::kDirectory;
  const bool needs_token = table.serving.downloads_need_token.value_or(false);
  if (!needs_token && (chooses ? store.signer != nullptr : delivery == Delivery::kUrl)) {
    std::shared_ptr<const FileLinks> links =
        TRY(LinksToStores(dependencies_.stores, table.root, options_.url_lifetime));
    return links;
  }
  const protocol::TableRef& ref = table.shared->ref;
  const std::string base_url = FileBaseUrl(asker.forwarded_origin, needs_token);
  std::shared_ptr<const FileLinks> links =
      LinksThroughServer(dependencies_.urls.Prepare({.base_url = base_url,
                                                     .recipient = asker.caller.recipient,
                                                     .share = ref.share.value(),
                                                     .schema = ref.schema.value(),
                                                     .table = ref.table.value()},
                                                    options_.url_lifetime));
  return links;
}

Result<LineContext> SharingService::ContextOf(const GrantedTable& table, const Asker& asker,
                                              protocol::ResponseFormat format) const {
  std::shared_ptr<const FileLinks> links = TRY(LinksFor(table, asker));
  const protocol::FileLineRenderer renderer(
      {.format = format,
       .id_hash = asker.id_hash.value_or(protocol::DefaultFileIdHash(format)),
       .urls_expire_at = links->expires_at()});
  return LineContext{.table_root = table.root, .links = std::move(links), .renderer = renderer};
}

std::optional<std::size_t> SharingService::PageSize(std::optional<std::int32_t> max_files) const {
  if (!max_files) return std::nullopt;
  return static_cast<std::size_t>(std::min<std::int64_t>(*max_files, options_.max_page_files));
}

Result<SharingService::TableVersion> SharingService::GetTableVersion(
    const auth::Caller& caller, const protocol::TableVersionRequest& request) {
  const GrantedTable table = TRY(Grant(caller, request.table));
  if (!request.starting_timestamp) {
    const LatestSnapshot latest = TRY(LatestOf(table));
    Describe(
        caller,
        {.share = *table.share, .table = *table.shared, .version = latest.snapshot->version()});
    return TableVersion{.version = latest.snapshot->version(), .stale_for = latest.stale_for};
  }
  TRY(CheckHistoryShared(*table.shared));
  const auto history = TRY(dependencies_.tables.OpenHistory(table.shared->location));
  const table::Version version = TRY(FirstVersionSince(*history, *request.starting_timestamp));
  TRY(CheckStartVersion(*table.shared, version, "table data"));
  Describe(caller, {.share = *table.share, .table = *table.shared, .version = version});
  return TableVersion{.version = version, .stale_for = {}};
}

Result<SharingService::TableHead> SharingService::GetTableMetadata(
    const auth::Caller& caller, const protocol::TableMetadataRequest& request) {
  const GrantedTable table = TRY(Grant(caller, request.table));
  const VersionChoice choice{.version = request.version, .timestamp = request.timestamp};
  const LatestSnapshot found = TRY(SnapshotFor(table, choice));
  const table::Snapshot& snapshot = *found.snapshot;
  const auto needs =
      protocol::NeedsOf(snapshot.protocol(), snapshot.metadata(), snapshot.HasDeletionVectors());
  const auto format = TRY(protocol::ChooseFormat(request.capabilities, needs));
  protocol::HeadOptions options{.format = format, .history_shared = table.shared->history_shared};
  if (!choice.is_latest()) options.metadata_version = snapshot.version();
  const auto directory = DirectoryOf(table);
  if (directory.ok()) options.location = directory->uri;
  Describe(caller, {.share = *table.share,
                    .table = *table.shared,
                    .version = snapshot.version(),
                    .schema = &snapshot.metadata().schema});
  return TableHead{.version = snapshot.version(),
                   .stale_for = found.stale_for,
                   .format = format,
                   .lines = protocol::RenderHeadLines(snapshot, options)};
}

Result<DirectoryAccess> SharingService::DirectoryOf(const GrantedTable& table) const {
  return FindDirectoryAccess(
      {.shared = *table.shared, .root = table.root, .serving = table.serving},
      dependencies_.stores);
}

Result<SharingService::TableCredentials> SharingService::VendCredentials(
    const auth::Caller& caller, const protocol::TemporaryCredentialsRequest& request) {
  const GrantedTable table = TRY(Grant(caller, request.table));
  TRY(CheckPurpose(caller, *table.share));
  const DirectoryAccess access = TRY(DirectoryOf(table));
  std::string directory = table.root;
  if (request.location) {
    directory = TRY(RequestedDirectory(*request.location, table.root, access));
  }
  TableCredentials given{.location = TRY(access.vendor->UriOf(directory)), .vended = {}};
  TRY(Admit(caller, {.share = *table.share, .table = *table.shared, .delivery = "dir"},
            dependencies_.quotas));
  given.vended = TRY(access.vendor->Vend(directory, options_.credential_lifetime));
  std::string expires_at;
  AppendUtc(given.vended.expires_at, expires_at);
  dependencies_.log.Info("credentials given", {{"recipient", caller.recipient},
                                               {"table", table.shared->ref.ToString()},
                                               {"location", given.location},
                                               {"expires_at", expires_at}});
  return given;
}

Result<SharingService::SharedFile> SharingService::OpenFile(const auth::Caller& caller,
                                                            std::string_view path,
                                                            std::string_view query) const {
  const storage::VerifiedFile verified = TRY(dependencies_.urls.Verify(path, query));
  const catalog::ViewPtr view = dependencies_.catalog.Current();
  const protocol::TableRef ref{.share = protocol::ShareName(verified.share),
                               .schema = protocol::SchemaName(verified.schema),
                               .table = protocol::TableName(verified.table)};
  const auto found = view->SeenBy(verified.recipient, dependencies_.clock.Now()).FindTable(ref);
  if (!found.ok()) {
    return WithDetail(PermissionDenied("the table is no longer shared"), found.error().message);
  }
  const catalog::SharedTable& shared = *found->table;
  const bool needs_token = shared.serving.Or(options_.serving).downloads_need_token.value_or(false);
  const catalog::RecipientPtr recipient = view->FindRecipient(verified.recipient);
  if (recipient != nullptr && !auth::MayCallFrom(*recipient, caller.peer)) {
    return WithDetail(PermissionDenied("requests from this address are not allowed"),
                      Format("the link is for {}", verified.recipient));
  }
  if (needs_token && caller.recipient != verified.recipient) {
    return WithDetail(Unauthenticated("this download needs the recipient's bearer token too"),
                      Format("the link is for {}", verified.recipient));
  }
  const storage::Location location = TRY(storage::ParseLocation(shared.location, "/"));
  DataFile file = TRY(OpenDataFile(location.path, verified.data_path));
  std::shared_ptr<DownloadLog::Link> link;
  if (downloads_ != nullptr && caller.decision != nullptr) {
    audit::Record& record = caller.decision->record();
    record.recipient = verified.recipient;
    record.share = shared.ref.share.value();
    record.object = shared.ref.ToString();
    record.table_id = shared.id;
    record.delivery = "proxy";
    record.link_id = LinkIdOf(query);
    link = downloads_->Find(record.link_id);
    TRY(link->Record(*caller.decision));
  }
  return SharedFile{.recipient = verified.recipient,
                    .table = shared.ref,
                    .file = std::move(file),
                    .link = std::move(link)};
}

Result<DataFile> SharingService::OpenDataFile(const std::string& root,
                                              const storage::DataPath& path) const {
  if (root.starts_with('/')) {
    return DataFile(TRY(storage::OpenLocalFile(
        {.table_root = root, .allowed_roots = options_.allowed_roots}, path)));
  }
  const TableRoots roots{.root = root, .allowed_roots = options_.allowed_roots};
  RemoteFile file{.path = storage::FullPath(root, path)};
  if (path.is_absolute && !IsAllowed(path.path, roots)) {
    return WithDetail(PermissionDenied("the file lies outside the table"), file.path);
  }
  file.store = TRY(dependencies_.stores.Find(file.path)).objects;
  file.info = TRY(file.store->Stat(file.path));
  return DataFile(std::move(file));
}

}  // namespace sluice::sharing
