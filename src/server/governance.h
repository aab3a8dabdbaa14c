#pragma once

#include <memory>
#include <string>
#include <vector>

#include "audit/journal.h"
#include "base/clock.h"
#include "base/result.h"
#include "catalog/data_directory.h"
#include "catalog/store.h"
#include "config/server_options.h"
#include "crypto/signing_key.h"
#include "db/database.h"

namespace sluice::server {

/// What a server keeps between its runs: the managed catalog, and the records of its decisions.
struct Governance {
  std::string node;  ///< What this server calls itself in records.
  std::unique_ptr<db::Database> database;
  std::unique_ptr<catalog::Store> store;
  std::unique_ptr<audit::Journal> journal;  ///< Null with `audit: off`.
  crypto::PublicKeyBytes public_key{};      ///< Of the key that signs the journal's heads.
};

/// Opens the catalog's database, brings its tables up to date, and opens the journal in the data
/// directory. `clock` must outlive them. Errors: kUnavailable if the database cannot be reached;
/// kUnsupported if it is of a newer version; those of Journal::Open.
Result<Governance> OpenGovernance(const config::ServerOptions& options,
                                  const catalog::DataDirectory& data, const crypto::KeyRing& keys,
                                  const Clock& clock);

/// The tables of a shared folder of this machine.
Result<std::vector<config::ConfiguredSchema>> FindFolderTables(
    const catalog::Entry& folder, const std::vector<std::string>& allowed_roots);

}  // namespace sluice::server
