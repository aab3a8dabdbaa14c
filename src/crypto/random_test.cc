#include "crypto/random.h"

#include <gtest/gtest.h>

namespace sluice::crypto {
namespace {

TEST(Random, GivesWhatWasAskedForAndNeverTheSame) {
  EXPECT_EQ(RandomBytes(0), "");
  EXPECT_EQ(RandomBytes(32).size(), 32U);
  EXPECT_NE(RandomBytes(32), RandomBytes(32));
  EXPECT_EQ(RandomToken(32).size(), 43U);
}

}  // namespace
}  // namespace sluice::crypto
