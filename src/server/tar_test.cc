#include "server/tar.h"

#include <sstream>

#include "base/testing.h"

namespace sluice::server {
namespace {

const SystemTime kThen(std::chrono::seconds(1'795'255'200));

using Files = std::vector<std::pair<std::string, std::string>>;

std::string ArchiveOf(const Files& files) {
  std::ostringstream out;
  TarWriter writer(out);
  for (const auto& [name, text] : files) {
    EXPECT_THAT(writer.Begin(name, static_cast<std::int64_t>(text.size()), kThen), IsOk());
    EXPECT_THAT(writer.Append(text), IsOk());
  }
  EXPECT_THAT(writer.Finish(), IsOk());
  return out.str();
}

Result<Files> FilesIn(const std::string& archive) {
  std::istringstream in(archive);
  TarReader reader(in);
  Files files;
  while (true) {
    const auto file = TRY(reader.Next());
    if (!file) return files;
    std::string text;
    char piece[100];
    while (const std::size_t count = TRY(reader.Read(piece))) text.append(piece, count);
    files.emplace_back(file->name, text);
  }
}

TEST(Tar, IsReadAsItWasWritten) {
  for (const std::size_t size : {0, 1, 511, 512, 513, 100'000}) {
    const Files files = {{"a", std::string(size, 'x')}, {"audit/tree", "y"}};
    EXPECT_THAT(FilesIn(ArchiveOf(files)), IsOkAnd(files)) << size;
  }
  EXPECT_THAT(FilesIn(ArchiveOf({})), IsOkAnd(Files()));
}

TEST(Tar, WhatIsNotReadIsPassedOver) {
  std::istringstream in(ArchiveOf({{"a", std::string(1'000, 'x')}, {"b", "y"}}));
  TarReader reader(in);
  EXPECT_EQ(reader.Next().value()->name, "a");
  EXPECT_EQ(reader.Next().value()->name, "b");
  EXPECT_FALSE(reader.Next().value().has_value());
}

TEST(Tar, SizesThatNeedMoreThanElevenDigitsAreRead) {
  std::ostringstream out;
  TarWriter writer(out);
  const std::int64_t size = std::int64_t{9} << 30;
  ASSERT_THAT(writer.Begin("large", size, kThen), IsOk());
  std::istringstream in(out.str());
  TarReader reader(in);
  EXPECT_EQ(reader.Next().value()->size_bytes, size);
}

TEST(Tar, AnyByteThatIsMissingOrWrongInAHeadIsFound) {
  const std::string archive = ArchiveOf({{"a", "text"}, {"b", "more"}});
  for (std::size_t size = 0; size < archive.size(); ++size) {
    EXPECT_THAT(FilesIn(archive.substr(0, size)), FailsWith(ErrorCode::kCorruptData)) << size;
  }
  for (std::size_t at = 0; at < 512; ++at) {
    std::string torn = archive;
    torn[at] = static_cast<char>(torn[at] + 1);
    EXPECT_THAT(FilesIn(torn), FailsWith(ErrorCode::kCorruptData)) << at;
  }
}

TEST(Tar, OtherThanRegularFilesAreRefused) {
  std::string archive = ArchiveOf({{"a", ""}});
  archive[156] = '2';  // a symbolic link, and a checksum that is right for it
  const int checksum = std::stoi(archive.substr(148, 7), nullptr, 8) + 2;
  archive.replace(148, 7, fmt::format("{:07o}", checksum));
  const auto files = FilesIn(archive);
  ASSERT_THAT(files, FailsWith(ErrorCode::kCorruptData));
  EXPECT_THAT(files.error().message, testing::HasSubstr("no regular file"));
}

}  // namespace
}  // namespace sluice::server
