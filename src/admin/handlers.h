#pragma once

#include "admin/activation.h"
#include "admin/service.h"
#include "auth/route.h"

namespace sluice::admin {

/// The owner's surface. Each row is described in openapi.cc.
extern const auth::Route<AdminService> kAdminRoutes[40];

}  // namespace sluice::admin
