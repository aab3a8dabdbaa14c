#pragma once

#include "auth/route.h"
#include "sharing/service.h"

namespace sluice::sharing {

/// The recipients' whole surface. Source: Delta Sharing PROTOCOL.md, "REST APIs".
extern const auth::Route<SharingService> kSharingRoutes[13];

/// Downloads of data files by signed URL, which may have a listener of their own.
extern const auth::Route<SharingService> kFileRoutes[1];

}  // namespace sluice::sharing
