#pragma once

#include <string_view>

#include "auth/authenticator.h"
#include "base/result.h"
#include "catalog/model.h"

namespace sluice::admin {

/// Errors: kPermissionDenied unless the caller's role is `least` or one that may do more.
Result<void> RequireRole(const auth::Caller& caller, catalog::Role least);

/// Whether a caller who may change anything may change what belongs to `owner`: an admin, or the
/// owner. To others it must look as if it were not there.
bool Owns(const auth::Caller& caller, std::string_view owner);

}  // namespace sluice::admin
