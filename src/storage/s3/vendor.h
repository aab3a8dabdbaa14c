#pragma once

#include <memory>
#include <string>

#include "storage/credential_vendor.h"
#include "storage/s3/bucket.h"
#include "storage/s3/credential_chain.h"

namespace sluice::storage::s3 {

/// Vends sessions of a role that a policy of theirs binds to the directory (sts.h). The role is
/// `dir_role_arn` of the options, assumed by whoever reads the store, or else their `role_arn`,
/// assumed by whoever assumes it to read. A role that only a web identity may assume is none; the
/// profile "minio" has no need of one. nullptr if there is no role, or if nobody but Sluice could
/// read the objects: anonymous stores need no credentials, and the customer's key is not given
/// away.
std::unique_ptr<CredentialVendor> NewVendor(std::shared_ptr<const Bucket> bucket,
                                            std::shared_ptr<const ChainTerms> chain,
                                            const Clock& clock);

}  // namespace sluice::storage::s3
