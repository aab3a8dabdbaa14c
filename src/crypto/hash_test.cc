#include "crypto/hash.h"

#include <gtest/gtest.h>

namespace sluice::crypto {
namespace {

std::string Md5Hex(std::string_view text) {
  std::string out;
  AppendMd5Hex(text, out);
  return out;
}

std::string Sha256Hex(std::string_view text) {
  std::string out;
  AppendSha256Hex(text, out);
  return out;
}

TEST(Hash, Md5AgreesWithRfc1321) {
  EXPECT_EQ(Md5Hex(""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(Md5Hex("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
  EXPECT_EQ(Md5Hex("1234567890123456789012345678901234567890123456789012345678901234567890123456"
                   "7890"),
            "57edf4a22be3c955ac49da2e2107b67a");
}

TEST(Hash, Sha256AgreesWithFips180) {
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256Hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Hash, AppendsToWhatIsThere) {
  std::string out = "id=";
  AppendMd5Hex("a", out);
  EXPECT_EQ(out, "id=0cc175b9c0f1b6a831c399e269772661");
}

}  // namespace
}  // namespace sluice::crypto
