#include "cli/private_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/file_descriptor.h"

namespace sluice::cli {
namespace {

Error FaultOf(const std::string& path) {
  return InvalidArgument("cannot write {}: {}", path, std::strerror(errno));
}

Result<void> WriteAll(const std::string& path, std::string_view text) {
  constexpr mode_t kOwnerOnly = 0600;
  const FileDescriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerOnly));
  if (!file.valid()) return FaultOf(path);
  while (!text.empty()) {
    const ssize_t written = ::write(file.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return FaultOf(path);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(file.get()) != 0) return FaultOf(path);
  return {};
}

}  // namespace

Result<void> WritePrivateFile(const std::string& path, std::string_view text) {
  const std::string temporary = Format("{}.{}.tmp", path, ::getpid());
  auto written = WriteAll(temporary, text);
  if (written.ok() && std::rename(temporary.c_str(), path.c_str()) != 0) written = FaultOf(path);
  if (!written.ok()) ::unlink(temporary.c_str());
  return written;
}

}  // namespace sluice::cli
