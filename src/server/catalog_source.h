#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/view.h"
#include "config/configuration.h"

namespace sluice::server {

/// Who the one recipient is that a start without recipients of its own knows.
inline constexpr std::string_view kOwnRecipient = "me";

/// What is to be shared, read from a folder, a file or the data directory.
struct CatalogSource {
  catalog::ViewPtr view;
  std::vector<std::string> warnings;  ///< For the log.
};

/// Scans the folder, or takes the shares that `configuration` read. Everything is granted to
/// `recipient`. Errors: those of ScanFolder and View::Make.
Result<CatalogSource> ReadCatalog(const config::ConfigurationSources& sources,
                                  const config::Configuration& configuration,
                                  std::string_view recipient);

}  // namespace sluice::server
