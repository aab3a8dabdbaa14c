#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/named.h"
#include "base/result.h"
#include "config/share_config.h"
#include "protocol/names.h"

namespace sluice::catalog {

using RecipientName = Named<std::string, struct RecipientNameTag>;

/// A table inside a share. Two of them over one location keep their own id, history and start.
struct SharedTable {
  protocol::TableRef ref;
  std::string id;        ///< The configured one, else a UUIDv5 of "share/schema/table".
  std::string share_id;  ///< A UUIDv5 of "share".
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

/// Schemas and tables in configuration order, at positions that a list can resume from.
struct Share {
  protocol::ShareName name;
  std::string id;
  config::ShareDescription description;
  config::ServingTerms serving;
  std::vector<Schema> schemas;
  std::vector<SharedTable> tables;  ///< Of all schemas, one schema after the other.

  std::span<const SharedTable> TablesOf(const Schema& schema) const;
};

/// Who may read, and which shares.
struct Recipient {
  RecipientName name;
  bool all_shares = true;
  std::vector<protocol::ShareName> shares;  ///< If not all.
};

/// The whole catalog at one moment; immutable, so that requests share it without a lock. Names are
/// found regardless of ASCII case. What is missing and what is not granted gives the same
/// kNotFound, with the name as it was asked for and nothing else.
class View {
 public:
  /// Checks names, resolves ids and builds the indexes. Errors: kInvalidArgument, beginning with
  /// where the culprit stands, for a name that the protocol forbids or that is there twice, and for
  /// two tables of one share with the same id.
  static Result<std::shared_ptr<const View>> Make(
      std::span<const config::ConfiguredShare> configured, std::vector<Recipient> recipients);

  const std::vector<Share>& shares() const { return shares_; }
  std::size_t table_count() const { return table_count_; }

  /// The shares granted to `recipient`, in configuration order; none for an unknown recipient.
  std::vector<const Share*> SharesOf(const RecipientName& recipient) const;

  // Pointers live as long as the View.
  Result<const Share*> FindShare(const RecipientName& recipient,
                                 const protocol::ShareName& name) const;
  struct FoundSchema {
    const Share* share;
    const Schema* schema;
  };
  Result<FoundSchema> FindSchema(const RecipientName& recipient, const protocol::ShareName& share,
                                 const protocol::SchemaName& name) const;
  Result<const SharedTable*> FindTable(const RecipientName& recipient,
                                       const protocol::TableRef& ref) const;

  /// The table that carries this id in this share, for links made earlier; nullptr if none.
  const SharedTable* FindTableById(std::string_view share_id, std::string_view table_id) const;

 private:
  View() = default;
  Result<void> AddShare(const config::ConfiguredShare& configured);
  Result<void> AddSchema(const config::ConfiguredSchema& configured, std::size_t share_index,
                         Share& share);
  Result<void> AddTable(const config::ConfiguredTable& configured, const Schema& schema,
                        std::size_t share_index, Share& share);
  /// nullptr if it is not there or not granted.
  const Share* LookUpGranted(const RecipientName& recipient, const protocol::ShareName& name) const;
  bool IsGranted(const RecipientName& recipient, const Share& share) const;

  struct TablePosition {
    std::size_t share;
    std::size_t table;
  };
  std::vector<Share> shares_;
  std::vector<Recipient> recipients_;
  std::size_t table_count_ = 0;
  // Keys are folded names joined by '/', which no name contains. Looked up, never iterated.
  std::unordered_map<std::string, std::size_t> share_index_;
  std::unordered_map<std::string, std::size_t> schema_index_;
  std::unordered_map<std::string, TablePosition> table_index_;
  std::unordered_map<std::string, TablePosition> id_index_;
};

using ViewPtr = std::shared_ptr<const View>;

}  // namespace sluice::catalog
