#pragma once

// What tests of Google's store have in common. Included by tests only.

#include <string>
#include <string_view>

#include "base/format.h"
#include "base/json.h"
#include "crypto/testing.h"

namespace sluice::storage::gcs {

inline constexpr char kTestEmail[] = "reader@project.iam.gserviceaccount.com";

/// The file of a service account that has the test key.
inline std::string ServiceAccountFile(std::string_view token_uri) {
  return Format(R"({{"type":"service_account","project_id":"project","private_key_id":"key-1",)"
                R"("private_key":{},"client_email":"{}","token_uri":"{}"}})",
                JsonString(crypto::kTestRsaPrivateKey), kTestEmail, token_uri);
}

/// The file of a person.
inline std::string AuthorizedUserFile(std::string_view token_uri) {
  return Format(R"({{"type":"authorized_user","client_id":"client","client_secret":"sec&ret",)"
                R"("refresh_token":"1//refresh","token_uri":"{}"}})",
                token_uri);
}

}  // namespace sluice::storage::gcs
