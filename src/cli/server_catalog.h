#pragma once

#include <vector>

#include "base/result.h"
#include "cli/admin_client.h"
#include "cli/apply_plan.h"

namespace sluice::cli {

/// All that a server has of what a sharing file may speak of, but for the contents of shares that
/// `wanted` does not name. Errors: those of the client; kInvalidArgument for a share of `wanted`
/// that comes from the server's configuration.
Result<std::vector<Thing>> ReadServerCatalog(AdminClient& server, const WantedCatalog& wanted);

/// Does one step on the server. `checks`: it looks whether tables are there.
Result<void> DoStep(AdminClient& server, const Step& step, bool checks);

}  // namespace sluice::cli
