#include "crypto/hmac.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace sluice::crypto {
namespace {

std::string MacHex(std::string_view key, std::string_view message) {
  return HexEncode(AsText(HmacSha256Key(key).Mac({message})));
}

TEST(HmacSha256, AgreesWithRfc4231) {
  EXPECT_EQ(MacHex(std::string(20, '\x0b'), "Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(MacHex("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(MacHex(std::string(20, '\xaa'), std::string(50, '\xdd')),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
}

TEST(HmacSha256, HashesKeysLongerThanABlock) {
  const std::string key(131, '\xaa');
  EXPECT_EQ(MacHex(key, "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(MacHex(key,
                   "This is a test using a larger than block-size key and a larger than block-size "
                   "data. The key needs to be hashed before being used by the HMAC algorithm."),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

TEST(HmacSha256, PartsAreOneMessage) {
  const HmacSha256Key key("Jefe");
  EXPECT_EQ(key.Mac({"what do ya ", "", "want for nothing?"}),
            key.Mac({"what do ya want for nothing?"}));
}

TEST(HmacSha256, KeyCanBeUsedAgain) {
  const HmacSha256Key key("Jefe");
  const HmacSha256Key copy = key;
  EXPECT_EQ(key.Mac({"a"}), copy.Mac({"a"}));
  EXPECT_EQ(key.Mac({"a"}), key.Mac({"a"}));
  EXPECT_NE(key.Mac({"a"}), key.Mac({"b"}));
}

TEST(JoinParts, ListsThatLookAlikeDiffer) {
  EXPECT_NE(JoinParts({"ab", "c"}), JoinParts({"a", "bc"}));
  EXPECT_NE(JoinParts({"a", ""}), JoinParts({"a"}));
  EXPECT_NE(JoinParts({}), JoinParts({""}));
}

}  // namespace
}  // namespace sluice::crypto
