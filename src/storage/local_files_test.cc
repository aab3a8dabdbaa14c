#include "storage/local_files.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/testing.h"

namespace sluice::storage {
namespace {

namespace fs = std::filesystem;

class LocalFiles : public testing::Test {
 protected:
  LocalFiles() {
    std::string pattern = testing::TempDir() + "files-XXXXXX";
    base_ = mkdtemp(pattern.data());
    for (const char* directory : {"table/part=1", "table/_delta_log", "outside", "table2"}) {
      fs::create_directories(base_ / directory);
    }
    for (const char* file :
         {"table/a", "table/part=1/b", "table/_delta_log/0.json", "outside/c", "table2/d"}) {
      std::ofstream(base_ / file) << file;
    }
  }
  ~LocalFiles() override { fs::remove_all(base_); }

  Result<LocalFile> Open(std::string path, bool is_absolute = false) const {
    return OpenLocalFile({.table_root = base_ / table_, .allowed_roots = allowed_},
                         {.path = std::move(path), .is_absolute = is_absolute});
  }
  Result<LocalFile> OpenAbsolute(std::string_view path) const { return Open(base_ / path, true); }

  static std::string Read(const LocalFile& file) {
    std::string bytes(file.size_bytes, '\0');
    EXPECT_EQ(pread(file.file.get(), bytes.data(), bytes.size(), 0),
              static_cast<ssize_t>(bytes.size()));
    return bytes;
  }

  fs::path base_;
  std::string table_ = "table";
  std::vector<std::string> allowed_;
};

TEST_F(LocalFiles, OpensWhatLiesInTheTable) {
  const auto file = Open("part=1/b");
  ASSERT_THAT(file, IsOk());
  EXPECT_EQ(Read(*file), "table/part=1/b");
  EXPECT_GT(UnixMillis(file->modified_at), 0);
  EXPECT_NE(fcntl(file->file.get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST_F(LocalFiles, EtagChangesWithSizeAndTime) {
  const std::string etag = Open("a")->etag;
  EXPECT_THAT(etag, testing::MatchesRegex("\"[0-9a-f]+-[0-9a-f]+\""));
  EXPECT_EQ(Open("a")->etag, etag);
  const timespec times[2] = {{.tv_sec = 1, .tv_nsec = 0}, {.tv_sec = 1, .tv_nsec = 1}};
  ASSERT_EQ(utimensat(AT_FDCWD, (base_ / "table/a").c_str(), times, 0), 0);
  EXPECT_EQ(Open("a")->etag, "\"7-3b9aca01\"");
}

TEST_F(LocalFiles, MissingFileIsNotFound) {
  EXPECT_THAT(Open("nothing"), FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(Open("a/below"), FailsWith(ErrorCode::kNotFound));
  ASSERT_TRUE(fs::remove(base_ / "table/a"));
  EXPECT_THAT(Open("a"), FailsWith(ErrorCode::kNotFound));
}

TEST_F(LocalFiles, OnlyRegularFilesAreOpened) {
  ASSERT_EQ(mkfifo((base_ / "table/pipe").c_str(), 0600), 0);
  EXPECT_THAT(Open("pipe"), FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(Open("part=1"), FailsWith(ErrorCode::kNotFound));
}

TEST_F(LocalFiles, DotDotLeadsNowhereElse) {
  EXPECT_THAT(Open("../outside/c"), FailsWith(ErrorCode::kPermissionDenied));
  EXPECT_THAT(Open("../table2/d"), FailsWith(ErrorCode::kPermissionDenied));
  EXPECT_THAT(Open("part=1/../a"), IsOk());
}

TEST_F(LocalFiles, LinksInsideAreFineAndOutsideRefused) {
  fs::create_symlink("part=1/b", base_ / "table/inside");
  fs::create_symlink(base_ / "outside/c", base_ / "table/outside");
  fs::create_directory_symlink(base_ / "outside", base_ / "table/directory");
  EXPECT_EQ(Read(*Open("inside")), "table/part=1/b");
  EXPECT_THAT(Open("outside"), FailsWith(ErrorCode::kPermissionDenied));
  EXPECT_THAT(Open("directory/c"), FailsWith(ErrorCode::kPermissionDenied));
}

TEST_F(LocalFiles, LogIsOutOfReach) {
  fs::create_symlink("_delta_log/0.json", base_ / "table/innocent");
  EXPECT_THAT(Open("_delta_log/0.json"), FailsWith(ErrorCode::kPermissionDenied));
  EXPECT_THAT(Open("innocent"), FailsWith(ErrorCode::kPermissionDenied));
}

TEST_F(LocalFiles, RootMayBeALink) {
  fs::create_directory_symlink(base_ / "table", base_ / "linked");
  table_ = "linked";
  EXPECT_THAT(Open("part=1/b"), IsOk());
  EXPECT_THAT(OpenAbsolute("table/a"), IsOk());
  EXPECT_THAT(Open("../outside/c"), FailsWith(ErrorCode::kPermissionDenied));
}

TEST_F(LocalFiles, AbsolutePathsNeedAnAllowedRoot) {
  EXPECT_THAT(OpenAbsolute("outside/c"), FailsWith(ErrorCode::kPermissionDenied));
  allowed_ = {base_ / "missing", base_ / "outside"};
  EXPECT_EQ(Read(*OpenAbsolute("outside/c")), "outside/c");
  EXPECT_THAT(OpenAbsolute("table2/d"), FailsWith(ErrorCode::kPermissionDenied));
  EXPECT_THAT(Open("/etc/passwd", true), FailsWith(ErrorCode::kPermissionDenied));
}

TEST_F(LocalFiles, NeighbourWhoseNameStartsAlikeIsOutside) {
  allowed_ = {base_ / "out"};
  fs::create_directory(base_ / "out");
  EXPECT_THAT(OpenAbsolute("outside/c"), FailsWith(ErrorCode::kPermissionDenied));
  EXPECT_THAT(OpenAbsolute("table2/d"), FailsWith(ErrorCode::kPermissionDenied));
}

TEST_F(LocalFiles, ErrorForAStrangerNamesNoDirectory) {
  const auto refused = OpenAbsolute("outside/c");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message, "c lies outside the table");
  EXPECT_THAT(refused.error().detail, testing::HasSubstr("outside/c"));
}

}  // namespace
}  // namespace sluice::storage
