#pragma once

#include "admin/audit_service.h"
#include "auth/route.h"

namespace sluice::admin {

/// Records, proofs and usage on the owner's surface.
extern const auth::Route<AuditService> kAuditRoutes[6];
/// Below the recipients' prefix: receipts of their own requests.
extern const auth::Route<AuditService> kReceiptRoutes[1];

}  // namespace sluice::admin
