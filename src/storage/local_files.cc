#include "storage/local_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <climits>

#include "storage/location.h"
#include "storage/posix_error_internal.h"

namespace sluice::storage {
namespace {

/// Where the opened file or directory lies, after all symbolic links.
Result<std::string> RealPath(const FileDescriptor& file) {
  const std::string link = Format("/proc/self/fd/{}", file.get());
  std::array<char, PATH_MAX> buffer;
  const ssize_t count = readlink(link.c_str(), buffer.data(), buffer.size());
  if (count < 0) return PosixError(link, errno);
  if (static_cast<std::size_t>(count) == buffer.size()) return PosixError(link, ENAMETOOLONG);
  return std::string(buffer.data(), static_cast<std::size_t>(count));
}

bool LeadsIntoLog(std::string_view path) {
  return path.find("/_delta_log/") != std::string_view::npos;
}

/// Whether `real_path` is a data file below `root`. A root that is not there holds nothing.
bool RootHolds(const std::string& root, std::string_view real_path) {
  const FileDescriptor directory(open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) return false;
  const Result<std::string> real_root = RealPath(directory);
  if (!real_root.ok() || !IsWithin(real_path, *real_root)) return false;
  return !LeadsIntoLog(real_path.substr(real_root->size()));
}

bool AnyRootHolds(const LocalRoots& roots, std::string_view real_path) {
  if (RootHolds(roots.table_root, real_path)) return true;
  for (const std::string& root : roots.allowed_roots) {
    if (RootHolds(root, real_path)) return true;
  }
  return false;
}

LocalFile Describe(FileDescriptor file, const struct stat& status) {
  const auto size_bytes = static_cast<std::uint64_t>(status.st_size);
  const auto modified = std::chrono::seconds(status.st_mtim.tv_sec) +
                        std::chrono::nanoseconds(status.st_mtim.tv_nsec);
  return {.file = std::move(file),
          .size_bytes = size_bytes,
          .modified_at = SystemTime(std::chrono::floor<std::chrono::milliseconds>(modified)),
          .etag = Format("\"{:x}-{:x}\"", size_bytes, modified.count())};
}

}  // namespace

Result<LocalFile> OpenLocalFile(const LocalRoots& roots, const DataPath& data_path) {
  const std::string path =
      data_path.is_absolute ? data_path.path : Format("{}/{}", roots.table_root, data_path.path);
  // O_NONBLOCK, since opening a FIFO would otherwise wait for its writer.
  FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status;
  if (!file.valid() || fstat(file.get(), &status) != 0) return PosixError(path, errno);

  // Checking the opened file, not its name, leaves no moment in which the name could be given to
  // another.
  const std::string real_path = TRY(RealPath(file));
  if (!AnyRootHolds(roots, real_path)) {
    return WithDetail(PermissionDenied("{} lies outside the table", NameOf(path)),
                      Format("{} is {}", path, real_path));
  }
  if (!S_ISREG(status.st_mode)) {
    return WithDetail(NotFound("{} is not a file", NameOf(path)), path);
  }
  return Describe(std::move(file), status);
}

}  // namespace sluice::storage
