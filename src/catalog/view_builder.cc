#include "catalog/view_builder.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"

namespace sluice::catalog {
namespace {

constexpr std::size_t kMaxWarnings = 100;

config::ConfiguredSchema& SchemaNamed(std::string_view name, config::ConfiguredShare& share) {
  for (config::ConfiguredSchema& schema : share.schemas) {
    if (EqualsIgnoringAsciiCase(schema.name, name)) return schema;
  }
  return share.schemas.emplace_back(config::ConfiguredSchema{.name = std::string(name)});
}

bool HasTable(const config::ConfiguredSchema& schema, std::string_view name) {
  return std::ranges::any_of(schema.tables, [&](const config::ConfiguredTable& table) {
    return EqualsIgnoringAsciiCase(table.name, name);
  });
}

bool IsSame(const Share& a, const Share& b) {
  return std::ranges::equal(
      a.tables(), b.tables(), [](const SharedTable& one, const SharedTable& other) {
        return one.id == other.id && one.location == other.location && one.ref == other.ref;
      });
}

}  // namespace

void ViewBuilder::SetFile(FileContents contents) {
  file_ = std::move(contents);
  share_index_.reset();
  recipient_index_.reset();
}

void ViewBuilder::Apply(Changes changes) {
  warnings_.clear();
  if (changes.is_whole) {
    shares_.clear();
    recipients_.clear();
    with_folders_.clear();
    share_index_.reset();
    recipient_index_.reset();
  }
  if (!changes.shares.empty() || !changes.deleted_shares.empty()) share_index_.reset();
  for (const std::string& id : changes.deleted_shares) {
    shares_.erase(id);
    with_folders_.erase(id);
  }
  TakeShares(std::move(changes.shares));
  TakeRecipients(changes.deleted_recipients, std::move(changes.recipients));
  OwnerSettings settings = *settings_;
  if (changes.principals) settings.principals = std::move(*changes.principals);
  if (changes.roots) settings.roots = std::move(*changes.roots);
  if (changes.issuers) settings.issuers = std::move(*changes.issuers);
  if (changes.quotas) settings.quotas = std::move(*changes.quotas);
  settings_ = std::make_shared<const OwnerSettings>(std::move(settings));
}

void ViewBuilder::TakeShares(std::vector<ManagedShare> shares) {
  for (ManagedShare& share : shares) {
    const std::string id = share.id;
    with_folders_.erase(id);
    shares_.erase(id);
    if (SharePtr made = MakeShare(share)) shares_.emplace(id, std::move(made));
    const bool has_folder = std::ranges::any_of(
        share.entries, [](const Entry& e) { return e.kind == Entry::Kind::kFolder; });
    if (has_folder) with_folders_.emplace(id, std::move(share));
  }
}

void ViewBuilder::TakeRecipients(const std::vector<std::string>& deleted,
                                 std::vector<ManagedRecipient> recipients) {
  if (!deleted.empty() || !recipients.empty()) recipient_index_.reset();
  for (const std::string& id : deleted) recipients_.erase(id);
  for (ManagedRecipient& recipient : recipients) {
    recipients_.erase(recipient.id);  // with the key, which is the old one's text
    RecipientPtr made = MakeRecipient(std::move(recipient));
    recipients_.emplace(made->record.id, std::move(made));
  }
}

bool ViewBuilder::FindFolderTables() {
  warnings_.clear();
  bool changed = false;
  for (const auto& [id, managed] : with_folders_) {
    SharePtr made = MakeShare(managed);
    SharePtr& known = shares_[id];
    if (made == nullptr || (known != nullptr && IsSame(*made, *known))) continue;
    known = std::move(made);
    changed = true;
  }
  if (changed) share_index_.reset();
  return changed;
}

std::vector<std::string> ViewBuilder::folders() const {
  std::vector<std::string> folders;
  for (const auto& [id, managed] : with_folders_) {
    for (const Entry& entry : managed.entries) {
      if (entry.kind == Entry::Kind::kFolder) folders.push_back(entry.location);
    }
  }
  return folders;
}

ViewPtr ViewBuilder::Build() {
  if (share_index_ == nullptr) {
    std::vector<SharePtr> managed;
    managed.reserve(shares_.size());
    for (const auto& [id, share] : shares_) {
      if (share != nullptr) managed.push_back(share);
    }
    share_index_ = std::make_shared<const ShareIndex>(file_.shares, std::move(managed));
  }
  if (recipient_index_ == nullptr) {
    std::vector<RecipientPtr> recipients;
    recipients.reserve(file_.recipients.size() + recipients_.size());
    recipients.assign(file_.recipients.begin(), file_.recipients.end());
    for (const auto& [id, recipient] : recipients_) recipients.push_back(recipient);
    recipient_index_ = std::make_shared<const RecipientIndex>(std::move(recipients));
  }
  View::Indexes indexes{
      .shares = share_index_, .recipients = recipient_index_, .settings = settings_};
  if (!file_.principals.empty()) {
    OwnerSettings settings = *settings_;
    settings.principals.insert(settings.principals.end(), file_.principals.begin(),
                               file_.principals.end());
    indexes.settings = std::make_shared<const OwnerSettings>(std::move(settings));
  }
  return View::OfIndexes(std::move(indexes));
}

// The store's rows were checked when they were written; what does not fit all the same (written by
// hand, or by another version) hides that share alone.
SharePtr ViewBuilder::MakeShare(const ManagedShare& managed) {
  config::ConfiguredShare share{
      .name = managed.name, .description = managed.description, .serving = managed.serving};
  for (const std::string& schema : managed.schemas) SchemaNamed(schema, share);
  for (const Entry& entry : managed.entries) {
    if (entry.kind != Entry::Kind::kTable) continue;
    SchemaNamed(entry.schema, share)
        .tables.push_back({.name = entry.table,
                           .location = entry.location,
                           .id = entry.id,
                           .history_shared = entry.history_shared,
                           .start_version = entry.start_version,
                           .serving = entry.serving});
  }
  for (const Entry& entry : managed.entries) {
    if (entry.kind == Entry::Kind::kFolder) AddFolder(entry, share);
  }
  std::ranges::sort(share.schemas, {},
                    [](const config::ConfiguredSchema& schema) { return AsciiLower(schema.name); });
  for (config::ConfiguredSchema& schema : share.schemas) {
    std::ranges::sort(schema.tables, {},
                      [](const config::ConfiguredTable& table) { return AsciiLower(table.name); });
  }
  auto made = Share::Make(
      share,
      {.id = managed.id, .purpose_required = managed.purpose_required, .region = managed.region});
  if (made.ok()) return std::move(made).value();
  if (warnings_.size() < kMaxWarnings) {
    warnings_.push_back(Format("share '{}' is not shown: {}", managed.name, made.error().message));
  }
  return nullptr;
}

// Tables that are named one by one go first: a folder cannot take their names.
void ViewBuilder::AddFolder(const Entry& folder, config::ConfiguredShare& share) {
  auto found = find_tables_(folder);
  if (!found.ok()) {
    if (warnings_.size() < kMaxWarnings) {
      warnings_.push_back(Format("folder {} of share '{}': {}", folder.location, share.name,
                                 found.error().message));
    }
    return;
  }
  for (config::ConfiguredSchema& schema : *found) {
    config::ConfiguredSchema& into =
        SchemaNamed(folder.schema.empty() ? schema.name : folder.schema, share);
    for (config::ConfiguredTable& table : schema.tables) {
      const auto alias = folder.aliases.find(table.name);
      if (alias != folder.aliases.end()) table.name = alias->second;
      table.history_shared = folder.history_shared;
      table.serving = folder.serving;
      if (!HasTable(into, table.name)) into.tables.push_back(std::move(table));
    }
  }
}

}  // namespace sluice::catalog
