#include "crypto/secret_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "base/testing.h"
#include "crypto/random.h"

namespace sluice::crypto {
namespace {

class SecretFile : public testing::Test {
 protected:
  SecretFile() { std::filesystem::create_directories(directory_); }
  ~SecretFile() override { std::filesystem::remove_all(directory_); }

  Result<Secret> Make() const {
    return LoadOrCreateSecretText(path_, [] { return RandomToken(32); });
  }
  void Write(std::string_view text, mode_t mode) {
    std::ofstream(path_) << text;
    chmod(path_.c_str(), mode);
  }

  const std::string directory_ = testing::TempDir() + "secret-" + RandomToken(9);
  const std::string path_ = directory_ + "/master.key";
};

TEST_F(SecretFile, IsMadeOnceAndReadAgain) {
  const auto made = Make();
  ASSERT_THAT(made, IsOk());
  EXPECT_EQ(made->Reveal().size(), 43U);
  const auto again = Make();
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->Reveal(), made->Reveal());
}

TEST_F(SecretFile, IsForItsOwnerAloneAndLeavesNothingBeside) {
  ASSERT_THAT(Make(), IsOk());
  struct stat status;
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory_), {}), 1);
}

TEST_F(SecretFile, OfManyWhoMakeItAllGetTheSame) {
  std::vector<std::string> seen(8);
  std::vector<std::thread> threads;
  for (std::string& secret : seen) {
    threads.emplace_back([&] { secret = Make()->Reveal(); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& secret : seen) EXPECT_EQ(secret, seen.front());
}

TEST_F(SecretFile, OpenToOthersIsRefused) {
  for (const mode_t mode : {0640, 0604, 0620, 0666}) {
    Write("c2VjcmV0\n", mode);
    EXPECT_THAT(LoadOrCreateSecretText(path_, [] { return "x"; }),
                FailsWith(ErrorCode::kPermissionDenied))
        << mode;
  }
}

TEST_F(SecretFile, SymbolicLinkIsRefused) {
  ASSERT_EQ(symlink("/etc/hostname", path_.c_str()), 0);
  EXPECT_THAT(Make(), FailsWith(ErrorCode::kPermissionDenied));
}

TEST_F(SecretFile, EmptyOrTooLongIsCorruptAndStays) {
  for (const std::string& text : {std::string(5000, 'A'), std::string(" \n")}) {
    Write(text, 0600);
    EXPECT_THAT(Make(), FailsWith(ErrorCode::kCorruptData));
    EXPECT_EQ(std::filesystem::file_size(path_), text.size());
  }
}

TEST_F(SecretFile, MayHoldTextOfAnyKind) {
  Write("sluice_token\n", 0600);
  const auto secret = LoadOrCreateSecretText(path_, [] { return "unused"; });
  ASSERT_THAT(secret, IsOk());
  EXPECT_EQ(secret->Reveal(), "sluice_token");
}

TEST_F(SecretFile, ErrorsHoldThePathAndNotTheSecret) {
  Write("planted-secret", 0644);
  const auto refused = Make();
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().ToString(), testing::HasSubstr(path_));
  EXPECT_THAT(refused.error().ToString(), testing::Not(testing::HasSubstr("planted")));
}

}  // namespace
}  // namespace sluice::crypto
