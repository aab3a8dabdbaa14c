#pragma once

#include <string>

#include "base/secret.h"

namespace sluice::storage::s3 {

/// Who signs: an access key, and the token of the session that it belongs to, if it does.
struct Credentials {
  std::string access_key_id;
  Secret secret_access_key;
  Secret session_token;
};

}  // namespace sluice::storage::s3
