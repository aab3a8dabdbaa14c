#include "crypto/compare.h"

#include <gtest/gtest.h>

namespace sluice::crypto {
namespace {

TEST(ConstantTimeEquals, AgreesWithEquality) {
  EXPECT_TRUE(ConstantTimeEquals("", ""));
  EXPECT_TRUE(ConstantTimeEquals("secret", "secret"));
  EXPECT_FALSE(ConstantTimeEquals("secret", "secreT"));
  EXPECT_FALSE(ConstantTimeEquals("Secret", "secret"));
  EXPECT_FALSE(ConstantTimeEquals("secret", "secre"));
}

}  // namespace
}  // namespace sluice::crypto
