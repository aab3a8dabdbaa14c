#include "storage/small_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/encoding.h"
#include "base/file_descriptor.h"
#include "storage/posix_error_internal.h"

namespace sluice::storage {
namespace {

constexpr std::size_t kMaxSecretFileBytes = 64 << 10;

}  // namespace

Result<std::string> ReadSmallFile(const std::string& path, std::size_t max_bytes) {
  // O_NONBLOCK, since opening a FIFO would otherwise wait for its writer.
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status;
  if (!file.valid() || fstat(file.get(), &status) != 0) return PosixError(path, errno);
  if (!S_ISREG(status.st_mode)) {
    return WithDetail(NotFound("{} is not a file", NameOf(path)), path);
  }
  std::string text;
  while (text.size() <= max_bytes) {
    constexpr std::size_t kPieceBytes = 16 << 10;
    const std::size_t start = text.size();
    text.resize(start + std::min(kPieceBytes, max_bytes + 1 - start));
    const ssize_t count = read(file.get(), text.data() + start, text.size() - start);
    if (count < 0 && errno != EINTR) return PosixError(path, errno);
    text.resize(start + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count == 0) return text;
  }
  return WithDetail(TooLarge("{} is longer than {} bytes", NameOf(path), max_bytes), path);
}

Result<Secret> ReadSecretFile(const std::string& path) {
  const std::string text = TRY(ReadSmallFile(path, kMaxSecretFileBytes));
  const std::string_view trimmed = TrimAsciiSpace(text);
  if (trimmed.empty()) return WithDetail(CorruptData("{} is empty", NameOf(path)), path);
  return Secret(std::string(trimmed));
}

}  // namespace sluice::storage
