#include "catalog/share.h"

#include <utility>

#include "base/encoding.h"
#include "crypto/uuid.h"

namespace sluice::catalog {
namespace {

using protocol::SchemaName;
using protocol::ShareName;
using protocol::TableName;

// Ids are made from names below this UUID, so it can never change: clients remember ids.
constexpr crypto::Uuid kIdNamespace = {0x5c, 0x1d, 0x6e, 0x2f, 0x0b, 0x84, 0x4e, 0x3a,
                                       0x9d, 0x47, 0x21, 0xa8, 0xf6, 0x3c, 0x70, 0xbe};

std::string IdOf(std::string_view name) {
  return crypto::FormatUuid(crypto::Uuid5(kIdNamespace, name));
}

std::string TableKey(const SchemaName& schema, const TableName& table) {
  return AsciiLower(Format("{}/{}", schema, table));
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

Result<SharePtr> Share::Make(const config::ConfiguredShare& configured, ShareTraits traits) {
  TRY(CheckedAt(configured.where, protocol::CheckShareName(configured.name)));
  const std::shared_ptr<Share> share(new Share());
  share->name_ = ShareName(configured.name);
  share->folded_name_ = AsciiLower(configured.name);
  share->traits_ = std::move(traits);
  if (share->traits_.id.empty()) share->traits_.id = IdOf(configured.name);
  share->description_ = configured.description;
  for (const config::ConfiguredSchema& schema : configured.schemas) {
    TRY(share->AddSchema(schema, configured.serving));
  }
  return SharePtr(share);
}

Result<void> Share::AddSchema(const config::ConfiguredSchema& configured,
                              const config::ServingTerms& serving) {
  TRY(CheckedAt(configured.where, protocol::CheckSchemaName(configured.name)));
  const Schema schema{.name = SchemaName(configured.name),
                      .first_table = tables_.size(),
                      .table_count = configured.tables.size()};
  if (!schema_index_.emplace(AsciiLower(configured.name), schemas_.size()).second) {
    return At(configured.where, InvalidArgument("schema '{}' is given twice", configured.name));
  }
  for (const config::ConfiguredTable& table : configured.tables) {
    TRY(CheckedAt(table.where, protocol::CheckTableName(table.name)));
    TRY(AddTable(table, schema, serving));
  }
  schemas_.push_back(schema);
  return {};
}

Result<void> Share::AddTable(const config::ConfiguredTable& configured, const Schema& schema,
                             const config::ServingTerms& serving) {
  SharedTable table{
      .ref = {.share = name_, .schema = schema.name, .table = TableName(configured.name)},
      .id = configured.id,
      .share_id = traits_.id,
      .location = configured.location,
      .history_shared = configured.history_shared,
      .start_version = configured.start_version,
      .serving = configured.serving.Or(serving)};
  if (table.id.empty()) table.id = IdOf(Format("{}/{}/{}", name_, schema.name, configured.name));
  if (!table_index_.emplace(TableKey(schema.name, table.ref.table), tables_.size()).second) {
    return At(configured.where, InvalidArgument("table '{}' is given twice", configured.name));
  }
  if (!id_index_.emplace(table.id, tables_.size()).second) {
    return At(configured.where,
              InvalidArgument("table '{}' has the id '{}' of another table in its share",
                              configured.name, table.id));
  }
  tables_.push_back(std::move(table));
  return {};
}

std::span<const SharedTable> Share::TablesOf(const Schema& schema) const {
  return std::span(tables_).subspan(schema.first_table, schema.table_count);
}

const Schema* Share::FindSchema(const SchemaName& name) const {
  const auto found = schema_index_.find(AsciiLower(name.value()));
  return found == schema_index_.end() ? nullptr : &schemas_[found->second];
}

const SharedTable* Share::FindTable(const SchemaName& schema, const TableName& table) const {
  const auto found = table_index_.find(TableKey(schema, table));
  return found == table_index_.end() ? nullptr : &tables_[found->second];
}

const SharedTable* Share::FindTableById(std::string_view table_id) const {
  const auto found = id_index_.find(std::string(table_id));
  return found == id_index_.end() ? nullptr : &tables_[found->second];
}

}  // namespace sluice::catalog
