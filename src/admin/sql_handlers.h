#pragma once

#include "admin/service.h"
#include "auth/route.h"

namespace sluice::admin {

/// The owner's SQL over HTTP.
///
///   POST /api/v1/sql {"sql": text, "skipQueries": false, "recipient": name}
///   -> {"results": [{"line":1,"column":1,"message":"share sales created"},
///                   {"line":2,"column":1,"columns":["name",...],"rows":[["sales",...],...]}]}
///
/// Cells are texts. A fault of the caller's, whatever its kind, is a 400 with its place in the
/// message and "statementsDone", the number of statements before it, which stay done.
extern const auth::Route<AdminService> kSqlRoutes[1];

}  // namespace sluice::admin
