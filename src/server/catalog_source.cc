#include "server/catalog_source.h"

#include <utility>

#include "catalog/folder_scan.h"

namespace sluice::server {

Result<CatalogSource> ReadCatalog(const config::ConfigurationSources& sources,
                                  const config::Configuration& configuration) {
  CatalogSource source;
  std::vector<config::ConfiguredShare> shares;
  if (!sources.folder.empty()) {
    catalog::FolderScan scan = TRY(catalog::ScanFolder(
        sources.folder, {.allowed_roots = configuration.options.allowed_roots}));
    source.warnings = std::move(scan.warnings);
    shares.push_back(std::move(scan.share));
  } else if (configuration.shares) {
    shares = configuration.shares->shares;
    source.warnings = configuration.shares->without_effect;
  }
  source.shares = TRY(catalog::View::MakeShares(shares));
  return source;
}

}  // namespace sluice::server
