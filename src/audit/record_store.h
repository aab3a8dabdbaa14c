#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "audit/journal.h"
#include "audit/shipper.h"
#include "audit/usage.h"
#include "base/result.h"
#include "crypto/signing_key.h"
#include "db/database.h"

namespace sluice::audit {

struct RecordStoreOptions {
  std::string node;                     ///< The journal's.
  crypto::PublicKeyBytes public_key{};  ///< Of the key that signs its heads.
  FindRegions regions;                  ///< None: usage without regions.
  /// How often a signed head is gathered, if something was written meanwhile.
  std::chrono::milliseconds head_interval{60'000};
};

/// Brings the tables of shipped records up to date. Errors: those of db::Migrate.
Result<void> PrepareRecordTables(db::Database& database);

/// Copies records into a database, whatever nodes share it, and gathers what they add up to and
/// signed heads of the journal. Makes the tables itself once the database answers. Both must
/// outlive it.
std::unique_ptr<Destination> NewRecordStore(db::Database& database, const Journal& journal,
                                            RecordStoreOptions options);

}  // namespace sluice::audit
