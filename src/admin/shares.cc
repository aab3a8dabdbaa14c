// Shares and what is in them.

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "admin/access_internal.h"
#include "admin/service.h"
#include "base/encoding.h"
#include "crypto/uuid.h"
#include "storage/location.h"

namespace sluice::admin {
namespace {

using catalog::Entry;
using catalog::ManagedShare;
using catalog::Role;
using catalog::Transaction;

std::string NewId() { return crypto::FormatUuid(crypto::Uuid4()); }

template <typename T>
void Set(T& field, const std::optional<T>& value) {
  if (value) field = *value;
}

// What the protocol allows of a share's description.
constexpr std::size_t kMaxDisplayNameBytes = 255;
constexpr std::size_t kMaxProperties = 50;
constexpr std::size_t kMaxPropertyBytes = 1'000;

Result<void> CheckProperties(const std::map<std::string, std::string>& properties) {
  const bool fits = properties.size() <= kMaxProperties &&
                    std::ranges::none_of(properties, [](const auto& property) {
                      return property.second.size() > kMaxPropertyBytes;
                    });
  if (fits) return {};
  return InvalidArgument("a share has at most {} properties of at most {} bytes", kMaxProperties,
                         kMaxPropertyBytes);
}

Result<void> Apply(const ShareRequest& request, ManagedShare& share) {
  if (request.name) {
    TRY(protocol::CheckShareName(*request.name));
    share.name = *request.name;
  }
  Set(share.description.display_name, request.display_name);
  Set(share.description.comment, request.comment);
  if (request.display_name && request.display_name->size() > kMaxDisplayNameBytes) {
    return InvalidArgument("displayName has at most {} bytes", kMaxDisplayNameBytes);
  }
  if (request.properties) {
    TRY(CheckProperties(*request.properties));
    share.description.properties.assign(request.properties->begin(), request.properties->end());
  }
  Set(share.owner, request.owner);
  Set(share.purpose_required, request.purpose_required);
  Set(share.region, request.region);
  Set(share.tags, request.tags);
  if (request.schemas) {
    for (const std::string& schema : *request.schemas) TRY(protocol::CheckSchemaName(schema));
    share.schemas = *request.schemas;
  }
  share.serving = request.serving.Or(share.serving);
  return {};
}

Result<void> Apply(const EntryRequest& request, Entry& entry) {
  Set(entry.schema, request.schema);
  Set(entry.table, request.table);
  Set(entry.location, request.location);
  Set(entry.comment, request.comment);
  Set(entry.history_shared, request.history_shared);
  Set(entry.start_version, request.start_version);
  Set(entry.aliases, request.aliases);
  Set(entry.tags, request.tags);
  entry.serving = request.serving.Or(entry.serving);
  entry.kind = entry.table.empty() ? Entry::Kind::kFolder : Entry::Kind::kTable;
  if (entry.location.empty()) return InvalidArgument("a location is missing");
  if (entry.start_version < 0) return InvalidArgument("startVersion must not be negative");
  if (entry.kind == Entry::Kind::kTable) {
    TRY(protocol::CheckSchemaName(entry.schema));
    return protocol::CheckTableName(entry.table);
  }
  return entry.schema.empty() ? Result<void>() : protocol::CheckSchemaName(entry.schema);
}

/// The place that a path of this machine leads to, links followed; another one's as it is.
std::string RealPath(const std::string& path) {
  if (!path.starts_with('/')) return path;
  std::error_code fault;
  const std::filesystem::path real = std::filesystem::weakly_canonical(path, fault);
  return fault ? path : real.string();
}

/// Whether `path` is `root` or lies below it.
bool IsBelow(const std::string& path, const std::string& root) {
  return path.starts_with(root) &&
         (path.size() == root.size() || root.ends_with('/') || path[root.size()] == '/');
}

}  // namespace

AdminService::Changed AdminService::ShareChange(const ManagedShare& share, json::value before,
                                                json::value after) {
  return {.object = "share " + share.name,
          .share = share.name,
          .before = std::move(before),
          .after = std::move(after)};
}

AdminService::Changed AdminService::EntryChange(const ManagedShare& share, const Entry& entry,
                                                json::value before, json::value after) {
  const std::string object = entry.kind == Entry::Kind::kFolder
                                 ? Format("folder {} of share {}", entry.location, share.name)
                                 : Format("table {}.{}.{}", share.name, entry.schema, entry.table);
  return {.object = object,
          .share = share.name,
          .before = std::move(before),
          .after = std::move(after)};
}

Result<std::vector<AdminService::ListedShare>> AdminService::ListShares(
    const auth::Caller& caller) {
  std::vector<ListedShare> listed;
  const catalog::ViewPtr view = dependencies_.catalog.Current();
  const bool sees_all = caller.role != Role::kShareOwner;
  for (std::size_t i = 0; sees_all && i < view->file_share_count(); ++i) {
    const catalog::Share& share = *view->shares()[i];
    listed.push_back({.share = {.id = share.id(),
                                .name = share.name().value(),
                                .description = share.description()},
                      .is_from_file = true,
                      .table_count = share.tables().size()});
  }
  catalog::Changes all = TRY(dependencies_.store.ChangesSince(0));
  std::ranges::sort(all.shares, {},
                    [](const ManagedShare& share) { return AsciiLower(share.name); });
  for (ManagedShare& share : all.shares) {
    if (!sees_all && share.owner != caller.recipient) continue;
    const auto shown = view->FindShareById(share.id);
    share.entries.clear();
    listed.push_back(
        {.share = std::move(share), .table_count = shown == nullptr ? 0 : shown->tables().size()});
  }
  return listed;
}

Result<ManagedShare> AdminService::GetShare(const auth::Caller& caller, std::string_view name) {
  std::optional<ManagedShare> found;
  const auto read = [&](Transaction& transaction) -> Result<void> {
    found = TRY(transaction.FindShare(name));
    if (found) found->entries = TRY(transaction.ListEntries(found->id));
    return {};
  };
  TRY(dependencies_.store.Read(read));
  const bool is_hidden =
      found && caller.role == Role::kShareOwner && found->owner != caller.recipient;
  if (found && !is_hidden) return std::move(*found);
  return NotFound("share '{}' does not exist", name);
}

Result<ManagedShare> AdminService::CreateShare(const auth::Caller& caller,
                                               const ShareRequest& request) {
  TRY(RequireRole(caller, Role::kShareOwner));
  if (!request.name) return InvalidArgument("a name is missing");
  const bool gives_away = request.owner && *request.owner != caller.recipient;
  if (gives_away) TRY(RequireRole(caller, Role::kAdmin));
  const SystemTime now = dependencies_.clock.Now();
  ManagedShare share{
      .id = NewId(), .owner = caller.recipient, .created_at = now, .updated_at = now};
  TRY(Apply(request, share));
  const catalog::ViewPtr view = dependencies_.catalog.Current();
  const auto known = view->FindShare(protocol::ShareName(share.name));
  if (known != nullptr) return AlreadyExists("share '{}' exists already", share.name);
  const Body change = [&](Transaction& transaction) -> Result<Changed> {
    TRY(transaction.PutShare(share));
    return ShareChange(share, {}, ToJson(share));
  };
  TRY(Change(caller, change));
  return share;
}

Result<ManagedShare> AdminService::UpdateShare(const auth::Caller& caller, std::string_view name,
                                               const ShareRequest& request) {
  if (request.owner) TRY(RequireRole(caller, Role::kAdmin));
  const catalog::ViewPtr view = dependencies_.catalog.Current();
  ManagedShare share;
  const Body change = [&](Transaction& transaction) -> Result<Changed> {
    share = TRY(FindOwnShare(transaction, caller, name));
    json::object before = ToJson(share);
    TRY(Apply(request, share));
    const auto known = view->FindShare(protocol::ShareName(share.name));
    if (known != nullptr && known->id() != share.id) {
      return AlreadyExists("share '{}' exists already", share.name);
    }
    share.updated_at = dependencies_.clock.Now();
    TRY(transaction.PutShare(share));
    return ShareChange(share, std::move(before), ToJson(share));
  };
  TRY(Change(caller, change));
  return share;
}

Result<void> AdminService::DropShare(const auth::Caller& caller, std::string_view name) {
  return Change(caller, [&](Transaction& transaction) -> Result<Changed> {
    ManagedShare share = TRY(FindOwnShare(transaction, caller, name));
    share.entries = TRY(transaction.ListEntries(share.id));
    TRY(transaction.DeleteShare(share.id));
    return ShareChange(share, ToJson(share), {});
  });
}

// Only an admin shares what lies anywhere; a share owner stays below the roots granted to them.
Result<void> AdminService::CheckLocation(const auth::Caller& caller, const EntryRequest& request,
                                         bool is_folder) {
  TRY(RequireRole(caller, Role::kShareOwner));
  if (!request.location) return {};
  const storage::Location location = TRY(storage::ParseLocation(*request.location, "/"));
  if (caller.role != Role::kAdmin) {
    const catalog::ViewPtr view = dependencies_.catalog.Current();
    const auto allows = [&](const catalog::LocationRoot& root) {
      const auto place = storage::ParseLocation(root.location, "/");
      return place.ok() && IsBelow(RealPath(location.path), RealPath(place->path)) &&
             std::ranges::find(root.principals, caller.recipient) != root.principals.end();
    };
    if (std::ranges::none_of(view->settings().roots, allows)) {
      return PermissionDenied("{} lies below no root that was granted to you", *request.location);
    }
  }
  if (request.unchecked) return {};
  return is_folder ? dependencies_.check_folder(*request.location)
                   : dependencies_.check_table(*request.location);
}

Result<std::vector<Entry>> AdminService::AddEntries(const auth::Caller& caller,
                                                    std::string_view share_name,
                                                    const std::vector<EntryRequest>& requests) {
  std::vector<Entry> entries;
  for (const EntryRequest& request : requests) {
    TRY(CheckLocation(caller, request, !request.table || request.table->empty()));
    Entry entry{.id = NewId()};
    TRY(Apply(request, entry));
    entries.push_back(std::move(entry));
  }
  const BodyOfSeveral change = [&](Transaction& transaction) -> Result<std::vector<Changed>> {
    const ManagedShare share = TRY(FindOwnShare(transaction, caller, share_name));
    std::vector<Changed> changes;
    for (const Entry& entry : entries) {
      TRY(transaction.PutEntry(share.id, entry));
      changes.push_back(EntryChange(share, entry, {}, ToJson(entry)));
    }
    return changes;
  };
  TRY(ChangeSeveral(caller, change));
  return entries;
}

Result<Entry> AdminService::AddEntry(const auth::Caller& caller, std::string_view share,
                                     const EntryRequest& request) {
  std::vector<Entry> added = TRY(AddEntries(caller, share, {request}));
  return std::move(added.front());
}

Result<Entry> AdminService::UpdateEntry(const auth::Caller& caller, const EntryName& name,
                                        const EntryRequest& request) {
  TRY(CheckLocation(caller, request, name.table.empty()));
  Entry entry;
  const Body change = [&](Transaction& transaction) -> Result<Changed> {
    const ManagedShare share = TRY(FindOwnShare(transaction, caller, name.share));
    entry = TRY(FindEntry(transaction, share, name));
    json::object before = ToJson(entry);
    TRY(Apply(request, entry));
    TRY(transaction.PutEntry(share.id, entry));
    return EntryChange(share, entry, std::move(before), ToJson(entry));
  };
  TRY(Change(caller, change));
  return entry;
}

Result<void> AdminService::RemoveEntry(const auth::Caller& caller, const EntryName& name) {
  return Change(caller, [&](Transaction& transaction) -> Result<Changed> {
    const ManagedShare share = TRY(FindOwnShare(transaction, caller, name.share));
    const Entry entry = TRY(FindEntry(transaction, share, name));
    TRY(transaction.DeleteEntry(share.id, entry.id));
    return EntryChange(share, entry, ToJson(entry), {});
  });
}

Result<void> AdminService::RemoveEntries(const auth::Caller& caller, std::string_view share_name,
                                         const std::vector<std::string>& entry_ids) {
  return ChangeSeveral(caller, [&](Transaction& transaction) -> Result<std::vector<Changed>> {
    const ManagedShare share = TRY(FindOwnShare(transaction, caller, share_name));
    std::vector<Changed> changes;
    const std::vector<Entry> entries = TRY(transaction.ListEntries(share.id));
    for (const Entry& entry : entries) {
      if (std::ranges::find(entry_ids, entry.id) == entry_ids.end()) continue;
      TRY(transaction.DeleteEntry(share.id, entry.id));
      changes.push_back(EntryChange(share, entry, ToJson(entry), {}));
    }
    return changes;
  });
}

Result<void> AdminService::RemoveSchema(const auth::Caller& caller, std::string_view share_name,
                                        std::string_view schema) {
  const auto is_it = [&](std::string_view name) { return EqualsIgnoringAsciiCase(name, schema); };
  return ChangeSeveral(caller, [&](Transaction& transaction) -> Result<std::vector<Changed>> {
    ManagedShare share = TRY(FindOwnShare(transaction, caller, share_name));
    std::vector<Changed> changes;
    const std::vector<Entry> entries = TRY(transaction.ListEntries(share.id));
    for (const Entry& entry : entries) {
      if (!is_it(entry.schema)) continue;
      TRY(transaction.DeleteEntry(share.id, entry.id));
      changes.push_back(EntryChange(share, entry, ToJson(entry), {}));
    }
    const json::object before = ToJson(share);
    if (std::erase_if(share.schemas, is_it) > 0) {
      TRY(transaction.PutShare(share));
      changes.push_back(ShareChange(share, before, ToJson(share)));
    }
    if (!changes.empty()) return changes;
    return NotFound("nothing was added to share '{}' as schema '{}'", share.name, schema);
  });
}

Result<catalog::SharePtr> AdminService::FindShownShare(const auth::Caller& caller,
                                                       std::string_view name) {
  const catalog::ViewPtr view = dependencies_.catalog.Current();
  catalog::SharePtr share = view->FindShare(protocol::ShareName(std::string(name)));
  if (share == nullptr) return NotFound("share '{}' does not exist", name);
  if (caller.role == Role::kShareOwner) TRY(GetShare(caller, name));
  return share;
}

Result<Entry> AdminService::FindEntry(Transaction& transaction, const ManagedShare& share,
                                      const EntryName& name) {
  if (name.table.empty()) {
    auto folder = TRY(transaction.FindFolder(share.id, name.schema, name.location));
    if (folder) return std::move(*folder);
    return NotFound("share '{}' has no folder {}", share.name, name.location);
  }
  auto table = TRY(transaction.FindEntry(share.id, name.schema, name.table));
  if (table) return std::move(*table);
  return NotFound("table '{}.{}.{}' does not exist", share.name, name.schema, name.table);
}

}  // namespace sluice::admin
