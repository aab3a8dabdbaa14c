#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/view.h"
#include "config/configuration.h"

namespace sluice::server {

/// Who the one recipient is that a start without recipients of its own knows.
inline constexpr std::string_view kOwnRecipient = "me";

/// What is shared by a folder, a file or the data directory's own catalog, beside what is managed.
struct CatalogSource {
  std::vector<catalog::SharePtr> shares;
  std::vector<std::string> warnings;  ///< For the log.
};

/// Scans the folder, or takes the shares that `configuration` read. Errors: those of ScanFolder and
/// View::MakeShares.
Result<CatalogSource> ReadCatalog(const config::ConfigurationSources& sources,
                                  const config::Configuration& configuration);

}  // namespace sluice::server
