// What is true of local files beside the contract.

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/testing.h"
#include "storage/object_store.h"

namespace sluice::storage {
namespace {

class LocalStore : public testing::Test {
 protected:
  LocalStore() {
    std::string pattern = testing::TempDir() + "local-XXXXXX";
    root_ = mkdtemp(pattern.data());
  }
  ~LocalStore() override { std::filesystem::remove_all(root_); }

  void Write(std::string_view name, std::string_view bytes) {
    std::ofstream(Format("{}/{}", root_, name)) << bytes;
  }
  std::string Path(std::string_view name) const { return Format("{}/{}", root_, name); }

  std::string root_;
  std::unique_ptr<ObjectStore> store_ = NewLocalStore();
};

TEST_F(LocalStore, FollowsSymbolicLinks) {
  Write("target", "bytes");
  ASSERT_EQ(symlink("target", Path("link").c_str()), 0);
  ASSERT_EQ(symlink("nowhere", Path("broken").c_str()), 0);
  EXPECT_THAT(store_->ReadAll(Path("link"), 100), IsOkAnd(std::string("bytes")));
  const auto infos = store_->List({.directory = root_, .start_after = ""});
  ASSERT_THAT(infos, IsOk());
  ASSERT_EQ(infos->size(), 2U);
  EXPECT_EQ(infos->front().name, "link");
  EXPECT_EQ(infos->front().size_bytes, 5U);
}

TEST_F(LocalStore, NeverWaitsForAPipe) {
  ASSERT_EQ(mkfifo(Path("pipe").c_str(), 0600), 0);
  EXPECT_THAT(store_->ReadAll(Path("pipe"), 100), FailsWith(ErrorCode::kNotFound));
  EXPECT_TRUE(store_->List({.directory = root_, .start_after = ""})->empty());
}

TEST_F(LocalStore, FileThatShrinksWhileReadIsUnavailable) {
  Write("file", "0123456789");
  const auto object = store_->Open(Path("file"));
  ASSERT_THAT(object, IsOk());
  ASSERT_EQ(truncate(Path("file").c_str(), 4), 0);
  std::string all(10, '\0');
  EXPECT_THAT((*object)->ReadAt(0, all), FailsWith(ErrorCode::kUnavailable));
}

TEST_F(LocalStore, OpenFileOutlivesItsName) {
  Write("file", "0123456789");
  const auto object = store_->Open(Path("file"));
  ASSERT_EQ(unlink(Path("file").c_str()), 0);
  std::string all(10, '\0');
  EXPECT_THAT((*object)->ReadAt(0, all), IsOk());
  EXPECT_EQ(all, "0123456789");
}

TEST_F(LocalStore, NameBelowAFileIsNotFound) {
  Write("file", "x");
  EXPECT_THAT(store_->Stat(Path("file/below")), FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(store_->Stat(Path(std::string(5000, 'n'))), FailsWith(ErrorCode::kNotFound));
}

TEST_F(LocalStore, LockedDirectoryIsPermissionDenied) {
  if (geteuid() == 0) GTEST_SKIP() << "root may read everything";
  std::filesystem::create_directory(Path("locked"));
  ASSERT_EQ(chmod(Path("locked").c_str(), 0), 0);
  EXPECT_THAT(store_->Stat(Path("locked/x")), FailsWith(ErrorCode::kPermissionDenied));
  EXPECT_THAT(store_->List({.directory = Path("locked"), .start_after = ""}),
              FailsWith(ErrorCode::kPermissionDenied));
  ASSERT_EQ(chmod(Path("locked").c_str(), 0700), 0);
}

}  // namespace
}  // namespace sluice::storage
