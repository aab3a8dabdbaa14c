#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::delta {

/// The path in the store of a sidecar that a checkpoint in `log_directory` names: a name or a
/// relative path in `_sidecars/`, or an absolute path or URI of a file there, percent-encoded.
/// Errors: kCorruptData if it is not well formed or leads anywhere else. Source: Delta PROTOCOL.md,
/// "Sidecar File Information".
Result<std::string> ResolveSidecar(std::string_view log_directory, std::string_view path);

}  // namespace sluice::delta
