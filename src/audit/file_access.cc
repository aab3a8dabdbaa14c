#include "audit/file_access.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sluice::audit {

Error FileFault(std::string_view verb, const std::string& path, int error_number) {
  return WithDetail(Unavailable("the audit log cannot be {}", verb),
                    Format("{}: {}", path, std::strerror(error_number)));
}

Result<FileDescriptor> OpenToRead(const std::string& path) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (file.valid()) return file;
  if (errno == ENOENT) return WithDetail(NotFound("the audit log has no such file"), path);
  return FileFault("read", path, errno);
}

Result<std::int64_t> FileSize(const FileDescriptor& file, const std::string& path) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return FileFault("read", path, errno);
  return static_cast<std::int64_t>(status.st_size);
}

Result<void> ReadAt(const FileDescriptor& file, std::int64_t offset, std::size_t count,
                    std::string& out) {
  out.resize(count);
  std::size_t done = 0;
  while (done < count) {
    const ssize_t got =
        ::pread(file.get(), out.data() + done, count - done, offset + static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileFault("read", Format("at {}", offset), errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  out.resize(done);
  return {};
}

Result<std::string> ReadWhole(const std::string& path) {
  std::string text;
  Result<FileDescriptor> file = OpenToRead(path);
  if (!file.ok() && file.error().code == ErrorCode::kNotFound) return text;
  if (!file.ok()) return std::move(file).error();
  const std::int64_t size = TRY(FileSize(*file, path));
  TRY(ReadAt(*file, 0, static_cast<std::size_t>(size), text));
  return text;
}

Result<void> WriteAt(const WritePlace& place, std::int64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = place.calls.Write(place.file.get(), bytes.data(), bytes.size(), offset);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return FileFault("written", place.path, count < 0 ? errno : ENOSPC);
    bytes.remove_prefix(static_cast<std::size_t>(count));
    offset += count;
  }
  return {};
}

Result<void> SyncFile(const WritePlace& place) {
  if (place.calls.Sync(place.file.get()) == 0) return {};
  return FileFault("written", place.path, errno);
}

Result<void> SyncDirectory(const SystemCalls& calls, const std::string& directory) {
  const FileDescriptor folder = TRY(OpenToRead(directory));
  return SyncFile({calls, folder, directory});
}

}  // namespace sluice::audit
