#include "crypto/signing_key.h"

#include <thread>
#include <vector>

#include "base/encoding.h"
#include "base/testing.h"
#include "crypto/hash.h"

namespace sluice::crypto {
namespace {

struct Vector {
  const char* seed;
  const char* public_key;
  const char* message;
  const char* signature;
};

// RFC 8032, section 7.1: tests 1, 2, 3 and "SHA(abc)".
constexpr Vector kVectors[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b"
     "46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11"
     "d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc"
     "6594a7c15e9716ed28dc027beceea1ec40a"},
    {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3fee"
     "bbd454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e"
     "0303dca179c138ac17ad9bef1177331a704"},
};

SigningKey KeyOf(const char* seed_hex) {
  return SigningKey::FromSeed(Secret(HexDecode(seed_hex).value())).value();
}

TEST(SigningKey, SignsAsRfc8032Says) {
  for (const Vector& vector : kVectors) {
    const SigningKey key = KeyOf(vector.seed);
    EXPECT_EQ(HexEncode(AsText(key.public_key())), vector.public_key);
    const std::string message = HexDecode(vector.message).value();
    const std::string signature = key.Sign(message).value();
    EXPECT_EQ(HexEncode(signature), vector.signature);
    const VerifyKey verify = VerifyKey::FromBytes(HexDecode(vector.public_key).value()).value();
    EXPECT_TRUE(verify.Verify(message, signature));
    EXPECT_FALSE(verify.Verify(message + "x", signature));
  }
}

TEST(SigningKey, NoBitOfASignatureMayBeAnother) {
  const SigningKey key = KeyOf(kVectors[1].seed);
  const VerifyKey verify = VerifyKey::FromBytes(AsText(key.public_key())).value();
  const std::string signature = key.Sign("text").value();
  for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
    std::string other = signature;
    other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(verify.Verify("text", other)) << bit;
  }
  EXPECT_FALSE(verify.Verify("text", ""));
  EXPECT_FALSE(verify.Verify("text", signature.substr(1)));
  EXPECT_FALSE(verify.Verify("text", signature + "x"));
}

TEST(SigningKey, ASignatureIsTheSignersAlone) {
  const VerifyKey other = VerifyKey::FromBytes(HexDecode(kVectors[2].public_key).value()).value();
  EXPECT_FALSE(other.Verify("text", KeyOf(kVectors[1].seed).Sign("text").value()));
}

TEST(SigningKey, RefusesSeedsAndKeysOfOtherLengths) {
  EXPECT_THAT(SigningKey::FromSeed(Secret("")), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(SigningKey::FromSeed(Secret(std::string(33, 'x'))),
              FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(VerifyKey::FromBytes("short"), FailsWith(ErrorCode::kInvalidArgument));
}

TEST(SigningKey, SignsOnSeveralThreads) {
  const SigningKey key = KeyOf(kVectors[0].seed);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([key] {
      for (int round = 0; round < 20; ++round) {
        EXPECT_EQ(HexEncode(key.Sign("").value()), kVectors[0].signature);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace sluice::crypto
