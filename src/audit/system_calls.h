#pragma once

#include <sys/types.h>

#include <cstddef>

namespace sluice::audit {

/// The system calls by which the journal writes, so that tests can have them fail. They return what
/// the system's do, and set errno. Thread-safe.
class SystemCalls {
 public:
  virtual ~SystemCalls() = default;
  /// Makes a file of mode 0600, which must not be there, and opens it to read and write.
  virtual int Create(const char* path) const;
  virtual ssize_t Write(int fd, const char* bytes, std::size_t count, off_t offset) const;
  /// Makes the file's bytes and length durable.
  virtual int Sync(int fd) const;
  virtual int Truncate(int fd, off_t size) const;

  static const SystemCalls& Real();
};

}  // namespace sluice::audit
