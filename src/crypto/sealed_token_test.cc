#include "crypto/sealed_token.h"

#include "base/testing.h"

namespace sluice::crypto {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TokenBinding kBinding = {.purpose = "list tables", .context = "acme/sales"};

class SealedToken : public testing::Test {
 protected:
  ManualClock clock_{SystemTime(hours(24 * 365 * 56))};
  TokenSealer sealer_{HmacSha256Key("key"), clock_};
  std::string token_ = *sealer_.Seal(kBinding, "after=orders", seconds(60));
};

TEST_F(SealedToken, OpensToItsPayload) {
  EXPECT_THAT(sealer_.Open(kBinding, token_), IsOkAnd(std::string("after=orders")));
}

TEST_F(SealedToken, NeedsNoEscapingInAUrl) {
  const std::string token = *sealer_.Seal(kBinding, std::string(256, '\xff'), seconds(60));
  for (const char c : token) {
    EXPECT_TRUE(std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_') << c;
  }
}

TEST_F(SealedToken, OpensForNothingElse) {
  EXPECT_THAT(sealer_.Open({.purpose = "list schemas", .context = "acme/sales"}, token_),
              FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(sealer_.Open({.purpose = "list tables", .context = "other/sales"}, token_),
              FailsWith(ErrorCode::kInvalidArgument));
  // What moves from one part into the next is something else, too.
  EXPECT_THAT(sealer_.Open({.purpose = "list tablesacme", .context = "/sales"}, token_),
              FailsWith(ErrorCode::kInvalidArgument));
}

TEST_F(SealedToken, OpensOnlyUnderItsKey) {
  const TokenSealer other(HmacSha256Key("other key"), clock_);
  EXPECT_THAT(other.Open(kBinding, token_), FailsWith(ErrorCode::kInvalidArgument));
}

TEST_F(SealedToken, NotOneCharacterMayChange) {
  for (std::size_t i = 0; i < token_.size(); ++i) {
    std::string changed = token_;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_THAT(sealer_.Open(kBinding, changed), FailsWith(ErrorCode::kInvalidArgument)) << i;
    EXPECT_THAT(sealer_.Open(kBinding, token_.substr(0, i)),
                FailsWith(ErrorCode::kInvalidArgument));
  }
}

TEST_F(SealedToken, ExpiresWhenItsTimeIsOver) {
  clock_.Advance(milliseconds(59'999));
  EXPECT_THAT(sealer_.Open(kBinding, token_), IsOk());
  clock_.Advance(milliseconds(1));
  const auto expired = sealer_.Open(kBinding, token_);
  ASSERT_THAT(expired, FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_EQ(expired.error().message, "the page token has expired");
}

TEST_F(SealedToken, ErrorsCallItByItsNoun) {
  const auto refused =
      sealer_.Open({.purpose = "refresh", .context = "", .noun = "refresh token"}, token_);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message, "Error decoding the refresh token");
}

TEST_F(SealedToken, OfAnOlderKeyOpensWhileThatIsKept) {
  sealer_.SetKeys({HmacSha256Key("new key"), HmacSha256Key("key")});
  EXPECT_THAT(sealer_.Open(kBinding, token_), IsOk());
  const auto fresh = sealer_.Seal(kBinding, "x", seconds(60));
  sealer_.SetKeys({HmacSha256Key("new key")});
  EXPECT_THAT(sealer_.Open(kBinding, token_), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(sealer_.Open(kBinding, *fresh), IsOkAnd("x"));
}

TEST_F(SealedToken, HasABound) {
  const std::string longest(TokenSealer::kMaxPayloadBytes, 'x');
  const auto token = sealer_.Seal(kBinding, longest, seconds(60));
  ASSERT_THAT(token, IsOk());
  EXPECT_LE(token->size(), TokenSealer::kMaxTokenChars);
  EXPECT_THAT(sealer_.Open(kBinding, *token), IsOkAnd(longest));
  EXPECT_THAT(sealer_.Seal(kBinding, longest + "x", seconds(60)), FailsWith(ErrorCode::kTooLarge));
  EXPECT_THAT(sealer_.Open(kBinding, std::string(10'000'000, 'A')),
              FailsWith(ErrorCode::kInvalidArgument));
}

}  // namespace
}  // namespace sluice::crypto
