#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"
#include "base/secret.h"

namespace sluice::storage {

/// The text of a file of the owner's: a shared configuration, a token. It may be a symbolic link,
/// as those that Kubernetes mounts are, and is read anew at each call, since others renew it.
/// Errors: kNotFound, kPermissionDenied, kUnavailable; kTooLarge past `max_bytes`.
Result<std::string> ReadSmallFile(const std::string& path, std::size_t max_bytes);

/// A file's text without the space around it. Errors also: kCorruptData if nothing is left;
/// kTooLarge past 64 KiB.
Result<Secret> ReadSecretFile(const std::string& path);

}  // namespace sluice::storage
