#pragma once

#include "base/result.h"
#include "catalog/data_directory.h"
#include "config/server_options.h"
#include "crypto/key_ring.h"

namespace sluice::server {

/// The master secrets from where the settings say: a file, a command's output, or master.key of the
/// data directory, made if it is not there. Never from the catalog's database. Errors:
/// kPermissionDenied for a file that others may read; kCorruptData for what is no key; kUnavailable
/// if the command fails, takes longer than 30 seconds or prints more than 64 KiB. What it prints is
/// repeated nowhere.
Result<crypto::KeyRing> LoadMasterKeys(const config::ServerOptions& options,
                                       catalog::DataDirectory& data);

/// Puts a new secret in front of those of the data directory and keeps the last one, so that what
/// it made is good until the rotation after the next. Errors: kUnsupported if the keys come from
/// elsewhere, which must then be changed there.
Result<crypto::KeyRing> RotateMasterKeys(const config::ServerOptions& options,
                                         catalog::DataDirectory& data);

}  // namespace sluice::server
