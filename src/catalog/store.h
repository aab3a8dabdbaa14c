#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "catalog/model.h"
#include "db/database.h"

namespace sluice::catalog {

/// Counts the committed changes of a catalog, from 0 for an empty one. Transactions are put in one
/// order by it: whoever saw generation n has seen all before.
using Generation = std::int64_t;

/// What a node has to take in to get from one generation to another.
struct Changes {
  Generation generation = 0;  ///< The state that this leads to.
  /// These are all there are, rather than what changed: at the start, or when too much happened.
  bool is_whole = false;
  std::vector<ManagedShare> shares;         ///< New or changed ones, whole, in no order.
  std::vector<std::string> deleted_shares;  ///< Ids.
  std::vector<ManagedRecipient> recipients;
  std::vector<std::string> deleted_recipients;
  // Few enough to be given whole whenever one of their kind changed.
  std::optional<std::vector<Principal>> principals;
  std::optional<std::vector<LocationRoot>> roots;
  std::optional<std::vector<Issuer>> issuers;
  std::optional<std::vector<Quota>> quotas;
};

/// The rows of a catalog inside one transaction. It knows rows, not rules: who may do what is
/// decided above. `Find` gives nothing for what is not there; names are found regardless of ASCII
/// case. `Put` inserts, or replaces what has the same id; errors: kAlreadyExists if another id has
/// the name, kNotFound if what it belongs to is not there, and kInvalidArgument past a bound of
/// model.h (that of tokens is not checked here) or for a text that no database keeps. `Delete`
/// takes along what belongs to it, quotas, grants and databases included; deleting what is not
/// there is kNotFound. None of these errors ends the transaction. Not thread-safe.
class Transaction {
 public:
  explicit Transaction(db::Connection& connection) : connection_(connection) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  /// Without its entries, which may be many.
  Result<std::optional<ManagedShare>> FindShare(std::string_view name);
  Result<std::optional<ManagedShare>> FindShareById(std::string_view id);
  /// The names of an owner's shares.
  Result<std::vector<std::string>> ListSharesOf(std::string_view owner);
  /// Its own fields and its schemas; entries stay as they are.
  Result<void> PutShare(const ManagedShare& share);
  Result<void> DeleteShare(std::string_view id);

  Result<std::vector<Entry>> ListEntries(std::string_view share_id);
  /// A table.
  Result<std::optional<Entry>> FindEntry(std::string_view share_id, std::string_view schema,
                                         std::string_view table);
  /// A folder has no name: its location, as it was written, tells which.
  Result<std::optional<Entry>> FindFolder(std::string_view share_id, std::string_view schema,
                                          std::string_view location);
  /// Entries of different shares may have the same id.
  Result<void> PutEntry(std::string_view share_id, const Entry& entry);
  Result<void> DeleteEntry(std::string_view share_id, std::string_view entry_id);

  /// Whole.
  Result<std::optional<ManagedRecipient>> FindRecipient(std::string_view name);
  Result<std::optional<ManagedRecipient>> FindRecipientById(std::string_view id);
  /// Its own fields and its databases; tokens and grants stay as they are.
  Result<void> PutRecipient(const ManagedRecipient& recipient);
  Result<void> DeleteRecipient(std::string_view id);
  Result<void> PutToken(std::string_view recipient_id, const TokenRecord& token);
  /// `share_id` may be that of a share of a file, so it is not checked.
  Result<void> PutGrant(std::string_view recipient_id, const Grant& grant);
  Result<void> DeleteGrant(std::string_view recipient_id, std::string_view share_id);

  Result<void> PutActivationLink(const ActivationLink& link);
  /// By the hash of its code. Of two who spend a link at once, each in a Store::Change, the second
  /// sees `used_at`.
  Result<std::optional<ActivationLink>> FindActivationLink(const crypto::Sha256Digest& code_sha256);

  Result<std::vector<Principal>> ListPrincipals();
  Result<void> PutPrincipal(const Principal& principal);  ///< Without its tokens.
  Result<void> PutPrincipalToken(std::string_view principal_id, const TokenRecord& token);
  Result<void> DeletePrincipal(std::string_view id);
  Result<std::vector<LocationRoot>> ListRoots();
  Result<void> PutRoot(const LocationRoot& root);
  Result<void> DeleteRoot(std::string_view id);
  Result<std::vector<Issuer>> ListIssuers();
  Result<void> PutIssuer(const Issuer& issuer);
  Result<void> DeleteIssuer(std::string_view id);
  Result<std::vector<Quota>> ListQuotas();
  Result<void> PutQuota(const Quota& quota);
  Result<void> DeleteQuota(std::string_view id);

 private:
  friend class Store;

  /// Takes the next generation, and with it the lock under which all changes are made.
  Result<void> Begin();
  /// Writes into the log of changes that this generation touched an object.
  Result<void> Touch(std::string_view kind, std::string_view id);
  /// The recipients that hold the share, by a grant or as a database.
  Result<void> TouchHolders(std::string_view share_id);
  Result<void> TrimLog();
  Result<void> PutSchemas(const ManagedShare& share);
  Result<void> PutDatabases(const ManagedRecipient& recipient);
  struct TokenHolder;
  Result<void> PutTokenOf(const TokenHolder& holder, const TokenRecord& token);
  Result<void> DeleteQuotasOf(std::string_view column, std::string_view id);

  db::Connection& connection_;
  Generation generation_ = 0;
  std::set<std::string, std::less<>> touched_;  ///< "kind/id"
};

/// Keeps what owners manage, in SQLite or PostgreSQL; one contract for both, in
/// store_contract_test.cc. Thread-safe.
class Store {
 public:
  /// `database` must outlive the store. Brings its tables up to date. Errors: those of db::Migrate.
  static Result<std::unique_ptr<Store>> Open(db::Database& database);

  /// Runs `body` in a transaction, which must do nothing but use `transaction`: it may run again.
  /// Changes are made one after the other, so whatever `body` has read stays as it is. Afterwards
  /// all nodes are notified. A body that changed nothing makes no generation. A body that fails
  /// leaves no trace, and its error is returned.
  Result<Generation> Change(const std::function<Result<void>(Transaction& transaction)>& body);
  /// The same without writing, at one moment, while others change the catalog.
  Result<void> Read(const std::function<Result<void>(Transaction& transaction)>& body);

  /// What happened after `since`; everything if `since` is 0, or too long ago (the log of changes
  /// is kept for 10,000 generations), or of the future, since an older copy was put in place. Seen
  /// at one moment: no change is half in it.
  Result<Changes> ChangesSince(Generation since);

  /// Calls `changed` from a thread of its own, after commits of any node and every `poll_interval`.
  std::unique_ptr<db::Listener> Listen(std::chrono::milliseconds poll_interval,
                                       std::function<void()> changed);

 private:
  explicit Store(db::Database& database) : database_(database) {}
  db::Database& database_;
};

}  // namespace sluice::catalog
