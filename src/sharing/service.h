#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/authenticator.h"
#include "base/result.h"
#include "catalog/catalog.h"
#include "crypto/sealed_token.h"
#include "protocol/capabilities.h"
#include "protocol/list.h"
#include "protocol/names.h"
#include "protocol/query.h"
#include "sharing/table_answer.h"
#include "sharing/table_cache.h"
#include "storage/file_url.h"
#include "storage/local_files.h"

namespace sluice::sharing {

/// What recipients can do. Every method takes who asks and shows only what is granted to them: what
/// is not granted looks like what is not there. Thread-safe.
class SharingService {
 public:
  struct Options {
    std::chrono::seconds url_lifetime{3600};
    std::chrono::seconds page_token_lifetime{3 * 24 * 3600};
    std::vector<std::string>
        allowed_roots;  ///< Where data files may lie outside their table's root.
  };
  /// All must outlive the service.
  struct Dependencies {
    const catalog::Catalog& catalog;
    TableCache& tables;
    const storage::FileUrlSigner& urls;
    const crypto::TokenSealer& tokens;
  };
  SharingService(const Dependencies& dependencies, Options options);

  /// What links to files begin with.
  struct FileLinks {
    std::string base_url;  ///< "http://127.0.0.1:8080/delta-sharing"
    /// Set if the owner named no public URL: the path below the origin that a trusted proxy tells.
    std::optional<std::string> prefix_behind_proxy;
  };
  void SetFileLinks(FileLinks links);

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

  // Errors of what follows: kNotFound if the table does not exist or is not granted; kUnsupported
  // if it, or the format asked for, cannot be served; those of table::Table::Latest.
  Result<table::Version> GetTableVersion(const auth::Caller& caller,
                                         const protocol::TableVersionRequest& request);

  struct TableHead {
    table::Version version;
    protocol::ResponseFormat format;
    std::string lines;
  };
  Result<TableHead> GetTableMetadata(const auth::Caller& caller,
                                     const protocol::TableMetadataRequest& request);

  /// The files of the latest version, each to get a signed URL. Hints only skip files.
  /// `forwarded_origin` is how the client reached a trusted proxy, empty if there is none.
  Result<TableFiles> QueryTable(const auth::Caller& caller,
                                const protocol::QueryTableRequest& request,
                                std::string_view forwarded_origin = {});

  /// Opens the file of a signed URL: `path` is what follows `/files/`, `query` what follows '?',
  /// both still encoded. Errors: kPermissionDenied for a URL that is not (or no longer) good,
  /// whatever the reason.
  struct SharedFile {
    std::string recipient;  ///< To whom the URL was given.
    protocol::TableRef table;
    storage::LocalFile file;
  };
  Result<SharedFile> OpenFile(std::string_view path, std::string_view query) const;

 private:
  /// A table that the caller may read, at its latest version.
  struct OpenTable {
    catalog::ViewPtr view;  ///< Keeps `shared` alive.
    const catalog::SharedTable* shared = nullptr;
    std::string root;  ///< Absolute, normalised.
    table::SnapshotPtr snapshot;
  };
  Result<OpenTable> Open(const auth::Caller& caller, const protocol::TableRef& ref);
  /// Renders one page of a list of `size` items: `add(encoder, i)` renders item i. `list` names the
  /// list, so that a token of one is no good for another.
  template <typename Add>
  Result<std::string> EncodeList(const auth::Caller& caller, const std::string& list,
                                 std::size_t size, const protocol::ListRequest& request,
                                 Add&& add) const;
  std::string FileBaseUrl(std::string_view forwarded_origin) const;

  const Dependencies dependencies_;
  const Options options_;
  mutable std::mutex mutex_;  ///< Guards file_links_.
  FileLinks file_links_;
};

}  // namespace sluice::sharing
