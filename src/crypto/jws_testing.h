#pragma once

// Keys that sign tokens as an identity provider does. For tests alone.

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/encoding.h"
#include "base/json.h"
#include "crypto/jws.h"

namespace sluice::crypto {

/// What is not as the algorithm says, to see it refused.
struct SigningOddities {
  int pss_salt_bytes = 32;
  const EVP_MD* digest = EVP_sha256();
  const EVP_MD* mask_digest = EVP_sha256();
};

/// A private key, made anew.
class TestSigningKey {
 public:
  static TestSigningKey Rsa(unsigned bits = 2048) {
    return TestSigningKey(EVP_RSA_gen(bits), /*is_rsa=*/true);
  }
  static TestSigningKey P256() { return TestSigningKey(EVP_EC_gen("P-256"), /*is_rsa=*/false); }

  json::object PublicJwk(std::string_view id = "") const {
    json::object jwk;
    if (!id.empty()) jwk["kid"] = json::value(id);
    if (is_rsa_) {
      jwk["kty"] = "RSA";
      jwk["n"] = Base64UrlEncode(NumberOf(OSSL_PKEY_PARAM_RSA_N));
      jwk["e"] = Base64UrlEncode(NumberOf(OSSL_PKEY_PARAM_RSA_E));
    } else {
      jwk["kty"] = "EC";
      jwk["crv"] = "P-256";
      jwk["x"] = Base64UrlEncode(Padded(NumberOf(OSSL_PKEY_PARAM_EC_PUB_X)));
      jwk["y"] = Base64UrlEncode(Padded(NumberOf(OSSL_PKEY_PARAM_EC_PUB_Y)));
    }
    return jwk;
  }

  std::string Sign(SignatureAlgorithm algorithm, std::string_view message,
                   const SigningOddities& oddities = {}) const {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          EVP_MD_CTX_free);
    EVP_PKEY_CTX* options = nullptr;
    CHECK(EVP_DigestSignInit(context.get(), &options, oddities.digest, nullptr, key_.get()) == 1,
          "the key signs");
    if (algorithm == SignatureAlgorithm::kPs256) {
      EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING);
      EVP_PKEY_CTX_set_rsa_mgf1_md(options, oddities.mask_digest);
      EVP_PKEY_CTX_set_rsa_pss_saltlen(options, oddities.pss_salt_bytes);
    }
    std::array<std::uint8_t, 1024> bytes;
    std::size_t size = bytes.size();
    CHECK(
        EVP_DigestSign(context.get(), bytes.data(), &size,
                       reinterpret_cast<const std::uint8_t*>(message.data()), message.size()) == 1,
        "the key signs");
    const std::string signature(reinterpret_cast<const char*>(bytes.data()), size);
    return is_rsa_ ? signature : FromDer(signature);
  }

  /// A whole token: header, payload and signature.
  std::string SignToken(SignatureAlgorithm algorithm, std::string_view header,
                        std::string_view payload) const {
    const std::string text = Base64UrlEncode(header) + "." + Base64UrlEncode(payload);
    return text + "." + Base64UrlEncode(Sign(algorithm, text));
  }

 private:
  TestSigningKey(EVP_PKEY* key, bool is_rsa) : key_(key, EVP_PKEY_free), is_rsa_(is_rsa) {
    CHECK(key != nullptr, "OpenSSL makes keys");
  }

  static std::string BytesOf(const BIGNUM* number) {
    std::string bytes(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
    BN_bn2bin(number, reinterpret_cast<std::uint8_t*>(bytes.data()));
    return bytes;
  }
  static std::string Padded(const std::string& bytes) {
    return std::string(32 - bytes.size(), '\0') + bytes;
  }
  std::string NumberOf(const char* name) const {
    BIGNUM* number = nullptr;
    CHECK(EVP_PKEY_get_bn_param(key_.get(), name, &number) == 1, "the key has it");
    const std::string bytes = BytesOf(number);
    BN_free(number);
    return bytes;
  }
  static std::string FromDer(const std::string& der) {
    const auto* at = reinterpret_cast<const std::uint8_t*>(der.data());
    ECDSA_SIG* const pair = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
    const std::string bytes =
        Padded(BytesOf(ECDSA_SIG_get0_r(pair))) + Padded(BytesOf(ECDSA_SIG_get0_s(pair)));
    ECDSA_SIG_free(pair);
    return bytes;
  }

  std::shared_ptr<EVP_PKEY> key_;
  bool is_rsa_;
};

inline std::string ToText(const json::value& value) {
  std::string text;
  AppendJson(value, text);
  return text;
}

}  // namespace sluice::crypto
