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
  /// The store's name for these very bytes, with its quotes; empty where the store has none.
  std::string etag = {};
};

/// S3 gives at most so many names an answer.
inline constexpr std::size_t kListPage = 1000;

/// Which names of a directory to list.
struct ListRequest {
  std::string_view directory;    ///< Without a trailing '/'.
  std::string_view start_after;  ///< Strictly after this name; empty for all.
  std::size_t limit = kListPage;
};

/// Part of an object.
struct ByteSpan {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
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
  /// Tells what will be read: one round after the other, the spans of a round side by side, each
  /// once from its front. Only makes that faster, where it can be read ahead (parts_ahead.h).
  virtual void WillRead(const std::vector<std::vector<ByteSpan>>& /*rounds*/) const {}
};

/// Bytes of one object, one after the other. Not thread-safe.
class ObjectStream {
 public:
  virtual ~ObjectStream() = default;
  /// Fills `out` from its front and says how far: less than all of it only at the end. Errors:
  /// kUnavailable if the object is cut short or replaced meanwhile, or the store fails.
  virtual Result<std::size_t> Read(std::span<char> out) = 0;
};

/// Where tables lie: named runs of bytes, written once and whole. A path is canonical (see
/// location.h): absolute for local files, "s3://bucket/key" in a bucket.
/// Every store keeps the promises in object_store_contract_test.cc:
///  - a list is in byte order of the names, resumes strictly after `start_after`, and holds the
///    objects of the directory itself, none of those below;
///  - a list shorter than `limit` is the end. A directory that holds nothing or is not there is an
///    empty list, since a bucket cannot tell the two apart;
///  - the folders of a directory are what has objects below it; a folder without any may be among
///    them. A folder whose name is empty is not;
///  - an object that was put is whole, and found by all reads that start after;
///  - failures are kNotFound, kPermissionDenied or kUnavailable (trying again may help), name the
///    object and keep its path for the detail.
/// Thread-safe.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  /// Whether a list costs what a Stat costs: one request over a network.
  virtual bool is_remote() const = 0;
  virtual Result<std::vector<ObjectInfo>> List(const ListRequest& request) = 0;
  /// The names of all folders directly below `directory`, in byte order and each once.
  /// Errors also: kTooLarge if there are more than `max_folders`; kUnsupported of a store that
  /// cannot list.
  virtual Result<std::vector<std::string>> ListFolders(std::string_view directory,
                                                       std::size_t max_folders) = 0;
  virtual Result<ObjectInfo> Stat(std::string_view path) = 0;
  /// Errors also: kTooLarge if the object is longer than `max_bytes`.
  virtual Result<std::string> ReadAll(std::string_view path, std::uint64_t max_bytes) = 0;
  virtual Result<std::unique_ptr<RandomAccessObject>> Open(std::string_view path) = 0;
  /// A part of the object that `info` describes, by one request. `info` is what this store said of
  /// it: an object that was replaced since is kUnavailable. Errors also: kInvalidArgument if `span`
  /// passes the end.
  virtual Result<std::unique_ptr<ObjectStream>> OpenStream(std::string_view path,
                                                           const ObjectInfo& info,
                                                           ByteSpan span) = 0;
  /// Errors also: kAlreadyExists if there is an object of that path, which stays as it was.
  virtual Result<void> PutIfAbsent(std::string_view path, std::string_view bytes) = 0;
};

/// Files of this machine or of a mounted file system. Follows symbolic links.
std::unique_ptr<ObjectStore> NewLocalStore();

/// Holds everything in memory and stamps it by `clock`, which must outlive the store. For tests.
std::unique_ptr<ObjectStore> NewMemoryStore(const Clock& clock);

/// Whether two descriptions are of the same bytes, as far as the store tells.
bool IsSameObject(const ObjectInfo& a, const ObjectInfo& b);

/// A part of an object that is open. Errors: kInvalidArgument if `span` passes its end.
Result<std::unique_ptr<ObjectStream>> StreamOf(std::unique_ptr<RandomAccessObject> object,
                                               ByteSpan span);

/// That a directory holds more folders than were asked for.
Error TooManyFolders(std::string_view directory, std::size_t max_folders);

/// The last segment of a path.
std::string_view NameOf(std::string_view path);

}  // namespace sluice::storage
