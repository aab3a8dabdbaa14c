#include "audit/system_calls.h"

#include <fcntl.h>
#include <unistd.h>

namespace sluice::audit {

int SystemCalls::Create(const char* path) const {
  return ::open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
}

ssize_t SystemCalls::Write(int fd, const char* bytes, std::size_t count, off_t offset) const {
  return ::pwrite(fd, bytes, count, offset);
}

int SystemCalls::Sync(int fd) const { return ::fdatasync(fd); }

int SystemCalls::Truncate(int fd, off_t size) const { return ::ftruncate(fd, size); }

const SystemCalls& SystemCalls::Real() {
  static const SystemCalls calls;
  return calls;
}

}  // namespace sluice::audit
