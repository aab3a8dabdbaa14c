#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "base/result.h"
#include "base/secret.h"

namespace sluice::crypto {

/// Reads a secret kept as one line of text in a file of mode 0600; `generate` makes it if the file
/// is not there yet. Of several processes that start at once, all end with the same secret.
/// Errors: kPermissionDenied if others than the owner may read the file, or we may not;
/// kCorruptData if it is empty or longer than 4,096 bytes; kUnavailable if it cannot be written.
Result<Secret> LoadOrCreateSecretText(const std::string& path,
                                      const std::function<std::string()>& generate);

/// The same for `size_bytes` random bytes, written as base64url.
/// Errors also: kCorruptData if the file holds anything else.
Result<Secret> LoadOrCreateSecretFile(const std::string& path, std::size_t size_bytes);

}  // namespace sluice::crypto
