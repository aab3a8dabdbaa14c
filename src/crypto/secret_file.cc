#include "crypto/secret_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "base/encoding.h"
#include "base/file_descriptor.h"
#include "crypto/random.h"

namespace sluice::crypto {
namespace {

constexpr std::size_t kMaxSecretBytes = 4096;

Error CannotUse(const std::string& path, int error_number) {
  const std::string detail = Format("{}: {}", path, std::strerror(error_number));
  switch (error_number) {
    case ENOENT: return WithDetail(NotFound("the secret file does not exist"), detail);
    case EACCES:
    case EPERM:
    case ELOOP: return WithDetail(PermissionDenied("the secret file may not be used"), detail);
    default: return WithDetail(Unavailable("the secret file cannot be used"), detail);
  }
}

Result<Secret> Load(const std::string& path) {
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat status {};
  if (!file.valid() || fstat(file.get(), &status) != 0) return CannotUse(path, errno);
  if (!S_ISREG(status.st_mode)) {
    return WithDetail(PermissionDenied("the secret file is not a file"), path);
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return WithDetail(PermissionDenied("the secret file is open to others than its owner"),
                      path + ": chmod 600 it, and replace the secret if it may have been read");
  }
  std::array<char, kMaxSecretBytes + 1> buffer;
  const ssize_t count = read(file.get(), buffer.data(), buffer.size());
  if (count < 0) return CannotUse(path, errno);
  const std::string_view text(buffer.data(), static_cast<std::size_t>(count));
  const std::string_view line = TrimAsciiSpace(text);
  if (line.empty() || text.size() > kMaxSecretBytes) {
    return WithDetail(CorruptData("the secret file is empty or too long"), path);
  }
  return Secret(std::string(line));
}

Result<void> WriteAndSync(const std::string& path, std::string_view text) {
  const FileDescriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.valid()) return CannotUse(path, errno);
  const ssize_t count = write(file.get(), text.data(), text.size());
  if (count < 0) return CannotUse(path, errno);
  if (static_cast<std::size_t>(count) != text.size()) return CannotUse(path, ENOSPC);
  if (fsync(file.get()) != 0) return CannotUse(path, errno);
  return {};
}

/// Makes the file whole or not at all, and never replaces one that is there.
Result<void> CreateIfAbsent(const std::string& path, std::string_view text) {
  const std::string draft = path + "." + RandomToken(9);
  const Result<void> written = WriteAndSync(draft, text);
  const int linked = written.ok() ? link(draft.c_str(), path.c_str()) : 0;
  const int error_number = errno;
  unlink(draft.c_str());
  if (!written.ok()) return written;
  if (linked != 0 && error_number != EEXIST) return CannotUse(path, error_number);
  return {};
}

}  // namespace

Result<Secret> LoadSecretText(const std::string& path) { return Load(path); }

Result<Secret> LoadOrCreateSecretText(const std::string& path,
                                      const std::function<std::string()>& generate) {
  Result<Secret> found = Load(path);
  if (found.ok() || found.error().code != ErrorCode::kNotFound) return found;
  TRY(CreateIfAbsent(path, generate() + "\n"));
  return Load(path);
}

}  // namespace sluice::crypto
