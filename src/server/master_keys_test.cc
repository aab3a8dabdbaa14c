#include "server/master_keys.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/encoding.h"
#include "base/testing.h"

namespace sluice::server {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

class MasterKeysTest : public testing::Test {
 protected:
  MasterKeysTest() {
    std::string pattern = testing::TempDir() + "keys-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    data_ = catalog::DataDirectory::Open((folder_ / "data").string()).value();
  }
  ~MasterKeysTest() override {
    data_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string Write(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    const std::string path = (folder_ / name).string();
    std::ofstream(path) << text;
    chmod(path.c_str(), mode);
    return path;
  }
  Result<crypto::KeyRing> ByCommand(const std::string& command) {
    return LoadMasterKeys({.master_key_command = command}, *data_);
  }

  static std::string Line(char byte) { return Base64UrlEncode(std::string(32, byte)) + "\n"; }
  std::filesystem::path folder_;
  std::unique_ptr<catalog::DataDirectory> data_;
};

TEST_F(MasterKeysTest, AreThoseOfTheDataDirectoryUnlessToldOtherwise) {
  const auto made = LoadMasterKeys({}, *data_);
  ASSERT_THAT(made, IsOk());
  EXPECT_EQ(LoadMasterKeys({}, *data_)->newest().Reveal(), made->newest().Reveal());
}

TEST_F(MasterKeysTest, OfAFileAreReadNewestFirst) {
  const std::string path = Write("keys", Line('b') + Line('a'));
  const auto keys = LoadMasterKeys({.master_key_file = path}, *data_);
  ASSERT_THAT(keys, IsOk());
  ASSERT_THAT(keys->secrets(), SizeIs(2));
  EXPECT_EQ(keys->newest().Reveal(), std::string(32, 'b'));
}

TEST_F(MasterKeysTest, AFileThatOthersMayReadIsRefused) {
  const std::string path = Write("keys", Line('b'), 0644);
  EXPECT_THAT(LoadMasterKeys({.master_key_file = path}, *data_),
              FailsWith(ErrorCode::kPermissionDenied));
  EXPECT_THAT(LoadMasterKeys({.master_key_file = path + "x"}, *data_),
              FailsWith(ErrorCode::kNotFound));
}

TEST_F(MasterKeysTest, AreWhatACommandPrints) {
  const auto keys = ByCommand("cat '" + Write("keys", Line('c')) + "'");
  ASSERT_THAT(keys, IsOk());
  EXPECT_EQ(keys->newest().Reveal(), std::string(32, 'c'));
}

TEST_F(MasterKeysTest, ACommandThatFailsIsNamedAndItsOutputIsNot) {
  for (const char* const command :
       {"echo planted; exit 3", "echo planted", "true", "exec /no/such/program planted",
        "head -c 100000 /dev/zero | tr '\\0' p"}) {
    const auto keys = ByCommand(command);
    ASSERT_FALSE(keys.ok()) << command;
    EXPECT_THAT(keys.error().ToString(), Not(HasSubstr("planted"))) << command;
  }
}

TEST_F(MasterKeysTest, FileAndCommandExcludeEachOther) {
  EXPECT_THAT(LoadMasterKeys({.master_key_file = "a", .master_key_command = "b"}, *data_),
              FailsWith(ErrorCode::kInvalidArgument));
}

TEST_F(MasterKeysTest, RotationKeepsTheLastKeyForOneTurn) {
  const std::string first = LoadMasterKeys({}, *data_)->newest().Reveal();
  ASSERT_THAT(RotateMasterKeys({}, *data_), IsOk());
  const auto second = LoadMasterKeys({}, *data_);
  ASSERT_THAT(second->secrets(), SizeIs(2));
  EXPECT_EQ(second->secrets()[1].Reveal(), first);
  ASSERT_THAT(RotateMasterKeys({}, *data_), IsOk());
  EXPECT_EQ(LoadMasterKeys({}, *data_)->secrets()[1].Reveal(), second->newest().Reveal());
}

TEST_F(MasterKeysTest, KeysFromElsewhereAreNotRotatedHere) {
  EXPECT_THAT(RotateMasterKeys({.master_key_command = "true"}, *data_),
              FailsWith(ErrorCode::kUnsupported));
}

}  // namespace
}  // namespace sluice::server
