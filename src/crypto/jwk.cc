#include "crypto/jwk.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <algorithm>

#include "base/encoding.h"
#include "crypto/rsa.h"

namespace sluice::crypto {
namespace {

constexpr std::size_t kCoordinateBytes = 32;     // P-256
constexpr std::size_t kMaxExponentBytes = 8;     // more would only make checks slow
constexpr std::size_t kMaxNumberText = 8 << 10;  // of base64url; the bounds on bits are narrower
constexpr int kPssSaltBytes = 32;                // RFC 7518, section 3.5: that of the digest
constexpr JsonLimits kSetLimits{.max_bytes = kMaxKeySetBytes, .max_depth = 16};

template <auto kFree>
struct FreeWith {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Number = std::unique_ptr<BIGNUM, FreeWith<&BN_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, FreeWith<&OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, FreeWith<&OSSL_PARAM_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, FreeWith<&EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeWith<&EVP_MD_CTX_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, FreeWith<&ECDSA_SIG_free>>;
using Key = std::shared_ptr<EVP_PKEY>;

const std::uint8_t* Bytes(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

Number ToNumber(std::string_view bytes) {
  return Number(BN_bin2bn(Bytes(bytes), static_cast<int>(bytes.size()), nullptr));
}

/// A member of a key that must be text; empty if it is not there.
Result<std::string> TextMember(const json::object& key, std::string_view name) {
  const json::value* const member = key.if_contains(name);
  if (member == nullptr) return std::string();
  const json::string* const text = member->if_string();
  if (text == nullptr) return InvalidArgument("the key's {} is not text", name);
  return std::string(*text);
}

Result<std::string> BytesMember(const json::object& key, std::string_view name) {
  const std::string text = TRY(TextMember(key, name));
  auto bytes = Base64UrlDecode(text);
  if (text.empty() || text.size() > kMaxNumberText || !bytes.ok()) {
    return InvalidArgument("the key's {} is missing or not base64url", name);
  }
  return bytes;
}

/// The public key of `parameters`; null if OpenSSL takes them for none.
Key MakeKey(const char* type, OSSL_PARAM* parameters) {
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* made = nullptr;
  if (context == nullptr || parameters == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters) != 1) {
    ERR_clear_error();
    return nullptr;
  }
  return Key(made, EVP_PKEY_free);
}

Result<Key> MakeRsaKey(const json::object& members) {
  const Number modulus = ToNumber(TRY(BytesMember(members, "n")));
  const Number exponent = ToNumber(TRY(BytesMember(members, "e")));
  const Builder builder(OSSL_PARAM_BLD_new());
  CHECK(modulus != nullptr && exponent != nullptr && builder != nullptr, "OpenSSL has memory");
  const int bits = BN_num_bits(modulus.get());
  if (bits < kMinRsaBits || bits > kMaxRsaBits || BN_is_odd(modulus.get()) == 0) {
    return InvalidArgument("the RSA key's modulus is even or has {} bits, {} to {} are allowed",
                           bits, kMinRsaBits, kMaxRsaBits);
  }
  if (BN_is_odd(exponent.get()) == 0 || BN_is_one(exponent.get()) == 1 ||
      BN_num_bytes(exponent.get()) > static_cast<int>(kMaxExponentBytes)) {
    return InvalidArgument("the RSA key's exponent is even, 1 or too large");
  }
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  Key key = MakeKey("RSA", parameters.get());
  if (key == nullptr) return InvalidArgument("the RSA key cannot be used");
  return key;
}

Result<Key> MakeP256Key(const json::object& members) {
  const std::string curve = TRY(TextMember(members, "crv"));
  if (curve != "P-256") return Unsupported("the key's curve is not P-256");
  const std::string x = TRY(BytesMember(members, "x"));
  const std::string y = TRY(BytesMember(members, "y"));
  if (x.size() != kCoordinateBytes || y.size() != kCoordinateBytes) {
    return InvalidArgument("the key's x and y do not have {} bytes each", kCoordinateBytes);
  }
  const std::string point = "\x04" + x + y;  // SEC 1, section 2.3.3: not compressed
  const Builder builder(OSSL_PARAM_BLD_new());
  CHECK(builder != nullptr, "OpenSSL has memory");
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  Key key = MakeKey("EC", parameters.get());
  const KeyContext check(key == nullptr ? nullptr : EVP_PKEY_CTX_new(key.get(), nullptr));
  const bool is_point = check != nullptr && EVP_PKEY_public_check(check.get()) == 1;
  ERR_clear_error();
  if (!is_point) return InvalidArgument("the key is no point of P-256");
  return key;
}

/// RFC 7517, sections 4.2 and 4.3.
Result<void> CheckUse(const json::object& members) {
  const std::string use = TRY(TextMember(members, "use"));
  if (!use.empty() && use != "sig") return Unsupported("the key is not for signatures");
  const json::value* const operations = members.if_contains("key_ops");
  if (operations == nullptr) return {};
  const json::array* const list = operations->if_array();
  if (list == nullptr || std::ranges::find(*list, json::value("verify")) == list->end()) {
    return Unsupported("the key's key_ops do not allow to verify");
  }
  return {};
}

/// The two numbers of an ECDSA signature as OpenSSL takes them (DER); empty if they are none.
std::string ToDer(std::string_view signature) {
  if (signature.size() != 2 * kCoordinateBytes) return {};
  const EcdsaSignature pair(ECDSA_SIG_new());
  CHECK(pair != nullptr, "OpenSSL has memory");
  if (ECDSA_SIG_set0(pair.get(), ToNumber(signature.substr(0, kCoordinateBytes)).release(),
                     ToNumber(signature.substr(kCoordinateBytes)).release()) != 1) {
    return {};
  }
  std::uint8_t* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &der);
  if (size <= 0) return {};
  std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return text;
}

bool SetPssPadding(EVP_PKEY_CTX* context) {
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, kPssSaltBytes) == 1;
}

}  // namespace

Result<SignatureAlgorithm> ParseSignatureAlgorithm(std::string_view text) {
  if (text == "RS256") return SignatureAlgorithm::kRs256;
  if (text == "PS256") return SignatureAlgorithm::kPs256;
  if (text == "ES256") return SignatureAlgorithm::kEs256;
  const std::string folded = AsciiLower(text);
  if (folded == "none") return Unsupported("alg none: the token is not signed");
  if (folded.starts_with("hs")) return Unsupported("alg HS*: no secret is shared with the issuer");
  return Unsupported("alg is none of RS256, PS256 and ES256");
}

Result<JsonWebKey> JsonWebKey::Parse(const json::value& key) {
  const json::object* const members = key.if_object();
  if (members == nullptr) return InvalidArgument("a key is not a JSON object");
  const std::string type = TRY(TextMember(*members, "kty"));
  if (type != "RSA" && type != "EC") return Unsupported("the key's kty is neither RSA nor EC");
  if (members->contains("d")) return InvalidArgument("the key is a private one");
  TRY(CheckUse(*members));

  JsonWebKey parsed;
  std::string id = TRY(TextMember(*members, "kid"));
  if (id.size() > kMaxKeyIdBytes) return InvalidArgument("the key's kid is too long");
  if (!id.empty()) parsed.id_ = std::move(id);
  parsed.is_rsa_ = type == "RSA";
  const std::string algorithm = TRY(TextMember(*members, "alg"));
  if (!algorithm.empty()) {
    parsed.only_ = TRY(ParseSignatureAlgorithm(algorithm));
    const bool is_for_rsa = *parsed.only_ != SignatureAlgorithm::kEs256;
    if (is_for_rsa != parsed.is_rsa_) return InvalidArgument("the key's alg contradicts its kty");
  }
  auto made = parsed.is_rsa_ ? MakeRsaKey(*members) : MakeP256Key(*members);
  parsed.key_ = TRY(std::move(made));
  return parsed;
}

bool JsonWebKey::Fits(SignatureAlgorithm algorithm) const {
  const bool needs_rsa = algorithm != SignatureAlgorithm::kEs256;
  return needs_rsa == is_rsa_ && (!only_ || *only_ == algorithm);
}

bool JsonWebKey::Verify(SignatureAlgorithm algorithm, std::string_view message,
                        std::string_view signature) const {
  if (!Fits(algorithm)) return false;
  std::string der;
  if (algorithm == SignatureAlgorithm::kEs256) {
    der = ToDer(signature);
    if (der.empty()) return false;
    signature = der;
  } else if (signature.size() != static_cast<std::size_t>(EVP_PKEY_get_size(key_.get()))) {
    return false;
  }
  const DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* key_context = nullptr;  // the digest context's own
  const bool is_right =
      context != nullptr &&
      EVP_DigestVerifyInit(context.get(), &key_context, EVP_sha256(), nullptr, key_.get()) == 1 &&
      (algorithm != SignatureAlgorithm::kPs256 || SetPssPadding(key_context)) &&
      EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(message),
                       message.size()) == 1;
  ERR_clear_error();
  return is_right;
}

Result<JsonWebKeySet> ParseJsonWebKeySet(std::string_view text) {
  const json::value document = TRY(ParseJson(text, kSetLimits));
  const json::value* const keys =
      document.is_object() ? document.get_object().if_contains("keys") : nullptr;
  const json::array* const list = keys == nullptr ? nullptr : keys->if_array();
  if (list == nullptr) return Malformed("the key set has no list of keys");
  if (list->size() > kMaxKeys) {
    return TooLarge("the key set has {} keys, {} are allowed", list->size(), kMaxKeys);
  }
  JsonWebKeySet set;
  for (const json::value& key : *list) {
    auto parsed = JsonWebKey::Parse(key);
    if (parsed.ok()) {
      set.keys.push_back(std::move(parsed).value());
    } else {
      set.left_out.push_back(parsed.error().message);
    }
  }
  return set;
}

}  // namespace sluice::crypto
