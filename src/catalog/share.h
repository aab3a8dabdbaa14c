#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "config/share_config.h"
#include "protocol/names.h"

namespace sluice::catalog {

/// A table inside a share. Two of them over one location keep their own id, history and start.
struct SharedTable {
  protocol::TableRef ref;
  std::string id;        ///< The configured one, else a UUIDv5 of "share/schema/table".
  std::string share_id;  ///< The managed one, else a UUIDv5 of "share".
  std::string location;  ///< An absolute path, or a URL as the owner wrote it.
  bool history_shared = false;
  std::int64_t start_version = 0;
  config::ServingTerms serving;  ///< The table's, else its share's.
};

struct Schema {
  protocol::SchemaName name;
  std::size_t first_table = 0;  ///< In Share::tables.
  std::size_t table_count = 0;
};

/// What a share is besides its tables.
struct ShareTraits {
  std::string id;                 ///< Empty: derived from the name.
  bool purpose_required = false;  ///< Reads must say what for.
  std::string region;             ///< Where its data lies.
};

/// A share as recipients meet it: schemas and tables in the order of their source, at positions
/// that a list can resume from, found by name regardless of ASCII case. Immutable; thread-safe.
class Share {
 public:
  /// Checks names, resolves ids and builds the indexes. Errors: kInvalidArgument, beginning with
  /// where the culprit stands, for a name that the protocol forbids or that is there twice, and for
  /// two tables with the same id.
  static Result<std::shared_ptr<const Share>> Make(const config::ConfiguredShare& configured,
                                                   ShareTraits traits = {});

  const protocol::ShareName& name() const { return name_; }
  const std::string& folded_name() const { return folded_name_; }
  const std::string& id() const { return traits_.id; }
  const ShareTraits& traits() const { return traits_; }
  const config::ShareDescription& description() const { return description_; }
  const std::vector<Schema>& schemas() const { return schemas_; }
  /// Of all schemas, one schema after the other.
  const std::vector<SharedTable>& tables() const { return tables_; }
  std::span<const SharedTable> TablesOf(const Schema& schema) const;

  // nullptr if there is none.
  const Schema* FindSchema(const protocol::SchemaName& name) const;
  const SharedTable* FindTable(const protocol::SchemaName& schema,
                               const protocol::TableName& table) const;
  const SharedTable* FindTableById(std::string_view table_id) const;

 private:
  Share() = default;
  Result<void> AddSchema(const config::ConfiguredSchema& configured,
                         const config::ServingTerms& serving);
  Result<void> AddTable(const config::ConfiguredTable& configured, const Schema& schema,
                        const config::ServingTerms& serving);

  protocol::ShareName name_;
  std::string folded_name_;
  ShareTraits traits_;
  config::ShareDescription description_;
  std::vector<Schema> schemas_;
  std::vector<SharedTable> tables_;
  // Keys are folded names joined by '/', which no name contains. Looked up, never iterated.
  std::unordered_map<std::string, std::size_t> schema_index_;
  std::unordered_map<std::string, std::size_t> table_index_;
  std::unordered_map<std::string, std::size_t> id_index_;
};

using SharePtr = std::shared_ptr<const Share>;

}  // namespace sluice::catalog
