#include "storage/small_file.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/testing.h"

namespace sluice::storage {
namespace {

class SmallFile : public testing::Test {
 protected:
  ~SmallFile() override { std::filesystem::remove(path_); }
  void Write(std::string_view text) { std::ofstream(path_, std::ios::binary) << text; }

  const std::string path_ = Format("{}small-file-{}", testing::TempDir(), getpid());
};

TEST_F(SmallFile, IsReadWholeOrNotAtAll) {
  const std::string text(50'000, 'x');
  Write(text);
  EXPECT_THAT(ReadSmallFile(path_, 50'000), IsOkAnd(text));
  EXPECT_THAT(ReadSmallFile(path_, 49'999), FailsWith(ErrorCode::kTooLarge));
}

TEST_F(SmallFile, MissingFilesAndFoldersAreNotFound) {
  EXPECT_THAT(ReadSmallFile(path_, 10), FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(ReadSmallFile(testing::TempDir(), 10), FailsWith(ErrorCode::kNotFound));
}

TEST_F(SmallFile, SecretIsTrimmedAndNotEmpty) {
  Write(" the secret\n");
  const auto secret = ReadSecretFile(path_);
  ASSERT_THAT(secret, IsOk());
  EXPECT_EQ(secret->Reveal(), "the secret");
  Write(" \n");
  EXPECT_THAT(ReadSecretFile(path_), FailsWith(ErrorCode::kCorruptData));
}

}  // namespace
}  // namespace sluice::storage
