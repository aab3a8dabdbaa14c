#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/file_descriptor.h"
#include "server/backup_internal.h"

namespace sluice::server {

Error FileFault(std::string_view what, const std::string& path, int error_number) {
  return Unavailable("{} cannot be {}: {}", path, what,
                     std::generic_category().message(error_number));
}

Result<void> SyncFolder(const std::string& path) {
  const FileDescriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.valid() || ::fsync(folder.get()) != 0) return FileFault("written", path, errno);
  return {};
}

}  // namespace sluice::server
