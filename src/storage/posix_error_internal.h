#pragma once

#include <cerrno>
#include <cstring>
#include <string_view>

#include "base/result.h"
#include "storage/object_store.h"

namespace sluice::storage {

/// What a failed system call on a file means to whoever reads tables.
inline Error PosixError(std::string_view path, int error_number) {
  const std::string detail = Format("{}: {}", path, std::strerror(error_number));
  const std::string_view name = NameOf(path);
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG: return WithDetail(NotFound("{} does not exist", name), detail);
    case EACCES:
    case EPERM:
    case ELOOP: return WithDetail(PermissionDenied("{} may not be accessed", name), detail);
    case EEXIST: return WithDetail(AlreadyExists("{} exists already", name), detail);
    default: return WithDetail(Unavailable("{} cannot be reached for now", name), detail);
  }
}

}  // namespace sluice::storage
