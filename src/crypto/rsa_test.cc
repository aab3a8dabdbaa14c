#include "crypto/rsa.h"

#include <thread>
#include <vector>

#include "base/encoding.h"
#include "base/testing.h"
#include "crypto/testing.h"

namespace sluice::crypto {
namespace {

constexpr std::string_view kMessage = "sluice signs links";

// printf 'sluice signs links' | openssl dgst -sha256 -sign key.pem | xxd -p
constexpr std::string_view kSignatureHex =
    "c15fa516cec9e961cb08aac7e8af09e7d675a537aa796445fe0ffa7c4979e944"
    "10314024d931a24dafad07d6872356c8658d68b09b610633d3e53c272d87f77e"
    "0a906b9294e713b3716ab3589ea3a25e20aa948d41a53540f5f73551b71659f3"
    "dee235fae9b9ff9e38d08ba25f6dd352aba4d8ab58ebeb08cfee50fe51cc49f9"
    "5c75866cfcc18e8264d15d1a93fe7e9c2d63242d8dea69681cd2b3423f55a430"
    "b7a03cbcd62da552c0a6e1347cc2eb6849954e6054909372d3a396eac06a49f1"
    "ecaa4b1ee557070a5f352142aba123a6c246c9e903db2cce1bb8760fb1d55b59"
    "5706bc42a5d6d30c8b0794585bc4799a8cc41cb23110327101ad66315ce41a57";

// openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024
constexpr char kShortKey[] = R"(-----BEGIN PRIVATE KEY-----
MIICeAIBADANBgkqhkiG9w0BAQEFAASCAmIwggJeAgEAAoGBANK457huMSLqTFXz
WjfkVne2XoDY7JQn1y4cG788/ZGr66K4sncEfrhprGhPBwVZSWC94tHrGLg36whZ
X8MrM5ZhbtPMwHb7d/uxd8+u+loN5Dzh0wtVlbKWKL4j49FWrN+xeE57J7vR1V6h
KKA7wcfhlxM6julwLX/EaD7RnptLAgMBAAECgYEA0fNbJL3dhS0ua4CwhfmiUVpJ
5FS9uovLcGyfFLZe6pIBj7o4Ti8TVwgquC7tDt48JwBqir6TfZBxQ3tQ13MmzEFo
O2LojvPUzvkrW4ALCfAsYOaMWGRy63lcQkXY51jUQzQFmhFNL457nyWilgSyjNaf
NvihD2XiKc3erPjCogkCQQD4F8hHx/fPfocFSBvxQ562lO9SLSyImsQTohslJKWe
24aCzDVtWFMddur8K5r2HFSKerUjPSdWCOpYdmMH+BU3AkEA2XA2OLJX0NedRh0T
ruJZFFx7yuHs7V/c0LnpOzZx4JXMjhlh/gBllMjJSbAMwlpOpq+a9Uz3miWGnRZB
7ZJ0jQJAEaIPGBr8YAEMM7HmWoWF2FBJmjufuK3XVdXlvAQYyWus6cr92SG39pYn
KXkn8GofECCckz6bdx/3GAaCD2TwjQJBAKqSN0bEyNTAv9SnrLAtSfoKDuZ50tXn
tJ5cqRTVQgIPITd7u/54qzdLR3Qx0eCI3VgvO50gsr/OnkoOksteb2UCQQDinz19
LvFqIvnGGcI8L6iEFPT8fASOm7S3FiEZNFuRjXCREUQFnHma00oLykg0aqg4Kq3P
9BVdaT10PLHBMTKu
-----END PRIVATE KEY-----
)";

// openssl pkcs8 -topk8 -passout pass:x
constexpr char kEncryptedKey[] = R"(-----BEGIN ENCRYPTED PRIVATE KEY-----
MIIC3TBXBgkqhkiG9w0BBQ0wSjApBgkqhkiG9w0BBQwwHAQIUxXx2+00aZgCAggA
MAwGCCqGSIb3DQIJBQAwHQYJYIZIAWUDBAEqBBBVga+3px0C/GT55vFv3P5BBIIC
gLMgtQbr1HNtrXvig7+dzVuJse2MADDbRs3A/+bxOjK/xv7Fe5TLxn/iUbqhqCYn
wd2UPR9b69WT02BWBF55s7sVEn8zqEa7G3YS2HVEAHYtPKSX+e/ZsLMIYJAlcKFI
JJn5OPNeYQcM4/NEDllmtiDAM7IxoPXoS5lnpSnbah4v1Zoi1rsZu6UqmD7tWqPl
9evKnfqCelAtWCml17kvgCfegpZPVIe5qQ5szjndu83bmbwisKYuQvy0KCYzjCrV
znFqmqofs4qvl/ytJzVlyY+htJiEgtskVFRU/yZtMeG3zy8rQyf3nWIHdBfX11rz
NF68bKEM/3eT5fjg4ZmML/9m0tVcW/z4O1Q67Tqv2Lnvhaqi69mNgetaQFzaZDtr
+GPCh1J3UgllTre3EIDjoFUS/xMJIa15MfWLuPzD8bXURO8NoPDFMuLWw3r128d/
BZmDXLFxS2mCMvBLb7rExi04WMT7ctYUNxAZUEeKVtfffTijAgyOGnS3YJ1gbfK3
7fpTSmJ7+icTggj/XykAPS1Kw5aC/hwl/QmhAmvCOhHcRn8o04MiXC/La9G3XL8M
m2XGWVmNNtWcAquBuopSaLzuhJ1qB4TFv31heZfiRovYtbkisCjDKYFVJG4XIS3u
flFyZ+bgERknBYP/Fdo2K7Kn0DPlHi36+Hp0eMFFKSgTmnpqZIq8RNpVFFlPZIJv
5M3WWfM3b4FVfOUajZG+Zn3HeBUM8cs+ZtXIiOg4O6oLHm7DvCSwpZ0I3ivicGFy
GHpphWYxGxKcCvi2RrA7LLWiULL1bHuKbAHFfFqL1O9lv2W0hI4s9zVKO6sXesmN
jaJdIVADJZDh6yhu8AaOZw8=
-----END ENCRYPTED PRIVATE KEY-----
)";

// openssl ecparam -genkey -name prime256v1 -noout | openssl pkcs8 -topk8 -nocrypt
constexpr char kEllipticKey[] = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQguWPHX3L2qhgb7Wtm
dm7jnaKuCwMdUS9se2GGrXuKwiWhRANCAATs1cvxQKGYYL9FeYsMAzW3HWIjdViw
q/Il6cBBOypmyVF169F9ATb5CcapSD2zA4wAvbyAvO8AIzdkIzRCYqwT
-----END PRIVATE KEY-----
)";

RsaPrivateKey TestKey() { return *RsaPrivateKey::FromPem(Secret(kTestRsaPrivateKey)); }

TEST(Rsa, SignsAsOpensslDoes) {
  const auto signature = TestKey().SignSha256(kMessage);
  ASSERT_THAT(signature, IsOk());
  EXPECT_EQ(HexEncode(*signature), kSignatureHex);
}

TEST(Rsa, PublicKeyTellsRightFromWrong) {
  const auto key = RsaPublicKey::FromPem(kTestRsaPublicKey);
  ASSERT_THAT(key, IsOk());
  std::string signature = *TestKey().SignSha256(kMessage);
  EXPECT_TRUE(key->VerifySha256(kMessage, signature));
  EXPECT_FALSE(key->VerifySha256("sluice signs link", signature));
  EXPECT_FALSE(key->VerifySha256(kMessage, signature.substr(1)));
  EXPECT_FALSE(key->VerifySha256(kMessage, ""));
  signature.back() = static_cast<char>(signature.back() ^ 1);
  EXPECT_FALSE(key->VerifySha256(kMessage, signature));
}

TEST(Rsa, OtherKeysAreRefused) {
  const std::string whole(kTestRsaPrivateKey);
  for (const std::string& pem :
       {std::string(), std::string("key"), std::string(kShortKey), std::string(kEncryptedKey),
        std::string(kEllipticKey), std::string(kTestRsaPublicKey), whole.substr(0, 900),
        std::string(70 << 10, ' ') + whole}) {
    const auto key = RsaPrivateKey::FromPem(Secret(pem));
    EXPECT_THAT(key, FailsWith(ErrorCode::kInvalidArgument)) << pem;
    EXPECT_TRUE(key.error().detail.empty());
  }
  EXPECT_THAT(RsaPublicKey::FromPem(whole), FailsWith(ErrorCode::kInvalidArgument));
}

TEST(Rsa, ThreadsShareAKey) {
  const RsaPrivateKey key = TestKey();
  const RsaPublicKey verifier = *RsaPublicKey::FromPem(kTestRsaPublicKey);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int turn = 0; turn < 20; ++turn) {
        const std::string message = Format("{} {}", i, turn);
        EXPECT_TRUE(verifier.VerifySha256(message, *key.SignSha256(message)));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace sluice::crypto
