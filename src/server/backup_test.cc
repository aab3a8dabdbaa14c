#include "server/backup.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/testing.h"
#include "server/backup_internal.h"

namespace sluice::server {
namespace {

const SystemTime kNow(std::chrono::seconds(1'795'255'200));

TEST(BackupManifest, IsReadAsItWasWritten) {
  const Manifest manifest{.created_at = kNow,
                          .has_database = true,
                          .has_secrets = true,
                          .files = {{.name = "catalog.db", .bytes = 7, .sha256 = "ab"},
                                    {.name = "audit/tree", .bytes = 0, .sha256 = "cd"}}};
  const auto again = DecodeManifest(EncodeManifest(manifest));
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->created_at, kNow);
  EXPECT_TRUE(again->has_database && again->has_secrets);
  EXPECT_EQ(again->files, manifest.files);
}

TEST(BackupManifest, WhatIsNoneIsDamageAndWhatIsNewerSaysSo) {
  const std::string good = EncodeManifest({.created_at = kNow});
  for (const std::string& text :
       {std::string(), std::string("[]"), std::string("{}"), good.substr(0, good.size() / 2),
        std::string(
            R"({"format":1,"createdAt":"x","database":"sqlite","secrets":true,"files":[]})"),
        std::string(R"({"format":1,"files":[{"name":1}]})")}) {
    EXPECT_THAT(DecodeManifest(text), FailsWith(ErrorCode::kCorruptData)) << text;
  }
  EXPECT_THAT(DecodeManifest(R"({"format":2})"), FailsWith(ErrorCode::kUnsupported));
}

TEST(BackupNames, LeadNowhereElse) {
  for (const char* const name : {"catalog.db", "audit.db", "audit/tree", "audit/000.log",
                                 "audit.before-r0a1b2c3/heads", "master.key", "me.share"}) {
    EXPECT_TRUE(IsBackupName(name)) << name;
  }
  for (const std::string name :
       {"", "/", "..", "lock", "admin.sock", "ports.json", "node.suffix", "/etc/passwd", "audit/",
        "audit/..", "audit/.x", "audit/a/b", "audit/a\nb", "audits/x", "audit.before-/../x",
        "../me.share", "a/me.share", ".share", "sluice-backup.json"}) {
    EXPECT_FALSE(IsBackupName(name)) << name;
  }
}

class NodeSuffixTest : public testing::Test {
 protected:
  NodeSuffixTest() {
    std::string pattern = testing::TempDir() + "suffix_XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~NodeSuffixTest() override { std::filesystem::remove_all(folder_); }
  void Write(const std::string& text) { std::ofstream(folder_ + "/" + kNodeSuffixFile) << text; }
  std::string folder_;
};

TEST_F(NodeSuffixTest, IsThereAfterARestoreAlone) {
  EXPECT_THAT(ReadNodeSuffix(folder_), IsOkAnd(std::string()));
  Write("r0a1b2c3d\n");
  EXPECT_THAT(ReadNodeSuffix(folder_), IsOkAnd(std::string("r0a1b2c3d")));
  for (const std::string& text : {std::string(), std::string("r 1"), std::string(100, 'r')}) {
    Write(text);
    EXPECT_THAT(ReadNodeSuffix(folder_), FailsWith(ErrorCode::kCorruptData)) << text;
  }
}

}  // namespace
}  // namespace sluice::server
