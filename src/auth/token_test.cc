#include "auth/token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::auth {
namespace {

TEST(Token, HasItsForm) {
  const Secret token = GenerateToken();
  EXPECT_THAT(token.Reveal(), testing::MatchesRegex("sluice_[A-Za-z0-9_-]{49}"));
  EXPECT_TRUE(LooksLikeToken(token.Reveal()));
  EXPECT_NE(token.Reveal(), GenerateToken().Reveal());
}

TEST(Token, ChecksumTellsItFromOtherText) {
  const std::string token = GenerateToken().Reveal();
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(LooksLikeToken(changed)) << changed;
  }
  EXPECT_FALSE(LooksLikeToken(""));
  EXPECT_FALSE(LooksLikeToken(token + "A"));
}

}  // namespace
}  // namespace sluice::auth
