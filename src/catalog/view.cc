#include "catalog/view.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "crypto/uuid.h"

namespace sluice::catalog {
namespace {

using protocol::SchemaName;
using protocol::ShareName;
using protocol::TableName;
using protocol::TableRef;

// Ids are made from names below this UUID, so it can never change: clients remember ids.
constexpr crypto::Uuid kIdNamespace = {0x5c, 0x1d, 0x6e, 0x2f, 0x0b, 0x84, 0x4e, 0x3a,
                                       0x9d, 0x47, 0x21, 0xa8, 0xf6, 0x3c, 0x70, 0xbe};

std::string IdOf(std::string_view name) {
  return crypto::FormatUuid(crypto::Uuid5(kIdNamespace, name));
}

std::string SchemaKey(const ShareName& share, const SchemaName& schema) {
  return AsciiLower(Format("{}/{}", share, schema));
}

std::string TableKey(const TableRef& ref) {
  return AsciiLower(Format("{}/{}/{}", ref.share, ref.schema, ref.table));
}

/// `error` with the place of the culprit before its message.
Error At(const std::string& where, Error error) {
  if (!where.empty()) error.message = Format("{}: {}", where, error.message);
  return error;
}

Result<void> CheckedAt(const std::string& where, Result<void> check) {
  if (check.ok()) return check;
  return At(where, std::move(check).error());
}

}  // namespace

std::span<const SharedTable> Share::TablesOf(const Schema& schema) const {
  return std::span(tables).subspan(schema.first_table, schema.table_count);
}

Result<std::shared_ptr<const View>> View::Make(std::span<const config::ConfiguredShare> configured,
                                               std::vector<Recipient> recipients) {
  const std::shared_ptr<View> view(new View());
  view->recipients_ = std::move(recipients);
  for (const config::ConfiguredShare& share : configured) TRY(view->AddShare(share));
  return std::shared_ptr<const View>(view);
}

Result<void> View::AddShare(const config::ConfiguredShare& configured) {
  TRY(CheckedAt(configured.where, protocol::CheckShareName(configured.name)));
  const std::size_t share_index = shares_.size();
  Share share{.name = ShareName(configured.name),
              .id = IdOf(configured.name),
              .description = configured.description,
              .serving = configured.serving};
  if (!share_index_.emplace(AsciiLower(configured.name), share_index).second) {
    return At(configured.where, InvalidArgument("share '{}' is given twice", configured.name));
  }
  for (const config::ConfiguredSchema& schema : configured.schemas) {
    TRY(AddSchema(schema, share_index, share));
  }
  table_count_ += share.tables.size();
  shares_.push_back(std::move(share));
  return {};
}

Result<void> View::AddSchema(const config::ConfiguredSchema& configured, std::size_t share_index,
                             Share& share) {
  TRY(CheckedAt(configured.where, protocol::CheckSchemaName(configured.name)));
  const Schema schema{.name = SchemaName(configured.name),
                      .first_table = share.tables.size(),
                      .table_count = configured.tables.size()};
  if (!schema_index_.emplace(SchemaKey(share.name, schema.name), share.schemas.size()).second) {
    return At(configured.where, InvalidArgument("schema '{}' is given twice", configured.name));
  }
  for (const config::ConfiguredTable& table : configured.tables) {
    TRY(CheckedAt(table.where, protocol::CheckTableName(table.name)));
    TRY(AddTable(table, schema, share_index, share));
  }
  share.schemas.push_back(schema);
  return {};
}

Result<void> View::AddTable(const config::ConfiguredTable& configured, const Schema& schema,
                            std::size_t share_index, Share& share) {
  SharedTable table{
      .ref = {.share = share.name, .schema = schema.name, .table = TableName(configured.name)},
      .id = configured.id,
      .share_id = share.id,
      .location = configured.location,
      .history_shared = configured.history_shared,
      .start_version = configured.start_version,
      .serving = configured.serving.Or(share.serving)};
  if (table.id.empty()) {
    table.id = IdOf(Format("{}/{}/{}", share.name, schema.name, configured.name));
  }
  const TablePosition position{share_index, share.tables.size()};
  if (!table_index_.emplace(TableKey(table.ref), position).second) {
    return At(configured.where, InvalidArgument("table '{}' is given twice", configured.name));
  }
  if (!id_index_.emplace(Format("{}/{}", share.id, table.id), position).second) {
    return At(configured.where,
              InvalidArgument("table '{}' has the id '{}' of another table in its share",
                              configured.name, table.id));
  }
  share.tables.push_back(std::move(table));
  return {};
}

std::vector<const Share*> View::SharesOf(const RecipientName& recipient) const {
  std::vector<const Share*> granted;
  for (const Share& share : shares_) {
    if (IsGranted(recipient, share)) granted.push_back(&share);
  }
  return granted;
}

Result<const Share*> View::FindShare(const RecipientName& recipient, const ShareName& name) const {
  const Share* share = LookUpGranted(recipient, name);
  if (share == nullptr) return NotFound("share '{}' does not exist", name);
  return share;
}

Result<View::FoundSchema> View::FindSchema(const RecipientName& recipient, const ShareName& share,
                                           const SchemaName& name) const {
  const Share* granted = LookUpGranted(recipient, share);
  const auto found = schema_index_.find(SchemaKey(share, name));
  if (granted == nullptr || found == schema_index_.end()) {
    return NotFound("schema '{}.{}' does not exist", share, name);
  }
  return FoundSchema{granted, &granted->schemas[found->second]};
}

Result<const SharedTable*> View::FindTable(const RecipientName& recipient,
                                           const TableRef& ref) const {
  const Share* granted = LookUpGranted(recipient, ref.share);
  const auto found = table_index_.find(TableKey(ref));
  if (granted == nullptr || found == table_index_.end()) {
    return NotFound("table '{}' does not exist", ref.ToString());
  }
  return &granted->tables[found->second.table];
}

const SharedTable* View::FindTableById(std::string_view share_id, std::string_view table_id) const {
  const auto found = id_index_.find(Format("{}/{}", share_id, table_id));
  if (found == id_index_.end()) return nullptr;
  return &shares_[found->second.share].tables[found->second.table];
}

const Share* View::LookUpGranted(const RecipientName& recipient, const ShareName& name) const {
  const auto found = share_index_.find(AsciiLower(name.value()));
  if (found == share_index_.end()) return nullptr;
  const Share& share = shares_[found->second];
  return IsGranted(recipient, share) ? &share : nullptr;
}

bool View::IsGranted(const RecipientName& recipient, const Share& share) const {
  const auto known = std::ranges::find(recipients_, recipient, &Recipient::name);
  if (known == recipients_.end()) return false;
  return known->all_shares || std::ranges::any_of(known->shares, [&](const ShareName& granted) {
           return EqualsIgnoringAsciiCase(granted.value(), share.name.value());
         });
}

}  // namespace sluice::catalog
