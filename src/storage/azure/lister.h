#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "storage/azure/container.h"
#include "storage/azure/list_page.h"
#include "storage/object_store.h"

namespace sluice::storage::azure {

/// Lists the blobs of directories. Thread-safe.
///
/// The service can begin a list at a name since version 2026-02-06 (`startFrom`, inclusive); older
/// services pass over the parameter. What it means exactly is documented in a sentence, so an
/// answer is believed only for what it shows: one that holds `start_after` or a lesser name holds
/// all that follow, whatever the parameter did. That is every refresh of a log from a commit that
/// is there: one request. Otherwise the whole directory is listed, 5,000 names a request, and the
/// two are compared: if they agree, answers of this store are believed from then on; if they
/// disagree thrice, or the parameter is passed over or refused, it is not sent again. Without it, a
/// list costs one request for every 5,000 names up to where it begins.
class Lister {
 public:
  explicit Lister(std::shared_ptr<const Container> container) : container_(std::move(container)) {}

  /// As ObjectStore::List, but a list shorter than the limit is at its end.
  Result<std::vector<ObjectInfo>> List(const ListRequest& request);
  /// As ObjectStore::ListFolders.
  Result<std::vector<std::string>> ListFolders(std::string_view directory, std::size_t max_folders);

 private:
  struct Range {
    std::string prefix;
    std::string start_after;
    std::size_t limit = 0;       ///< Of blobs, or of folders if these are wanted.
    bool is_of_folders = false;  ///< Whether folders are wanted, and no blobs.
    bool starts_from = false;    ///< Whether the service is asked to begin at `start_after`.
  };
  struct Found {
    std::vector<ObjectInfo> blobs;  ///< Those after `start_after`.
    std::set<std::string> folders;
    /// The first name of the answer, which may be a lesser one; nothing if it is empty.
    std::optional<std::string> first_name;
  };
  enum class StartFrom { kUntried, kProven, kUseless };

  /// What lies directly in `directory`, from its first name on.
  Result<Range> RangeOf(std::string_view directory) const;
  Result<std::optional<Found>> ListFrom(Range range);
  Result<Found> ListPages(const Range& range);
  static bool Take(const Range& range, ListPage& page, Found& found);
  Result<http::ClientResponse> AskPage(const Range& range, std::string_view marker);
  void Compare(const Found& from, const Found& scanned, const std::string& start_after);

  const std::shared_ptr<const Container> container_;
  std::atomic<StartFrom> start_from_{StartFrom::kUntried};
  std::atomic<int> disagreements_{0};
};

}  // namespace sluice::storage::azure
