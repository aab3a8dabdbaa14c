#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "catalog/view.h"
#include "config/serving_terms.h"
#include "storage/credential_vendor.h"
#include "storage/stores.h"

namespace sluice::sharing {

/// How recipients come to a table's directory itself.
struct DirectoryAccess {
  std::string uri;  ///< As clients spell it.
  std::shared_ptr<storage::CredentialVendor> vendor;
};

/// A table, where it lies, and how it is served; nothing is left out of the terms.
struct ServedTable {
  const catalog::SharedTable& shared;
  std::string_view root;  ///< Canonical.
  const config::ServingTerms& serving;
};

/// For a table that is delivered by `dir`, whose whole history is shared, and whose store gives
/// credentials: who reads the directory sees all versions in it, whatever the share says. Asks no
/// service. Errors: kUnsupported and kInvalidArgument, saying which of these is wanting; those of
/// Stores::Find and of CredentialVendor::UriOf.
Result<DirectoryAccess> FindDirectoryAccess(const ServedTable& table, storage::Stores& stores);

/// The canonical path of the directory that a recipient asks for, which is the table's or lies
/// below it. Errors: kInvalidArgument if it does not.
Result<std::string> RequestedDirectory(std::string_view location, std::string_view root,
                                       const DirectoryAccess& access);

}  // namespace sluice::sharing
