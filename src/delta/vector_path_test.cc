#include "delta/vector_path.h"

#include "base/testing.h"

namespace sluice::delta {
namespace {

Result<std::string> PathOf(const std::string& type, const std::string& text) {
  table::DeletionVector vector{.storage_type = type, .path_or_inline = text};
  TRY(FinishVector(vector));
  return vector.file_path;
}

// The example of the Delta protocol's text.
TEST(VectorPathTest, UuidBecomesAFileNameBelowItsPrefix) {
  EXPECT_EQ(PathOf("u", "ab^-aqEH.-t@S}K{vb[*k^").value(),
            "ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin");
  EXPECT_EQ(PathOf("u", "^-aqEH.-t@S}K{vb[*k^").value(),
            "deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin");
}

TEST(VectorPathTest, PathStaysAsItIsAndInlineHasNone) {
  EXPECT_EQ(PathOf("p", "file:///t/a%20b.bin").value(), "file:///t/a%20b.bin");
  EXPECT_EQ(PathOf("i", "wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L").value(), "");
}

TEST(VectorPathTest, WhatIsNoDescriptorIsRefused) {
  EXPECT_EQ(PathOf("u", "too short").error().code, ErrorCode::kCorruptData);
  EXPECT_EQ(PathOf("u", "^-aqEH.-t@S}K{vb[*k\"").error().code, ErrorCode::kCorruptData);
  EXPECT_EQ(PathOf("u", "####################").error().code, ErrorCode::kCorruptData);
  EXPECT_EQ(PathOf("u",
                   "../"
                   "^-aqEH.-t@S}K{vb[*k^")
                .error()
                .code,
            ErrorCode::kCorruptData);
  EXPECT_EQ(PathOf("x", "^-aqEH.-t@S}K{vb[*k^").error().code, ErrorCode::kCorruptData);
}

}  // namespace
}  // namespace sluice::delta
