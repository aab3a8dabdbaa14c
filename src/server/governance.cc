#include "server/governance.h"

#include <unistd.h>

#include <array>
#include <utility>

#include "audit/tree_head.h"
#include "catalog/folder_scan.h"
#include "crypto/hkdf.h"
#include "crypto/signing_key.h"
#include "storage/location.h"

namespace sluice::server {
namespace {

constexpr std::size_t kSeedBytes = 32;

Result<std::string> NodeName(const config::ServerOptions& options) {
  std::string name = options.node;
  if (name.empty()) {
    std::array<char, 256> host{};
    if (::gethostname(host.data(), host.size() - 1) == 0) name = host.data();
  }
  if (audit::IsNodeName(name)) return name;
  return InvalidArgument("node: '{}' is no name for a server: set one of letters, digits and '-'",
                         name);
}

Result<std::unique_ptr<db::Database>> OpenDatabase(const config::ServerOptions& options,
                                                   const catalog::DataDirectory& data) {
  if (options.catalog_url.empty()) return db::OpenSqlite({.path = data.PathOf("catalog.db")});
  return db::OpenPostgres({.url = Secret(options.catalog_url)});
}

}  // namespace

Result<Governance> OpenGovernance(const config::ServerOptions& options,
                                  const catalog::DataDirectory& data, const crypto::KeyRing& keys,
                                  const Clock& clock) {
  Governance opened{.node = TRY(NodeName(options))};
  opened.database = TRY(OpenDatabase(options, data));
  opened.store = TRY(catalog::Store::Open(*opened.database));
  if (options.audit == "off") return opened;
  const std::string seed = crypto::Hkdf({.secret = keys.newest().Reveal(),
                                         .salt = "sluice",
                                         .info = "audit tree heads of " + opened.node},
                                        kSeedBytes);
  auto key = TRY(crypto::SigningKey::FromSeed(Secret(seed)));
  opened.public_key = key.public_key();
  opened.journal = TRY(audit::Journal::Open(
      {.directory = data.PathOf("audit"), .node = opened.node}, std::move(key), clock));
  return opened;
}

Result<std::vector<config::ConfiguredSchema>> FindFolderTables(
    const catalog::Entry& folder, const std::vector<std::string>& allowed_roots) {
  const storage::Location location = TRY(storage::ParseLocation(folder.location, "/"));
  if (!location.path.starts_with('/')) {
    return NotImplemented("only folders of this machine are searched for tables");
  }
  catalog::FolderScan scan =
      TRY(catalog::ScanFolder(location.path, {.allowed_roots = allowed_roots}));
  return std::move(scan.share.schemas);
}

}  // namespace sluice::server
