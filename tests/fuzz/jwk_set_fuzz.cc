// What identity providers publish: sets of keys and what they say of themselves.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "auth/provider_document.h"
#include "base/check.h"
#include "crypto/jwk.h"

using namespace sluice;  // NOLINT

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto set = crypto::ParseJsonWebKeySet(text);
  if (set.ok()) {
    CHECK(set->keys.size() + set->left_out.size() <= crypto::kMaxKeys, "a set is bounded");
    for (const crypto::JsonWebKey& key : set->keys) {
      CHECK(key.id() != "", "a name is not empty");
      for (const auto algorithm :
           {crypto::SignatureAlgorithm::kRs256, crypto::SignatureAlgorithm::kPs256,
            crypto::SignatureAlgorithm::kEs256}) {
        const bool is_short = key.Verify(algorithm, "text", "signature");
        const bool is_zero = key.Verify(algorithm, "text", std::string(64, '\0'));
        CHECK(!is_short && !is_zero, "these are no signatures");
      }
    }
  }
  const auto document = auth::ParseProviderDocument(text, "https://id.example.com");
  if (document.ok()) {
    CHECK(!document->jwks_uri.empty(), "a document names its keys");
    (void)auth::CheckProviderUrl(document->jwks_uri, {}).ok();
    (void)auth::WriteBrowserDocument(*document, {}).ok();
  }
  (void)auth::CheckProviderUrl(text, {"keycloak"}).ok();
  return 0;
}
