#include "crypto/jwk.h"

#include "base/encoding.h"
#include "base/testing.h"
#include "crypto/jws_testing.h"

namespace sluice::crypto {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

json::object RsaJwk() {
  static const json::object jwk = TestSigningKey::Rsa().PublicJwk("one");
  return jwk;
}
json::object P256Jwk() {
  static const json::object jwk = TestSigningKey::P256().PublicJwk("two");
  return jwk;
}

json::object With(json::object jwk, std::string_view name, const json::value& value) {
  jwk[name] = value;
  return jwk;
}
json::object Without(json::object jwk, std::string_view name) {
  jwk.erase(name);
  return jwk;
}
std::string Number(std::size_t size_bytes, char first, char last) {
  std::string bytes(size_bytes, '\x5a');
  bytes.front() = first;
  bytes.back() = last;
  return Base64UrlEncode(bytes);
}

TEST(JsonWebKey, KnowsItsIdAndItsAlgorithms) {
  const auto rsa = JsonWebKey::Parse(RsaJwk());
  ASSERT_THAT(rsa, IsOk());
  EXPECT_EQ(rsa->id(), "one");
  EXPECT_TRUE(rsa->Fits(SignatureAlgorithm::kRs256));
  EXPECT_TRUE(rsa->Fits(SignatureAlgorithm::kPs256));
  EXPECT_FALSE(rsa->Fits(SignatureAlgorithm::kEs256));
  const auto elliptic = JsonWebKey::Parse(P256Jwk());
  ASSERT_THAT(elliptic, IsOk());
  EXPECT_TRUE(elliptic->Fits(SignatureAlgorithm::kEs256));
  EXPECT_FALSE(elliptic->Fits(SignatureAlgorithm::kRs256));
  for (const json::object& nameless : {With(RsaJwk(), "kid", ""), Without(RsaJwk(), "kid")}) {
    EXPECT_EQ(JsonWebKey::Parse(nameless)->id(), std::nullopt);
  }
}

TEST(JsonWebKey, ItsOwnAlgorithmIsTheOnlyOne) {
  const auto key = JsonWebKey::Parse(With(RsaJwk(), "alg", "PS256"));
  ASSERT_THAT(key, IsOk());
  EXPECT_TRUE(key->Fits(SignatureAlgorithm::kPs256));
  EXPECT_FALSE(key->Fits(SignatureAlgorithm::kRs256));
  EXPECT_THAT(JsonWebKey::Parse(With(RsaJwk(), "alg", "ES256")),
              FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(JsonWebKey::Parse(With(P256Jwk(), "alg", "RS256")),
              FailsWith(ErrorCode::kInvalidArgument));
  for (const char* other : {"RS512", "RSA-OAEP", "HS256", "none"}) {
    EXPECT_THAT(JsonWebKey::Parse(With(RsaJwk(), "alg", other)), FailsWith(ErrorCode::kUnsupported))
        << other;
  }
}

TEST(JsonWebKey, ItsUseMustBeSignatures) {
  EXPECT_THAT(JsonWebKey::Parse(With(RsaJwk(), "use", "sig")), IsOk());
  EXPECT_THAT(JsonWebKey::Parse(With(RsaJwk(), "key_ops", json::array{"sign", "verify"})), IsOk());
  EXPECT_THAT(JsonWebKey::Parse(With(RsaJwk(), "use", "enc")), FailsWith(ErrorCode::kUnsupported));
  for (const json::value& operations :
       {json::value(json::array{"encrypt"}), json::value(json::array{}), json::value("verify")}) {
    EXPECT_THAT(JsonWebKey::Parse(With(RsaJwk(), "key_ops", operations)),
                FailsWith(ErrorCode::kUnsupported));
  }
}

TEST(JsonWebKey, OtherTypesAndCurvesAreRefused) {
  EXPECT_THAT(JsonWebKey::Parse(json::object{{"kty", "oct"}, {"k", "c2VjcmV0"}}),
              FailsWith(ErrorCode::kUnsupported));
  EXPECT_THAT(JsonWebKey::Parse(Without(RsaJwk(), "kty")), FailsWith(ErrorCode::kUnsupported));
  for (const char* curve : {"P-384", "secp256k1", "P-256K", ""}) {
    EXPECT_THAT(JsonWebKey::Parse(With(P256Jwk(), "crv", curve)),
                FailsWith(ErrorCode::kUnsupported));
  }
  for (const json::value& other : {json::value("key"), json::value(nullptr)}) {
    EXPECT_THAT(JsonWebKey::Parse(other), FailsWith(ErrorCode::kInvalidArgument));
  }
}

TEST(JsonWebKey, APublishedPrivateKeyIsRefused) {
  for (const json::object& jwk : {RsaJwk(), P256Jwk()}) {
    const auto key = JsonWebKey::Parse(With(jwk, "d", "AAAA"));
    ASSERT_THAT(key, FailsWith(ErrorCode::kInvalidArgument));
    EXPECT_THAT(key.error().message, HasSubstr("private"));
  }
}

TEST(JsonWebKey, AnRsaModulusIsOddAndOf2048To8192Bits) {
  const auto with_modulus = [](const std::string& n) {
    return JsonWebKey::Parse(With(RsaJwk(), "n", json::value(n)));
  };
  EXPECT_THAT(with_modulus(Number(256, '\x80', '\x01')), IsOk());
  EXPECT_THAT(with_modulus(Number(1024, '\xff', '\x01')), IsOk());
  for (const std::string& n :
       {Number(256, '\x7f', '\x01'), Number(256, '\x80', '\x02'), Number(1025, '\x01', '\x01'),
        Number(128, '\x80', '\x01'), Number(20'000, '\x80', '\x01'), std::string("AQ"),
        std::string("AA"), std::string(), std::string("!!"), std::string(64, 'A')}) {
    EXPECT_THAT(with_modulus(n), FailsWith(ErrorCode::kInvalidArgument)) << n.size();
  }
  EXPECT_THAT(JsonWebKey::Parse(Without(RsaJwk(), "n")), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(JsonWebKey::Parse(With(RsaJwk(), "n", 7)), FailsWith(ErrorCode::kInvalidArgument));
}

TEST(JsonWebKey, AnRsaExponentIsOddAndAtLeast3) {
  const auto with_exponent = [](std::string_view bytes) {
    return JsonWebKey::Parse(With(RsaJwk(), "e", json::value(Base64UrlEncode(bytes))));
  };
  EXPECT_THAT(with_exponent("\x03"), IsOk());
  EXPECT_THAT(with_exponent("\xff\xff\xff\xff\xff\xff\xff\xff"), IsOk());
  using std::string_view_literals::operator""sv;
  for (const std::string_view exponent :
       {""sv, "\0"sv, "\x01"sv, "\x02"sv, "\x01\0\0"sv, "\x01\xff\xff\xff\xff\xff\xff\xff\xff"sv}) {
    EXPECT_THAT(with_exponent(exponent), FailsWith(ErrorCode::kInvalidArgument));
  }
}

TEST(JsonWebKey, AnEllipticKeyIsAPointOfItsCurve) {
  const std::string x = std::string(P256Jwk().at("x").as_string());
  const std::string y = std::string(P256Jwk().at("y").as_string());
  std::string off_curve = Base64UrlDecode(y).value();
  off_curve.back() = static_cast<char>(off_curve.back() ^ 1);
  const std::string zero = Base64UrlEncode(std::string(32, '\0'));
  const std::string beyond = Base64UrlEncode(std::string(32, '\xff'));
  const std::string longer = Base64UrlEncode('\0' + Base64UrlDecode(x).value());
  const std::string shorter = Base64UrlEncode(Base64UrlDecode(x).value().substr(1));
  const std::pair<std::string, std::string> points[] = {{x, Base64UrlEncode(off_curve)},
                                                        {y, x},
                                                        {zero, zero},
                                                        {beyond, y},
                                                        {x, beyond},
                                                        {x, ""},
                                                        {longer, y},
                                                        {shorter, y},
                                                        {x, "!"}};
  for (const auto& [bad_x, bad_y] : points) {
    const json::object jwk =
        With(With(P256Jwk(), "x", json::value(bad_x)), "y", json::value(bad_y));
    EXPECT_THAT(JsonWebKey::Parse(jwk), FailsWith(ErrorCode::kInvalidArgument)) << bad_x;
  }
}

TEST(JsonWebKeySet, LeavesOutWhatItCannotUse) {
  const json::object weak = TestSigningKey::Rsa(1024).PublicJwk("weak");
  const json::object set = {
      {"keys", json::array{RsaJwk(), weak, json::object{{"kty", "OKP"}}, P256Jwk(), 7}}};
  const auto parsed = ParseJsonWebKeySet(ToText(set));
  ASSERT_THAT(parsed, IsOk());
  ASSERT_EQ(parsed->keys.size(), 2);
  EXPECT_EQ(parsed->keys[0].id(), "one");
  EXPECT_EQ(parsed->keys[1].id(), "two");
  EXPECT_THAT(parsed->left_out,
              ElementsAre(HasSubstr("1024 bits"), HasSubstr("kty"), HasSubstr("object")));
}

TEST(JsonWebKeySet, IsAnObjectWithAListOfBoundedLength) {
  for (const std::string_view text :
       {"", "[]", "{}", R"({"keys":{}})", R"({"keys":null})", R"({"keys":[})", "null"}) {
    EXPECT_THAT(ParseJsonWebKeySet(text), FailsWith(ErrorCode::kMalformed)) << text;
  }
  EXPECT_THAT(ParseJsonWebKeySet(R"({"keys":[]})"), IsOk());
  json::array many;
  many.resize(kMaxKeys + 1);
  EXPECT_THAT(ParseJsonWebKeySet(ToText(json::object{{"keys", many}})),
              FailsWith(ErrorCode::kTooLarge));
  EXPECT_THAT(ParseJsonWebKeySet(std::string(kMaxKeySetBytes + 1, ' ')),
              FailsWith(ErrorCode::kTooLarge));
}

}  // namespace
}  // namespace sluice::crypto
