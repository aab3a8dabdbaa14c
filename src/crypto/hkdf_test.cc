#include "crypto/hkdf.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace sluice::crypto {
namespace {

/// The bytes from `first` to `last`.
std::string Range(int first, int last) {
  std::string bytes;
  for (int byte = first; byte <= last; ++byte) bytes += static_cast<char>(byte);
  return bytes;
}

// RFC 5869, appendix A.
TEST(Hkdf, AgreesWithTestCase1) {
  const std::string secret(22, '\x0b');
  const std::string salt = Range(0x00, 0x0c);
  const std::string info = Range(0xf0, 0xf9);
  EXPECT_EQ(HexEncode(Hkdf({.secret = secret, .salt = salt, .info = info}, 42)),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
}

TEST(Hkdf, AgreesWithTestCase2OfLongInputs) {
  const std::string secret = Range(0x00, 0x4f);
  const std::string salt = Range(0x60, 0xaf);
  const std::string info = Range(0xb0, 0xff);
  EXPECT_EQ(HexEncode(Hkdf({.secret = secret, .salt = salt, .info = info}, 82)),
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41"
            "c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
}

TEST(Hkdf, AgreesWithTestCase3OfNoSaltAndNoInfo) {
  const std::string secret(22, '\x0b');
  EXPECT_EQ(HexEncode(Hkdf({.secret = secret, .salt = {}, .info = {}}, 42)),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(Hkdf, GivesAsMuchAsTheRfcAllows) {
  EXPECT_EQ(Hkdf({.secret = "s", .salt = {}, .info = {}}, 255 * 32).size(), 8160U);
}

TEST(DeriveKey, EveryPartMakesAnotherKey) {
  const auto mac = [](const HmacSha256Key& key) { return key.Mac({"message"}); };
  const auto base = mac(DeriveKey("master", "page token", {"acme", "sales"}));
  EXPECT_EQ(base, mac(DeriveKey("master", "page token", {"acme", "sales"})));
  EXPECT_NE(base, mac(DeriveKey("other", "page token", {"acme", "sales"})));
  EXPECT_NE(base, mac(DeriveKey("master", "file url", {"acme", "sales"})));
  EXPECT_NE(base, mac(DeriveKey("master", "page token", {"acm", "esales"})));
}

}  // namespace
}  // namespace sluice::crypto
