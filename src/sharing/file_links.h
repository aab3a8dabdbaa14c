#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "storage/data_path.h"
#include "storage/file_url.h"
#include "storage/stores.h"

namespace sluice::sharing {

/// Makes the links of one answer to a table's files. Thread-safe.
class FileLinks {
 public:
  virtual ~FileLinks() = default;
  /// Errors: kUnavailable if the store's signing service does not answer.
  virtual Result<void> Append(const storage::DataPath& path, std::string& out) const = 0;
  /// When the first of them ends.
  virtual SystemTime expires_at() const = 0;
  /// "url" or "proxy", for records.
  virtual std::string_view delivery() const = 0;
};

/// Links to this server's `/files`.
std::unique_ptr<FileLinks> LinksThroughServer(storage::PreparedFileUrls urls);

/// Links that the stores sign in which the files lie: that of `table_root`, and others for files
/// outside it. Errors: kUnsupported if the table's store signs none; those of Stores::Find and
/// UrlSigner::Prepare.
Result<std::unique_ptr<FileLinks>> LinksToStores(storage::Stores& stores, std::string table_root,
                                                 std::chrono::seconds lifetime);

}  // namespace sluice::sharing
