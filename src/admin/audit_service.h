#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/cost_report.h"
#include "audit/journal.h"
#include "audit/receipt.h"
#include "audit/record_query.h"
#include "audit/usage.h"
#include "auth/authenticator.h"
#include "base/result.h"
#include "catalog/catalog.h"
#include "catalog/store.h"
#include "crypto/signing_key.h"
#include "db/database.h"

namespace sluice::admin {

/// What can be asked about records, their proofs and usage. Admins and auditors see everything, a
/// share owner the records and the usage of the shares that are theirs now, by name, and no proofs;
/// a recipient the receipts of its own requests. Nothing is changed. Thread-safe.
///
/// Errors of all methods: kPermissionDenied for what the role may not; kNotFound where nothing is
/// recorded (`audit: off`); kInvalidArgument for what cannot be asked; kUnavailable if the database
/// does not answer.
class AuditService {
 public:
  /// Records are given until they pass this.
  static constexpr std::size_t kMaxAnswerBytes = 16 << 20;
  /// So many records that no database has yet are searched for a receipt's.
  static constexpr std::int64_t kMaxTail = 10'000;
  /// The storage of so many tables, and for so many days, is told at once.
  static constexpr std::int64_t kMaxStorageTables = 10'000;
  static constexpr std::chrono::days kMaxStorageDays{366};

  /// All must outlive the service.
  struct Dependencies {
    db::Database& records;                     ///< Where the journals of all nodes are shipped.
    catalog::Store& store;                     ///< Tells owners of shares.
    const audit::Journal* journal = nullptr;   ///< This node's. Null: nothing is recorded.
    const audit::PriceList* prices = nullptr;  ///< Null: costs cannot be asked for.
    std::string node;
    crypto::PublicKeyBytes public_key{};        ///< Of the key that signs the journal's heads.
    const catalog::Catalog* catalog = nullptr;  ///< Null: nor can those of storage.
    /// The bytes of a table's latest version.
    std::function<Result<std::int64_t>(const std::string& location)> measure_table = {};
  };
  explicit AuditService(const Dependencies& dependencies) : dependencies_(dependencies) {}

  struct RecordPage {
    std::vector<audit::StoredRecord> records;
    std::optional<audit::RecordPlace> next;  ///< None: there is no more now.
  };
  /// A filter's `scope` is replaced by what the caller may see.
  Result<RecordPage> Records(const auth::Caller& caller, audit::RecordFilter filter) const;

  struct Heads {
    std::optional<audit::TreeHead> current;  ///< This node's, signed now.
    std::vector<audit::StoredHead> gathered;
  };
  Result<Heads> GetHeads(const auth::Caller& caller, std::string_view node,
                         std::int64_t limit) const;

  /// Of a record of this node. Errors also: kNotFound if it has none of that request, in the same
  /// words if the caller may not see it.
  Result<audit::Receipt> OwnersReceipt(const auth::Caller& caller,
                                       std::string_view request_id) const;
  /// For recipients: of a request that the caller made itself.
  Result<audit::Receipt> RecipientsReceipt(const auth::Caller& caller,
                                           std::string_view request_id) const;

  struct ConsistencyProof {
    std::int64_t from = 0;
    std::int64_t to = 0;
    std::optional<audit::TreeHead> newer;  ///< Of the tree as it is now, if it was asked for.
    std::vector<audit::Hash> hashes;
  };
  /// Without `to`: up to what is on disk now.
  Result<ConsistencyProof> ProveConsistency(const auth::Caller& caller, std::int64_t from,
                                            std::optional<std::int64_t> to) const;

  Result<audit::Usage> GetUsage(const auth::Caller& caller, audit::UsageFilter filter) const;
  /// What it costs by the server's price list: of bytes, those that were sent, and those of files
  /// that recipients fetch from the store itself. With storage, for the days that the filter names:
  /// what each table's latest version has now is taken for all of them, once for each location, and
  /// is paid by the owner of the first share that has it. Errors also: kNotFound without a price
  /// list; those of MakeCostReport; with storage those of a table that cannot be read, and
  /// kTooLarge past kMaxStorageTables.
  Result<audit::CostReport> GetCost(const auth::Caller& caller, audit::UsageFilter filter,
                                    bool with_storage = false) const;

  const Dependencies& dependencies() const { return dependencies_; }

 private:
  using IsVisible = std::function<bool(const audit::Record& record)>;
  Result<audit::ShareScope> ScopeOf(const auth::Caller& caller) const;
  Result<audit::Receipt> FindReceipt(std::string_view request_id,
                                     const IsVisible& is_visible) const;
  Result<std::string> OwnerOf(const catalog::Share& share) const;
  Result<std::int64_t> BytesOf(const catalog::SharedTable& table) const;
  Result<std::vector<audit::StorageRow>> StorageRows(const audit::UsageFilter& filter) const;
  Result<std::vector<audit::Sequence>> FindSequences(std::string_view request_id) const;

  const Dependencies dependencies_;
};

}  // namespace sluice::admin
