#pragma once

#include <string>
#include <string_view>

#include "base/secret.h"

namespace sluice::auth {

/// A new bearer token: "sluice_", 256 random bits as 43 base64url characters, and 6 characters of
/// checksum, so that a scanner recognises a leaked one without asking anybody.
Secret GenerateToken();

/// Whether `text` has the form of a generated token and its checksum fits.
bool LooksLikeToken(std::string_view text);

}  // namespace sluice::auth
