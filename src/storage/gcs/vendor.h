#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "storage/credential_vendor.h"
#include "storage/gcs/credentials.h"
#include "storage/requests.h"

namespace sluice::storage::gcs {

struct VendorDependencies {
  std::shared_ptr<Credentials> credentials;
  std::shared_ptr<Requests> identity_requests;
  const Clock& clock;  ///< Must outlive the vendor.
};

/// Vends tokens that are downscoped to the directory (downscope.h), for a bucket with uniform
/// bucket-level access. `bucket` is canonical: "gs://bucket". Google gives such tokens the life of
/// the one that they are made of, whatever lifetime is asked for.
std::unique_ptr<CredentialVendor> NewVendor(std::string bucket, std::string sts_url,
                                            VendorDependencies dependencies);

}  // namespace sluice::storage::gcs
