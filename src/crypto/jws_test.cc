#include "crypto/jws.h"

#include "base/encoding.h"
#include "base/testing.h"
#include "crypto/jws_testing.h"

namespace sluice::crypto {
namespace {

using testing::HasSubstr;

// RFC 7515, appendix A.2.
constexpr std::string_view kRfc7515Rs256Key = R"({"kty":"RSA","e":"AQAB","n":
"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"})";
constexpr std::string_view kRfc7515Rs256Token =
    "eyJhbGciOiJSUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
    "O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQ"
    "BMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--"
    "xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWyw"
    "lVmtVrBp0igcN_IoypGlUPQGe77Rw";

// RFC 7515, appendix A.3.
constexpr std::string_view kRfc7515Es256Key = R"({"kty":"EC","crv":"P-256",
"x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
"y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";
constexpr std::string_view kRfc7515Es256Token =
    "eyJhbGciOiJFUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

// RFC 7520, sections 3.3 and 4.1.
constexpr std::string_view kRfc7520Key =
    R"({"kty":"RSA","kid":"bilbo.baggins@hobbiton.example","use":"sig","e":"AQAB","n":
"n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw"})";
constexpr std::string_view kRfc7520Signature =
    "MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII"
    "7PNDi84wnB-BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1"
    "Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-"
    "ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg";
constexpr std::string_view kRfc7520Payload =
    "It\xe2\x80\x99s a dangerous business, Frodo, going out your door. You step onto the road, and "
    "if "
    "you don't keep your feet, there\xe2\x80\x99s no knowing where you might be swept off to.";

// The order of P-256 (SEC 2, section 2.4.2).
constexpr std::string_view kOrderHex =
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

JsonWebKey KeyOf(const json::value& jwk) { return JsonWebKey::Parse(jwk).value(); }
JsonWebKey KeyOf(std::string_view text) { return KeyOf(ParseJson(text).value()); }

const TestSigningKey& RsaKey() {
  static const TestSigningKey key = TestSigningKey::Rsa();
  return key;
}
const TestSigningKey& EllipticKey() {
  static const TestSigningKey key = TestSigningKey::P256();
  return key;
}

std::string TokenWith(std::string_view header, std::string_view signature = "c2ln") {
  return Base64UrlEncode(header) + ".e30." + std::string(signature);
}

TEST(Jws, TokensOfRfc7515AreRight) {
  const auto rs256 = ParseJws(kRfc7515Rs256Token);
  ASSERT_THAT(rs256, IsOk());
  EXPECT_EQ(rs256->algorithm, SignatureAlgorithm::kRs256);
  EXPECT_FALSE(rs256->key_id);
  EXPECT_THAT(rs256->payload, HasSubstr("\"iss\":\"joe\""));
  EXPECT_TRUE(rs256->IsSignedBy(KeyOf(kRfc7515Rs256Key)));
  EXPECT_FALSE(rs256->IsSignedBy(KeyOf(kRfc7520Key)));

  const auto es256 = ParseJws(kRfc7515Es256Token);
  ASSERT_THAT(es256, IsOk());
  EXPECT_TRUE(es256->IsSignedBy(KeyOf(kRfc7515Es256Key)));
  EXPECT_FALSE(es256->IsSignedBy(KeyOf(kRfc7515Rs256Key)));
}

TEST(Jws, TheTokenOfRfc7520IsRight) {
  const std::string token =
      Base64UrlEncode(R"({"alg":"RS256","kid":"bilbo.baggins@hobbiton.example"})") + "." +
      Base64UrlEncode(kRfc7520Payload) + "." + std::string(kRfc7520Signature);
  const auto jws = ParseJws(token);
  ASSERT_THAT(jws, IsOk());
  EXPECT_EQ(jws->key_id, "bilbo.baggins@hobbiton.example");
  EXPECT_EQ(jws->payload, kRfc7520Payload);
  EXPECT_TRUE(jws->IsSignedBy(KeyOf(kRfc7520Key)));
}

TEST(Jws, EachAlgorithmTellsRightFromWrong) {
  for (const auto algorithm :
       {SignatureAlgorithm::kRs256, SignatureAlgorithm::kPs256, SignatureAlgorithm::kEs256}) {
    const bool is_elliptic = algorithm == SignatureAlgorithm::kEs256;
    const TestSigningKey& signer = is_elliptic ? EllipticKey() : RsaKey();
    const JsonWebKey key = KeyOf(signer.PublicJwk());
    std::string signature = signer.Sign(algorithm, "text");
    EXPECT_TRUE(key.Verify(algorithm, "text", signature));
    EXPECT_FALSE(key.Verify(algorithm, "texts", signature));
    EXPECT_FALSE(key.Verify(algorithm, "text", signature + '\0'));
    EXPECT_FALSE(key.Verify(algorithm, "text", '\0' + signature));
    EXPECT_FALSE(key.Verify(algorithm, "text", signature.substr(1)));
    EXPECT_FALSE(key.Verify(algorithm, "text", ""));
    EXPECT_FALSE(key.Verify(algorithm, "text", std::string(signature.size(), '\0')));
    EXPECT_FALSE(key.Verify(algorithm, "text", std::string(signature.size(), '\xff')));
    signature.back() = static_cast<char>(signature.back() ^ 1);
    EXPECT_FALSE(key.Verify(algorithm, "text", signature));
  }
}

TEST(Jws, OnePaddingOfRsaIsNotTheOther) {
  const JsonWebKey key = KeyOf(RsaKey().PublicJwk());
  const std::string pkcs1 = RsaKey().Sign(SignatureAlgorithm::kRs256, "text");
  const std::string pss = RsaKey().Sign(SignatureAlgorithm::kPs256, "text");
  EXPECT_FALSE(key.Verify(SignatureAlgorithm::kPs256, "text", pkcs1));
  EXPECT_FALSE(key.Verify(SignatureAlgorithm::kRs256, "text", pss));
}

TEST(Jws, ParametersOfTheAlgorithmAreFixed) {
  const JsonWebKey key = KeyOf(RsaKey().PublicJwk());
  const auto verifies = [&](SignatureAlgorithm algorithm, const SigningOddities& oddities) {
    return key.Verify(algorithm, "text", RsaKey().Sign(algorithm, "text", oddities));
  };
  EXPECT_FALSE(verifies(SignatureAlgorithm::kPs256, {.pss_salt_bytes = 0}));
  EXPECT_FALSE(verifies(SignatureAlgorithm::kPs256, {.pss_salt_bytes = 20}));
  EXPECT_FALSE(verifies(SignatureAlgorithm::kPs256, {.pss_salt_bytes = 222}));
  EXPECT_FALSE(verifies(SignatureAlgorithm::kPs256, {.mask_digest = EVP_sha1()}));
  EXPECT_FALSE(verifies(SignatureAlgorithm::kPs256, {.digest = EVP_sha512()}));
  EXPECT_FALSE(verifies(SignatureAlgorithm::kRs256, {.digest = EVP_sha1()}));
  EXPECT_FALSE(verifies(SignatureAlgorithm::kRs256, {.digest = EVP_sha512()}));
}

TEST(Jws, NumbersOfAnEllipticSignatureAreOfItsOrder) {
  const JsonWebKey key = KeyOf(EllipticKey().PublicJwk());
  const std::string zero(32, '\0');
  const std::string one = std::string(31, '\0') + '\x01';
  const std::string order = HexDecode(kOrderHex).value();
  const std::string good = EllipticKey().Sign(SignatureAlgorithm::kEs256, "text");
  const std::string r = good.substr(0, 32);
  const std::string s = good.substr(32);
  for (const std::string& bad : {zero + zero, zero + one, one + zero, order + order, zero + s,
                                 r + zero, order + s, r + order, s + r, one + one}) {
    EXPECT_FALSE(key.Verify(SignatureAlgorithm::kEs256, "text", bad)) << HexEncode(bad);
  }
}

TEST(Jws, AnEllipticSignatureIsNotDer) {
  const JsonWebKey key = KeyOf(EllipticKey().PublicJwk());
  const std::string good = EllipticKey().Sign(SignatureAlgorithm::kEs256, "text");
  const std::string der = "\x30\x46\x02\x21" + std::string(1, '\0') + good.substr(0, 32) +
                          "\x02\x21" + std::string(1, '\0') + good.substr(32);
  EXPECT_FALSE(key.Verify(SignatureAlgorithm::kEs256, "text", der));
}

TEST(Jws, OnlyThreePartsOfBase64UrlAreAToken) {
  const std::string header = Base64UrlEncode(R"({"alg":"RS256"})");
  for (const std::string& token :
       {std::string(), std::string("."), std::string(".."), std::string("..."), header + ".e30",
        header + ".e30.c2ln.c2ln", header + ".e30.", header + ".e30.c2ln=", header + ".e30=.c2ln",
        header + "=.e30.c2ln", header + ".e3!.c2ln", header + ".e3.c2ln", header + ".e30.c+/n",
        " " + header + ".e30.c2ln", header + ".e30.c2ln ", header + ".e30.c2\nln",
        header + ".e30.c2lo" + std::string(1, '\0')}) {
    EXPECT_THAT(ParseJws(token), FailsWith(ErrorCode::kMalformed)) << token;
  }
  const std::string huge = header + "." + std::string(kMaxJwsBytes, 'a') + ".c2ln";
  EXPECT_THAT(ParseJws(huge), FailsWith(ErrorCode::kTooLarge));
}

TEST(Jws, APayloadIsBase64UrlInOneSpelling) {
  const std::string header = Base64UrlEncode(R"({"alg":"RS256"})");
  EXPECT_THAT(ParseJws(header + ".e30.c2ln"), IsOk());
  EXPECT_THAT(ParseJws(header + ".e31.c2ln"), FailsWith(ErrorCode::kMalformed));  // stray bits
  EXPECT_THAT(ParseJws(header + "..c2ln"), IsOk());                               // empty text
}

TEST(Jws, TheHeaderIsAnObjectThatNamesItsAlgorithm) {
  for (const std::string_view header :
       {"", "RS256", "[]", "null", "{}", R"({"alg":null})", R"({"alg":["RS256"]})",
        R"({"alg":256})", R"({"alg":"RS256"}{})", R"({"alg":"RS256",})", "{\"alg\":\"RS256\xff\"}",
        R"({"alg":"RS256","kid":7})", R"({"alg":"RS256","kid":["a"]})",
        R"({"alg":"RS256","kid":""})", R"({"alg":"RS256","typ":{}})",
        R"({"alg":"RS256","a":[[[[[[[[[[]]]]]]]]]]})"}) {
    EXPECT_THAT(ParseJws(TokenWith(header)), FailsWith(ErrorCode::kMalformed)) << header;
  }
  const std::string long_id = R"({"alg":"RS256","kid":")" + std::string(1025, 'k') + "\"}";
  EXPECT_THAT(ParseJws(TokenWith(long_id)), FailsWith(ErrorCode::kMalformed));
}

TEST(Jws, OtherAlgorithmsAreRefusedByName) {
  for (const std::string_view name : {"none", "None", "nOnE", "NONE"}) {
    const auto jws = ParseJws(TokenWith(Format(R"({{"alg":"{}"}})", name)));
    ASSERT_THAT(jws, FailsWith(ErrorCode::kUnsupported));
    EXPECT_THAT(jws.error().message, HasSubstr("none"));
  }
  for (const std::string_view name : {"HS256", "HS512", "hs256"}) {
    const auto jws = ParseJws(TokenWith(Format(R"({{"alg":"{}"}})", name)));
    ASSERT_THAT(jws, FailsWith(ErrorCode::kUnsupported));
    EXPECT_THAT(jws.error().message, HasSubstr("secret"));
  }
  for (const std::string_view name : {"", "rs256", "RS256 ", "RS384", "ES384", "PS512", "ES256K",
                                      "EdDSA", "RSA1_5", "dir", "RS256\\u0000"}) {
    EXPECT_THAT(ParseJws(TokenWith(Format(R"({{"alg":"{}"}})", name))),
                FailsWith(ErrorCode::kUnsupported))
        << name;
  }
  EXPECT_THAT(ParseJws(TokenWith(R"({"alg":"none"})", "")), FailsWith(ErrorCode::kUnsupported));
}

TEST(Jws, WhateverIsCriticalIsRefused) {
  for (const std::string_view crit : {"[\"b64\"]", "[\"exp\"]", "[]", "null", "\"alg\""}) {
    const std::string header = Format(R"({{"alg":"RS256","crit":{},"b64":false}})", crit);
    EXPECT_THAT(ParseJws(TokenWith(header)), FailsWith(ErrorCode::kUnsupported)) << header;
  }
}

TEST(Jws, AKeyInTheHeaderCountsForNothing) {
  const TestSigningKey attacker = TestSigningKey::P256();
  const json::object header = {{"alg", "ES256"},
                               {"jwk", attacker.PublicJwk()},
                               {"jku", "https://attacker.example.com/keys"},
                               {"x5u", "file:///etc/passwd"}};
  const std::string token =
      attacker.SignToken(SignatureAlgorithm::kEs256, ToText(header), R"({"sub":"admin"})");
  const auto jws = ParseJws(token);
  ASSERT_THAT(jws, IsOk());
  EXPECT_FALSE(jws->IsSignedBy(KeyOf(EllipticKey().PublicJwk())));
}

TEST(Jws, LooksAreThreeParts) {
  EXPECT_TRUE(LooksLikeJws(kRfc7515Es256Token));
  EXPECT_FALSE(LooksLikeJws("sluice_abc"));
  EXPECT_FALSE(LooksLikeJws("a.b"));
  EXPECT_FALSE(LooksLikeJws("a.b.c.d"));
  EXPECT_FALSE(LooksLikeJws(".b.c"));
}

}  // namespace
}  // namespace sluice::crypto
