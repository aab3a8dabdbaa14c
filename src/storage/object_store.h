#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace sluice::storage {

struct ObjectInfo {
  std::string name;  ///< Of the object within its directory.
  std::uint64_t size_bytes = 0;
  SystemTime modified_at;
};

/// Which names of a directory to list.
struct ListRequest {
  std::string_view directory;    ///< Without a trailing '/'.
  std::string_view start_after;  ///< Strictly after this name; empty for all.
  std::size_t limit = 1000;      ///< S3 gives at most 1,000 names an answer.
};

/// One object, open for reading parts of it. Thread-safe.
class RandomAccessObject {
 public:
  virtual ~RandomAccessObject() = default;
  virtual std::uint64_t size_bytes() const = 0;
  /// Fills `out` with the bytes from `offset` on.
  /// Errors: kInvalidArgument if that passes the end; kUnavailable if the object is cut short or
  /// replaced meanwhile, or the store fails.
  virtual Result<void> ReadAt(std::uint64_t offset, std::span<char> out) const = 0;
};

/// Where tables lie: named runs of bytes, written once and whole. A path is the store's own
/// spelling of a name: absolute for local files, without a leading '/' in a bucket.
/// Every store keeps the promises in object_store_contract_test.cc:
///  - a list is in byte order of the names, resumes strictly after `start_after`, and holds the
///    objects of the directory itself, none of those below;
///  - a list shorter than `limit` is the end. A directory that holds nothing or is not there is an
///    empty list, since a bucket cannot tell the two apart;
///  - an object that was put is whole, and found by all reads that start after;
///  - failures are kNotFound, kPermissionDenied or kUnavailable (trying again may help), name the
///    object and keep its path for the detail.
/// Thread-safe.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  virtual Result<std::vector<ObjectInfo>> List(const ListRequest& request) = 0;
  virtual Result<ObjectInfo> Stat(std::string_view path) = 0;
  /// Errors also: kTooLarge if the object is longer than `max_bytes`.
  virtual Result<std::string> ReadAll(std::string_view path, std::uint64_t max_bytes) = 0;
  virtual Result<std::unique_ptr<RandomAccessObject>> Open(std::string_view path) = 0;
  /// Errors also: kAlreadyExists if there is an object of that path, which stays as it was.
  virtual Result<void> PutIfAbsent(std::string_view path, std::string_view bytes) = 0;
};

/// Files of this machine or of a mounted file system. Follows symbolic links.
std::unique_ptr<ObjectStore> NewLocalStore();

/// Holds everything in memory and stamps it by `clock`, which must outlive the store. For tests.
std::unique_ptr<ObjectStore> NewMemoryStore(const Clock& clock);

/// The last segment of a path.
std::string_view NameOf(std::string_view path);

}  // namespace sluice::storage
