#pragma once

#include "admin/service.h"
#include "auth/route.h"

namespace sluice::admin {

/// Activation links, on the recipients' listener, for whoever has one. `GET` gives the profile to
/// command-line tools alone; browsers, and services that look at links to show a preview, get a page
/// with a button, and only pressing it (`POST`) spends the link. `HEAD` never does.
extern const auth::Route<AdminService> kActivationRoutes[3];

}  // namespace sluice::admin
