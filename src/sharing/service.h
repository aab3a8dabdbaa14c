#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "audit/journal.h"
#include "audit/quota.h"
#include "auth/authenticator.h"
#include "base/result.h"
#include "catalog/catalog.h"
#include "crypto/sealed_token.h"
#include "observe/log.h"
#include "protocol/capabilities.h"
#include "protocol/list.h"
#include "protocol/names.h"
#include "protocol/query.h"
#include "protocol/temporary_credentials.h"
#include "sharing/admission.h"
#include "sharing/answer.h"
#include "sharing/async_queries.h"
#include "sharing/commit_range.h"
#include "sharing/directory_access.h"
#include "sharing/download_log.h"
#include "sharing/file_response.h"
#include "sharing/page_token.h"
#include "sharing/table_cache.h"
#include "storage/file_url.h"
#include "storage/stores.h"

namespace sluice::sharing {

/// What recipients can do. Every method takes who asks and shows only what is granted to them: what
/// is not granted looks like what is not there. Thread-safe.
class SharingService {
 public:
  struct Options {
    std::chrono::seconds url_lifetime{3600};
    std::chrono::seconds credential_lifetime{3600};  ///< As CredentialVendor takes it.
    std::chrono::seconds page_token_lifetime{3 * 24 * 3600};
    std::chrono::seconds refresh_token_lifetime{3600};
    std::int64_t max_page_files = 10'000;  ///< A client that asks for larger pages gets these.
    /// How long a query that may be answered asynchronously is waited for before it is.
    std::chrono::milliseconds async_wait{5'000};
    config::ServingTerms serving;  ///< Where neither table nor share says otherwise.
    AsyncQueries::Options async;
    std::vector<std::string> allowed_roots;  ///< Where files may lie outside their table's root.
  };
  /// All must outlive the service.
  struct Dependencies {
    const catalog::Catalog& catalog;
    TableCache& tables;
    storage::Stores& stores;
    const storage::FileUrlSigner& urls;
    const crypto::TokenSealer& tokens;
    const Clock& clock;
    observe::Logger& log;
    audit::Quotas* quotas = nullptr;    ///< Null: none.
    audit::Journal* journal = nullptr;  ///< Null: nothing is recorded.
  };
  SharingService(const Dependencies& dependencies, Options options);

  /// What links to files begin with.
  struct LinkBase {
    std::string base_url;  ///< "http://127.0.0.1:8080/delta-sharing"
    /// The same for downloads that a token is sent with; empty: `base_url`. The listener for files
    /// is plain HTTP, where a token must not go.
    std::string base_url_with_token = {};
    /// Set if the owner named no public URL: the path below the origin that a trusted proxy tells.
    std::optional<std::string> prefix_behind_proxy;
  };
  void SetLinkBase(LinkBase base);

  // Lists are in configuration order, each answered as its one line of JSON.
  // Errors: kNotFound; kInvalidArgument for a bad page token.
  Result<std::string> ListShares(const auth::Caller& caller,
                                 const protocol::ListRequest& request) const;
  Result<std::string> GetShare(const auth::Caller& caller, const protocol::ShareName& name) const;
  Result<std::string> ListSchemas(const auth::Caller& caller, const protocol::ShareName& share,
                                  const protocol::ListRequest& request) const;
  Result<std::string> ListTables(const auth::Caller& caller, const protocol::ShareName& share,
                                 const protocol::SchemaName& schema,
                                 const protocol::ListRequest& request) const;
  Result<std::string> ListAllTables(const auth::Caller& caller, const protocol::ShareName& share,
                                    const protocol::ListRequest& request) const;

  /// OpenSharing's Get Table. Source: OpenSharing spec/protocols/TABLES.md.
  Result<std::string> GetTable(const auth::Caller& caller, const protocol::TableRef& ref) const;

  // Errors of what follows: kNotFound if the table does not exist or is not granted; kUnsupported
  // if it, or the format asked for, cannot be served; kInvalidArgument for versions, times and
  // tokens that are not good; those of table::Table.
  /// `stale_for` here and in what follows: see LatestSnapshot.
  struct TableVersion {
    table::Version version;
    std::optional<std::chrono::milliseconds> stale_for;
  };
  Result<TableVersion> GetTableVersion(const auth::Caller& caller,
                                       const protocol::TableVersionRequest& request);

  struct TableHead {
    table::Version version;
    std::optional<std::chrono::milliseconds> stale_for;
    protocol::ResponseFormat format;
    std::string lines;
  };
  Result<TableHead> GetTableMetadata(const auth::Caller& caller,
                                     const protocol::TableMetadataRequest& request);

  /// Temporary credentials for the table's directory, or for one below it. Before they are given, a
  /// line of the log says to whom and for what. Errors also: kUnsupported and kInvalidArgument
  /// where none may be had, see FindDirectoryAccess; kInvalidArgument for another location.
  struct TableCredentials {
    std::string location;  ///< A URI.
    storage::VendedCredentials vended;
  };
  Result<TableCredentials> VendCredentials(const auth::Caller& caller,
                                           const protocol::TemporaryCredentialsRequest& request);

  /// Files of a version, the latest unless asked otherwise, or what a range of versions added and
  /// removed; each to get a signed URL. Hints only skip files. `forwarded_origin` is how the client
  /// reached a trusted proxy, empty if there is none.
  Result<TableAnswer> QueryTable(const auth::Caller& caller,
                                 const protocol::QueryTableRequest& request,
                                 std::string_view forwarded_origin = {});
  /// As QueryTable, for a client that is willing to wait: the id of the query to ask for again if
  /// it is not ready soon.
  struct PendingQuery {
    std::string id;
    table::Version version;
    std::optional<protocol::FileIdHash> id_hash;
  };
  using AsyncAnswer = std::variant<TableAnswer, PendingQuery>;
  Result<AsyncAnswer> SubmitQuery(const auth::Caller& caller,
                                  const protocol::QueryTableRequest& request,
                                  std::string_view forwarded_origin = {});
  /// Asks for a submitted query. Errors also: kNotFound if there is none of that id.
  Result<AsyncAnswer> PollQuery(const auth::Caller& caller,
                                const protocol::PollQueryRequest& request,
                                std::string_view forwarded_origin = {});
  /// The change data feed of a range of versions.
  Result<TableAnswer> ReadChanges(const auth::Caller& caller,
                                  const protocol::TableChangesRequest& request,
                                  std::string_view forwarded_origin = {});

  /// Opens the file of a signed URL: `path` is what follows `/files/`, `query` what follows '?',
  /// both still encoded; `caller` is nobody where no token came with it. Errors: kPermissionDenied
  /// for a URL that is not (or no longer) good, whatever the reason; kUnauthenticated if the
  /// table's downloads need the token of the URL's recipient too; kUnavailable if the store does
  /// not answer.
  struct SharedFile {
    std::string recipient;  ///< To whom the URL was given.
    protocol::TableRef table;
    DataFile file;
    std::shared_ptr<DownloadLog::Link> link;  ///< Counts what is sent; null if nothing is recorded.
  };
  Result<SharedFile> OpenFile(const auth::Caller& caller, std::string_view path,
                              std::string_view query) const;

 private:
  /// A table that the caller may read.
  struct GrantedTable {
    catalog::ViewPtr view;  ///< Keeps the next two alive.
    const catalog::Share* share = nullptr;
    const catalog::SharedTable* shared = nullptr;
    std::string root;              ///< Canonical.
    config::ServingTerms serving;  ///< Nothing is left out.
  };
  /// Who asks for what, as far as all answers about a table need it.
  struct Asker {
    const auth::Caller& caller;
    const protocol::Capabilities& capabilities;
    std::optional<protocol::FileIdHash> id_hash;
    std::string_view forwarded_origin;
    std::optional<table::Version> pinned = {};  ///< An asynchronous query's.
  };
  /// Which version of a table to answer about; the latest if neither is set.
  struct VersionChoice {
    std::optional<table::Version> version;
    std::optional<SystemTime> timestamp;
    bool is_latest() const { return !version && !timestamp; }
  };
  /// The snapshot that a page or a refreshed answer is pinned to.
  struct Pin;
  /// What a query of one version begins with.
  struct QueryStart {
    table::SnapshotPtr snapshot;
    std::optional<protocol::CommitStamp> stamp;  ///< If the query named a version or a time.
    std::size_t first = 0;                       ///< Files on the pages before.
    std::optional<std::chrono::milliseconds> stale_for;
  };
  /// What a range of versions is asked for with, and the versions that come of it.
  struct RangeTerms;
  struct RangeBounds;

  Result<DataFile> OpenDataFile(const std::string& root, const storage::DataPath& path) const;
  catalog::RecipientView SeenBy(const auth::Caller& caller, const catalog::View& view) const {
    return view.SeenBy(caller.recipient, dependencies_.clock.Now());
  }
  Result<GrantedTable> Grant(const auth::Caller& caller, const protocol::TableRef& ref) const;
  /// A table whose data the caller is about to read; the permit is to be kept until it has.
  Result<audit::Quotas::Permit> AdmitQuery(const auth::Caller& caller, const GrantedTable& table);
  Result<LatestSnapshot> LatestOf(const GrantedTable& table);
  Result<LatestSnapshot> SnapshotFor(const GrantedTable& table, const VersionChoice& choice);
  Result<table::SnapshotPtr> PinnedSnapshot(const GrantedTable& table, const Pin& pin,
                                            std::string_view noun);
  Result<table::Version> VersionFor(const GrantedTable& table, const VersionChoice& choice);
  Result<void> Prepare(const AsyncQuery& query);
  Result<AsyncAnswer> AnswerAsync(const GrantedTable& table, const Asker& asker,
                                  const AsyncQuery& query, const protocol::QueryBody& body,
                                  std::chrono::milliseconds wait);
  Result<QueryStart> StartQuery(const GrantedTable& table, const Asker& asker,
                                const protocol::QueryBody& body);
  Result<TableAnswer> QuerySnapshot(const GrantedTable& table, const Asker& asker,
                                    const protocol::QueryBody& body);
  Result<TableAnswer> QueryRange(const GrantedTable& table, const Asker& asker,
                                 const protocol::QueryBody& body);
  Result<RangeBounds> QueryBounds(const GrantedTable& table, const protocol::QueryBody& body);
  Result<RangeBounds> ChangesBounds(const GrantedTable& table, table::History& history,
                                    const protocol::TableChangesRequest& request);
  Result<TableAnswer> ContinueRange(const GrantedTable& table, const Asker& asker,
                                    const table::HistoryPtr& history, const RangeTerms& terms);
  Result<TableAnswer> AnswerRange(const GrantedTable& table, const Asker& asker,
                                  const table::HistoryPtr& history, const RangeTerms& terms,
                                  const RangeBounds& bounds, const RangePosition& position);
  static Result<protocol::ResponseFormat> FormatOfRange(const Asker& asker,
                                                        const table::Snapshot& start,
                                                        const table::Snapshot& end);
  TokenScope PageScope(const GrantedTable& table, const Asker& asker, std::string parameters) const;
  TokenScope RefreshScope(const GrantedTable& table, const Asker& asker) const;
  Result<std::optional<protocol::EndStreamAction>> PlanEnd(const GrantedTable& table,
                                                           const Asker& asker,
                                                           const protocol::QueryBody& body,
                                                           const Pin& pin,
                                                           SystemTime urls_expire_at) const;
  Result<protocol::CommitStamp> StampOf(const GrantedTable& table, table::Version version);
  /// Of the three ways, those with links.
  Result<std::shared_ptr<const FileLinks>> LinksFor(const GrantedTable& table,
                                                    const Asker& asker) const;
  Result<DirectoryAccess> DirectoryOf(const GrantedTable& table) const;
  Result<LineContext> ContextOf(const GrantedTable& table, const Asker& asker,
                                protocol::ResponseFormat format) const;
  TableRoots RootsOf(const GrantedTable& table) const {
    return {.root = table.root, .allowed_roots = options_.allowed_roots};
  }
  std::optional<std::size_t> PageSize(std::optional<std::int32_t> max_files) const;

  /// Renders one page of a list of `size` items: `add(encoder, i)` renders item i. `list` names the
  /// list, so that a token of one is no good for another.
  template <typename Add>
  Result<std::string> EncodeList(const auth::Caller& caller, const std::string& list,
                                 std::size_t size, const protocol::ListRequest& request,
                                 Add&& add) const;
  /// What lists say of a table; it looks at `location`, which is filled where credentials are
  /// given.
  protocol::TableItem TableItemOf(const catalog::SharedTable& table, std::string& location) const;
  std::string FileBaseUrl(std::string_view forwarded_origin, bool needs_token) const;

  const Dependencies dependencies_;
  const Options options_;
  mutable std::mutex mutex_;  ///< Guards link_base_.
  LinkBase link_base_;
  std::unique_ptr<DownloadLog> downloads_;  ///< Null without a journal.
  AsyncQueries async_queries_;              ///< Last: its threads use what is above.
};

}  // namespace sluice::sharing
