#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "base/secret.h"

namespace sluice::crypto {

/// Reads a secret kept as text in a file of mode 0600; `generate` makes it if the file
/// is not there yet. Of several processes that start at once, all end with the same secret.
/// Errors: kPermissionDenied if others than the owner may read the file, or we may not;
/// kCorruptData if it is empty or longer than 4,096 bytes; kUnavailable if it cannot be written.
Result<Secret> LoadOrCreateSecretText(const std::string& path,
                                      const std::function<std::string()>& generate);

/// Reads a secret of one or more lines from such a file. Errors: also kNotFound.
Result<Secret> LoadSecretText(const std::string& path);

}  // namespace sluice::crypto
