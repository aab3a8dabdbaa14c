#include "crypto/key_ring.h"

#include "base/encoding.h"
#include "base/testing.h"

namespace sluice::crypto {
namespace {

using testing::SizeIs;

std::string Line(char byte) { return Base64UrlEncode(std::string(KeyRing::kSecretBytes, byte)); }

TEST(KeyRing, ReadsSecretsNewestFirst) {
  const auto ring = KeyRing::Parse("# of a vault\n" + Line('b') + "\n\n  " + Line('a') + "\r\n");
  ASSERT_THAT(ring, IsOk());
  ASSERT_THAT(ring->secrets(), SizeIs(2));
  EXPECT_EQ(ring->newest().Reveal(), std::string(KeyRing::kSecretBytes, 'b'));
  EXPECT_EQ(KeyRing::Parse(ring->Format())->Format(), ring->Format());
}

TEST(KeyRing, RefusesWhatIsNoSecretWithoutRepeatingIt) {
  std::string many;
  for (std::size_t i = 0; i <= KeyRing::kMaxSecrets; ++i) many += Line(static_cast<char>(i)) + "\n";
  for (const std::string& text : {std::string(), std::string("# none"), std::string("planted"),
                                  Line('a').substr(1), Line('a') + "A", many}) {
    const auto ring = KeyRing::Parse(text);
    ASSERT_THAT(ring, FailsWith(ErrorCode::kCorruptData)) << text;
    EXPECT_EQ(ring.error().ToString().find("planted"), std::string::npos);
  }
}

TEST(KeyRing, RotationPutsANewSecretInFrontAndKeepsSomeOlder) {
  const auto first = KeyRing::Parse(Line('a'));
  const KeyRing second = first->Rotated(2);
  ASSERT_THAT(second.secrets(), SizeIs(2));
  EXPECT_NE(second.newest().Reveal(), first->newest().Reveal());
  EXPECT_EQ(second.secrets()[1].Reveal(), first->newest().Reveal());
  EXPECT_THAT(second.Rotated(2).Rotated(2).secrets(), SizeIs(3));
  EXPECT_THAT(second.Rotated(0).secrets(), SizeIs(1));
}

TEST(KeyRing, FingerprintsTellSecretsApartAndAreNoKeys) {
  const Secret a(std::string(KeyRing::kSecretBytes, 'a'));
  const Secret b(std::string(KeyRing::kSecretBytes, 'b'));
  EXPECT_EQ(KeyRing::Fingerprint(a), KeyRing::Fingerprint(a));
  EXPECT_NE(KeyRing::Fingerprint(a), KeyRing::Fingerprint(b));
  EXPECT_EQ(KeyRing::Fingerprint(a).size(), 16u);
}

}  // namespace
}  // namespace sluice::crypto
