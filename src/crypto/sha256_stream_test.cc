#include "crypto/sha256_stream.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::crypto {
namespace {

TEST(Sha256Stream, PiecesHaveTheDigestOfTheWhole) {
  const std::string text(100'000, 'x');
  for (const std::size_t piece : {1UL, 63UL, 64UL, 65UL, 4'096UL, 100'000UL}) {
    Sha256Stream stream;
    for (std::size_t at = 0; at < text.size(); at += piece) {
      stream.Add(std::string_view(text).substr(at, piece));
    }
    EXPECT_EQ(stream.Finish(), Sha256(text)) << piece;
  }
  EXPECT_EQ(Sha256Stream().Finish(), Sha256(""));
}

}  // namespace
}  // namespace sluice::crypto
