#pragma once

#include <string>

#include "base/result.h"
#include "catalog/data_directory.h"
#include "catalog/model.h"
#include "config/configuration.h"

namespace sluice::server {

/// The recipient and the owner that no store keeps.
struct OwnIdentities {
  catalog::ManagedRecipient recipient;  ///< Reads what the folder or the file shares.
  catalog::Principal owner;
  bool is_anonymous = false;           ///< A file without a token: nobody is asked for one.
  std::string profile_path;            ///< Of the recipient; empty if the file has its token.
  bool is_endpoint_rewritten = false;  ///< The profile was there, with another endpoint.
};

/// A configuration file has its recipient; whoever starts without one is the recipient "me", whose
/// profile, as the owner's token, is in the data directory, made if missing.
/// Errors: those of DataDirectory.
Result<OwnIdentities> ReadOwnIdentities(const config::ConfigurationSources& sources,
                                        const config::Configuration& configuration,
                                        catalog::DataDirectory& data, const std::string& endpoint);

}  // namespace sluice::server
