#pragma once

#include <string_view>

#include "auth/authenticator.h"
#include "base/result.h"
#include "catalog/model.h"

namespace sluice::admin {

/// Errors: kPermissionDenied unless the caller's role is `least` or one that may do more.
Result<void> RequireRole(const auth::Caller& caller, catalog::Role least);

/// Errors: kPermissionDenied unless the caller is an admin, or the share owner that owns it.
Result<void> RequireOwner(const auth::Caller& caller, std::string_view owner);

}  // namespace sluice::admin
