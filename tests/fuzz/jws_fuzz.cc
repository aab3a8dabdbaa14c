// Bearer tokens of identity providers: the signed text and the claims in it.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "auth/federation.h"
#include "auth/token_claims.h"
#include "base/check.h"
#include "base/encoding.h"
#include "crypto/jws.h"

using namespace sluice;  // NOLINT

namespace {

const crypto::JsonWebKey& Key() {
  // RFC 7515, appendix A.3: nobody's, so that no input is signed by it but that of the seed.
  static const crypto::JsonWebKey key =
      crypto::JsonWebKey::Parse(ParseJson(R"({"kty":"EC","crv":"P-256",
"x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
"y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})")
                                    .value())
          .value();
  return key;
}

void CheckClaims(std::string_view payload) {
  auto claims = auth::ParseTokenClaims(payload);
  if (!claims.ok()) return;
  CHECK(!claims->audiences.empty(), "a token has an audience");
  for (const std::string& audience : claims->audiences) {
    CHECK(claims->Has("aud", audience), "audiences are claims too");
  }
  const auth::VerifiedToken token{.issuer = {.name = "corp"}, .claims = std::move(*claims)};
  const auth::FederatedRecipients nobody({{.recipient = "a", .rule = {.issuer = "corp"}}});
  CHECK(!nobody.Find(token).ok(), "a rule without claims fits nothing");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto jws = crypto::ParseJws(text);
  if (jws.ok()) {
    CHECK(crypto::LooksLikeJws(text), "what can be parsed has the look of it");
    CHECK(jws->key_id != "", "a name is not empty");
    const std::string again = std::string(jws->signed_text) + "." + Base64UrlEncode(jws->signature);
    CHECK(again == text, "a token has one spelling");
    (void)jws->IsSignedBy(Key());
    CheckClaims(jws->payload);
  }
  CheckClaims(text);
  return 0;
}
