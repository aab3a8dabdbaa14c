#include "sharing/directory_access.h"

#include <utility>

#include "storage/location.h"

namespace sluice::sharing {
namespace {

/// Whether the share withholds nothing of what the directory holds.
Result<void> CheckWholeHistoryShared(const catalog::SharedTable& table) {
  // The reference server's words.
  if (!table.history_shared) {
    return InvalidArgument(
        "Temporary table credentials are not supported because history sharing is not enabled on "
        "table: {}",
        table.ref.ToString());
  }
  if (table.start_version > 0) {
    return InvalidArgument(
        "Temporary table credentials are not supported because table {} is shared since version {}",
        table.ref.ToString(), table.start_version);
  }
  return {};
}

}  // namespace

Result<DirectoryAccess> FindDirectoryAccess(const ServedTable& table, storage::Stores& stores) {
  const std::string name = table.shared.ref.ToString();
  if (table.serving.delivery != config::Delivery::kDirectory) {
    return Unsupported("no temporary credentials are given for table {}: query it instead", name);
  }
  TRY(CheckWholeHistoryShared(table.shared));
  storage::Store store = TRY(stores.Find(table.root));
  if (store.vendor == nullptr) {
    return Unsupported("the store of table {} gives no temporary credentials: query it instead",
                       name);
  }
  DirectoryAccess access{.uri = TRY(store.vendor->UriOf(table.root)), .vendor = {}};
  access.vendor = std::move(store.vendor);
  return access;
}

Result<std::string> RequestedDirectory(std::string_view location, std::string_view root,
                                       const DirectoryAccess& access) {
  // Read alike, so that any spelling of the place will do: s3a for s3, wasbs for abfss.
  const storage::Location whole = TRY(storage::ParseLocation(access.uri, "/"));
  const auto requested = storage::ParseLocation(location, "/");
  if (!requested.ok() || !storage::IsWithin(requested->path, whole.path)) {
    return InvalidArgument(
        "the requested location must be the same as or under this table's configured storage "
        "location");
  }
  return std::string(root) + requested->path.substr(whole.path.size());
}

}  // namespace sluice::sharing
