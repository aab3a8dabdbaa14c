#pragma once

#include "admin/activation.h"
#include "admin/service.h"
#include "auth/route.h"

namespace sluice::admin {

/// The owner's surface. Its OpenAPI document is in docs/reference.
extern const auth::Route<AdminService> kAdminRoutes[38];

}  // namespace sluice::admin
