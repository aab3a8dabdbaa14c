#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "catalog/model.h"
#include "catalog/store.h"
#include "db/database.h"

namespace sluice::catalog {

/// The kinds of objects in the log of changes.
inline constexpr std::string_view kShareKind = "share";
inline constexpr std::string_view kRecipientKind = "recipient";
inline constexpr std::string_view kPrincipalKind = "principal";
inline constexpr std::string_view kRootKind = "root";
inline constexpr std::string_view kIssuerKind = "issuer";
inline constexpr std::string_view kQuotaKind = "quota";
inline constexpr std::string_view kActivationLinkKind = "activation_link";  ///< No node keeps them.

/// Which objects a statement is about. Few texts whatever the objects, so that statements stay
/// prepared.
class Selection {
 public:
  /// As many ids as Among() may be given.
  static constexpr std::size_t kMaxIds = 16;

  static Selection All() { return {}; }
  static Selection One(std::string_view id) { return Among({std::string(id)}); }
  /// By their index, whatever the database guesses of the number of changes.
  static Selection Among(const std::vector<std::string>& ids);
  static Selection ChangedSince(std::string_view kind, Generation since);

  /// The condition on the column that holds the object's id, with the word WHERE; may be empty.
  std::string Where(std::string_view column) const;
  const std::vector<db::Value>& parameters() const { return parameters_; }

 private:
  std::string_view kind_;  ///< Of ChangedSince().
  std::vector<db::Value> parameters_;
};

// Each takes a fixed number of statements, however many objects there are. Errors: those of the
// database; kCorruptData if a row cannot be read.

/// With their schemas, without their entries.
Result<std::vector<ManagedShare>> LoadShares(db::Connection& connection, const Selection& which);
struct SharedEntry {
  std::string share_id;
  Entry entry;
};
/// Of the selected shares; of each in the order of folded schema and table.
Result<std::vector<SharedEntry>> LoadEntries(db::Connection& connection, const Selection& shares);
/// Whole.
Result<std::vector<ManagedRecipient>> LoadRecipients(db::Connection& connection,
                                                     const Selection& which);
// Ordered by folded name; quotas by id.
Result<std::vector<Principal>> LoadPrincipals(db::Connection& connection);
Result<std::vector<LocationRoot>> LoadRoots(db::Connection& connection);
Result<std::vector<Issuer>> LoadIssuers(db::Connection& connection);
Result<std::vector<Quota>> LoadQuotas(db::Connection& connection);

/// The columns that EntryOf() reads.
inline constexpr std::string_view kEntryColumns =
    "share_id, id, kind, schema_name, table_name, location, comment, history_shared, "
    "start_version, serving, aliases, tags";
Result<Entry> EntryOf(const db::Row& row);

}  // namespace sluice::catalog
