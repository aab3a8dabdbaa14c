#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/requests.h"
#include "audit/cost_report.h"
#include "audit/journal.h"
#include "audit/prices.h"
#include "auth/authenticator.h"
#include "auth/route.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "catalog/catalog.h"
#include "catalog/follower.h"
#include "catalog/store.h"
#include "observe/metrics.h"

namespace sluice::admin {

/// What owners can do. Every method takes who asks. An admin may do all; a share owner manages the
/// shares and recipients that are theirs, with tables below the roots granted to them, and others'
/// look as if they were not there; an auditor looks at everything and changes nothing. Each change
/// is one transaction of the store, recorded with before and after, and in force on this node when
/// the call returns. Thread-safe.
///
/// Errors of all methods: kPermissionDenied for what the role may not; kNotFound and kAlreadyExists
/// by name; kInvalidArgument for values that cannot be; kUnavailable if the store does not answer
/// or the change cannot be recorded, in which case nothing was changed.
class AdminService {
 public:
  struct Options {
    std::chrono::seconds token_lifetime{90 * 24 * 3600};
    std::chrono::seconds max_token_lifetime{365 * 24 * 3600};
    std::chrono::seconds activation_lifetime{72 * 3600};
  };
  /// What reading a table gives.
  struct ReadSize {
    std::int64_t files = 0;
    std::int64_t bytes = 0;
  };
  /// All must outlive the service.
  struct Dependencies {
    catalog::Store& store;
    catalog::Follower& follower;
    const catalog::Catalog& catalog;
    const Clock& clock;
    const observe::MetricRegistry& metrics;
    audit::Journal* journal = nullptr;  ///< Null: nothing is recorded.
    /// Looks whether a location holds a table that this server can serve.
    std::function<Result<void>(const std::string& location)> check_table;
    std::function<Result<void>(const std::string& location)> check_folder;
    /// The fingerprints of the master keys, newest first, after one more was made if told to.
    std::function<Result<std::vector<std::string>>(bool rotates)> keys;
    /// What reading the current version of a table gives: the files that may hold rows for which
    /// `condition` is true, all of them if it is empty. May be empty.
    std::function<Result<ReadSize>(const std::string& location, const std::string& condition)>
        describe_table = {};
    const audit::PriceList* prices = nullptr;  ///< Null: ExplainCost tells no cost.
    /// Where clients of an identity provider get tokens, as it says itself. May be empty.
    std::function<Result<std::string>(const catalog::Issuer& issuer)> find_token_endpoint = {};
  };
  AdminService(const Dependencies& dependencies, Options options);

  /// "http://127.0.0.1:8080/delta-sharing": what profiles and activation links begin with.
  void SetEndpoint(std::string endpoint);
  std::string endpoint() const;

  // Shares. Those of a file are listed too, not to share owners, and cannot be changed here.
  struct ListedShare {
    catalog::ManagedShare share;  ///< Without entries.
    bool is_from_file = false;
    std::size_t table_count = 0;
  };
  Result<std::vector<ListedShare>> ListShares(const auth::Caller& caller);
  /// A managed one, with entries.
  Result<catalog::ManagedShare> GetShare(const auth::Caller& caller, std::string_view name);
  Result<catalog::ManagedShare> CreateShare(const auth::Caller& caller,
                                            const ShareRequest& request);
  Result<catalog::ManagedShare> UpdateShare(const auth::Caller& caller, std::string_view name,
                                            const ShareRequest& request);
  Result<void> DropShare(const auth::Caller& caller, std::string_view name);

  struct EntryName {
    std::string_view share;
    std::string_view schema;
    std::string_view table;     ///< Empty for a folder.
    std::string_view location;  ///< Of a folder.
  };
  /// A table if the request names one, else a folder.
  Result<catalog::Entry> AddEntry(const auth::Caller& caller, std::string_view share,
                                  const EntryRequest& request);
  Result<catalog::Entry> UpdateEntry(const auth::Caller& caller, const EntryName& name,
                                     const EntryRequest& request);
  Result<void> RemoveEntry(const auth::Caller& caller, const EntryName& name);
  /// Several at once: all of them or none.
  Result<std::vector<catalog::Entry>> AddEntries(const auth::Caller& caller, std::string_view share,
                                                 const std::vector<EntryRequest>& requests);
  Result<void> RemoveEntries(const auth::Caller& caller, std::string_view share,
                             const std::vector<std::string>& entry_ids);
  /// A schema with all tables and folders that were added to it.
  Result<void> RemoveSchema(const auth::Caller& caller, std::string_view share,
                            std::string_view schema);
  /// A share as recipients meet it, managed or of a file; the latter not for share owners.
  Result<catalog::SharePtr> FindShownShare(const auth::Caller& caller, std::string_view name);

  // Recipients.
  Result<std::vector<catalog::ManagedRecipient>> ListRecipients(const auth::Caller& caller);
  Result<catalog::ManagedRecipient> GetRecipient(const auth::Caller& caller, std::string_view name);
  Result<catalog::ManagedRecipient> CreateRecipient(const auth::Caller& caller,
                                                    const RecipientRequest& request);
  Result<catalog::ManagedRecipient> UpdateRecipient(const auth::Caller& caller,
                                                    std::string_view name,
                                                    const RecipientRequest& request);
  Result<void> DropRecipient(const auth::Caller& caller, std::string_view name);
  /// New values of single attributes; none: the attribute goes, if it was there.
  using AttributeChanges = std::map<std::string, std::optional<std::string>>;
  Result<void> ChangeAttributes(const auth::Caller& caller, std::string_view recipient,
                                const AttributeChanges& changes);

  static constexpr std::size_t kMaxDatabases = 1'000;  ///< Of a recipient.
  struct DatabaseRequest {
    std::string recipient;
    std::string database;
    std::string share;  ///< Must be granted to the recipient.
  };
  /// Records the name under which a recipient has a share. It grants nothing.
  Result<void> CreateDatabase(const auth::Caller& caller, const DatabaseRequest& request);
  Result<void> DropDatabase(const auth::Caller& caller, std::string_view recipient,
                            std::string_view database);

  /// A token and the only sight of its text.
  struct IssuedToken {
    catalog::TokenRecord record;
    Secret text;
  };
  Result<IssuedToken> IssueToken(const auth::Caller& caller, std::string_view recipient,
                                 const TokenRequest& request);
  /// A new token; with a grace, those there are end after it, or when they would have anyway.
  Result<IssuedToken> RotateToken(const auth::Caller& caller, std::string_view recipient,
                                  std::optional<std::chrono::seconds> grace,
                                  const TokenRequest& request);
  Result<void> RevokeToken(const auth::Caller& caller, std::string_view recipient,
                           std::string_view token_id);
  /// The profile file of a token.
  std::string ProfileText(const IssuedToken& token) const;
  /// The profile file of a recipient that gets tokens of its identity provider by a client of its
  /// own there. kSecretPlace stands where the recipient puts that client's secret. May block for a
  /// request to the provider. Errors: kInvalidArgument for a recipient that reads otherwise.
  Result<json::object> ClientProfile(const auth::Caller& caller, std::string_view recipient);
  static constexpr std::string_view kSecretPlace = "PUT-THE-CLIENT-SECRET-HERE";

  struct IssuedLink {
    Secret url;
    SystemTime expires_at;
  };
  /// A link that gives a new token's profile once; that of ClientProfile to a recipient with an
  /// identity provider, which is given no token in this way.
  Result<IssuedLink> IssueActivationLink(const auth::Caller& caller, std::string_view recipient,
                                         const TokenRequest& request);
  /// Spends a link: whoever has it is the recipient. Errors: kNotFound, in the same words, for a
  /// link that was used, has expired or never was.
  Result<std::string> Activate(const auth::Caller& caller, std::string_view code);
  /// Whether the link could be spent now; spends nothing.
  Result<void> CheckActivation(std::string_view code);

  // Grants.
  struct GrantRequest {
    std::string share;
    std::string recipient;
    std::optional<SystemTime> expires_at;
  };
  /// Granting again changes the end alone.
  Result<void> GrantShare(const auth::Caller& caller, const GrantRequest& request);
  Result<void> RevokeShare(const auth::Caller& caller, const GrantRequest& request);
  /// Names of recipients.
  struct GrantChanges {
    std::string share;
    std::vector<std::string> granted;  ///< A grant in force stays as it is, with its end.
    std::vector<std::string> revoked;
    bool revokes_others = false;  ///< Of everybody who is not in `granted`.
  };
  /// All of them or none.
  Result<void> ChangeGrants(const auth::Caller& caller, const GrantChanges& changes);

  struct CostRequest {
    protocol::TableRef table;
    std::string recipient;  ///< Who would read; empty: nobody in particular.
    std::string condition;
  };
  struct ReadCost {
    ReadSize size;
    std::optional<audit::CostReport> report;  ///< Where there are prices.
  };
  /// What reading a table once would give and cost. Errors: kNotImplemented where tables cannot be
  /// looked into.
  Result<ReadCost> ExplainCost(const auth::Caller& caller, const CostRequest& request);

  // What only admins manage.
  Result<std::vector<catalog::Principal>> ListPrincipals(const auth::Caller& caller);
  struct PrincipalRequest {
    std::string name;
    catalog::Role role = catalog::Role::kAuditor;
    std::string comment;
    std::optional<std::chrono::seconds> lifetime;  ///< Of its token.
  };
  /// A new principal, or one that is there with a new role and a new token; older ones end.
  Result<IssuedToken> CreatePrincipal(const auth::Caller& caller, const PrincipalRequest& request);
  Result<void> DropPrincipal(const auth::Caller& caller, std::string_view name);
  Result<std::vector<catalog::LocationRoot>> ListRoots(const auth::Caller& caller);
  Result<catalog::LocationRoot> PutRoot(const auth::Caller& caller, catalog::LocationRoot root);
  Result<void> DropRoot(const auth::Caller& caller, std::string_view name);
  Result<std::vector<catalog::Issuer>> ListIssuers(const auth::Caller& caller);
  Result<catalog::Issuer> PutIssuer(const auth::Caller& caller, catalog::Issuer issuer);
  Result<void> DropIssuer(const auth::Caller& caller, std::string_view name);
  struct QuotaRequest {
    std::string recipient;  ///< Names; empty as in catalog::Quota.
    std::string share;
    catalog::Measure measure = catalog::Measure::kRequests;
    catalog::Window window = catalog::Window::kSecond;
    std::int64_t limit = 0;
  };
  Result<std::vector<catalog::Quota>> ListQuotas(const auth::Caller& caller);
  /// Replaces the quota of the same recipient, share, measure and window.
  Result<catalog::Quota> PutQuota(const auth::Caller& caller, const QuotaRequest& request);
  Result<void> DropQuota(const auth::Caller& caller, std::string_view id);

  /// The fingerprints of the master keys, newest first.
  Result<std::vector<std::string>> ListKeys(const auth::Caller& caller);
  /// Makes a new master key; what the last one made stays good until the next rotation.
  Result<std::vector<std::string>> RotateKeys(const auth::Caller& caller);

  /// All metrics as Prometheus scrapes them.
  std::string RenderMetrics() const { return dependencies_.metrics.Render(); }

  const Dependencies& dependencies() const { return dependencies_; }

 private:
  /// What a change did to one object, for its record.
  struct Changed {
    std::string object;      ///< "share sales", "recipient acme", ...
    std::string share = {};  ///< The one it is about or part of; its owner may look at the record.
    json::value before;      ///< Null: it was not there.
    json::value after;
    audit::Action action = audit::Action::kChange;
  };
  // What was not there before, or is no more after, is null.
  static Changed ShareChange(const catalog::ManagedShare& share, json::value before,
                             json::value after);
  static Changed EntryChange(const catalog::ManagedShare& share, const catalog::Entry& entry,
                             json::value before, json::value after);
  using Body = std::function<Result<Changed>(catalog::Transaction& transaction)>;
  using BodyOfSeveral =
      std::function<Result<std::vector<Changed>>(catalog::Transaction& transaction)>;
  /// Runs a change: one transaction, one record, in force on this node.
  Result<void> Change(const auth::Caller& caller, const Body& body);
  /// The same for several objects, a record for each.
  Result<void> ChangeSeveral(const auth::Caller& caller, const BodyOfSeveral& body);
  /// Changes one recipient of the caller's by what `edit` does to it.
  Result<void> EditRecipient(const auth::Caller& caller, std::string_view name,
                             const std::function<Result<void>(catalog::Transaction& transaction,
                                                              catalog::ManagedRecipient&)>& edit);
  Result<Changed> PutNewGrant(catalog::Transaction& transaction, const auth::Caller& caller,
                              const GrantRequest& request);
  Result<Changed> DropGrant(catalog::Transaction& transaction, const auth::Caller& caller,
                            const GrantRequest& request);
  Result<void> RecordChange(const auth::Caller& caller, const Changed& changed, const Error* fault);

  Result<catalog::ManagedShare> FindOwnShare(catalog::Transaction& transaction,
                                             const auth::Caller& caller, std::string_view name);
  Result<catalog::ManagedRecipient> FindOwnRecipient(catalog::Transaction& transaction,
                                                     const auth::Caller& caller,
                                                     std::string_view name);
  static Result<catalog::Entry> FindEntry(catalog::Transaction& transaction,
                                          const catalog::ManagedShare& share,
                                          const EntryName& name);
  Result<void> CheckLocation(const auth::Caller& caller, const EntryRequest& request,
                             bool is_folder);
  Result<json::object> ClientProfileOf(const catalog::ManagedRecipient& recipient) const;
  Result<std::optional<std::string>> ClientProfileOfLink(std::string_view code);
  Result<catalog::TokenRecord> NewToken(const catalog::ManagedRecipient& recipient,
                                        const TokenRequest& request, const Secret& text) const;
  Result<std::string> GrantableShare(catalog::Transaction& transaction, const auth::Caller& caller,
                                     std::string_view name) const;

  const Dependencies dependencies_;
  const Options options_;
  mutable std::mutex mutex_;  ///< Guards endpoint_.
  std::string endpoint_;
};

}  // namespace sluice::admin
