#include "storage/s3/shared_files.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "base/testing.h"

namespace sluice::storage::s3 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsNull;
using testing::Not;
using testing::NotNull;
using testing::Pair;

TEST(Ini, KeysAreOfTheSectionAbove) {
  const auto sections = ParseIni(
      "# first\n[default]\r\nregion = eu-west-1\r\n\n[profile "
      "dev]\nrole_arn=arn:aws:iam::1:role/x\n"
      "; last\n[empty]");
  ASSERT_THAT(sections, IsOk());
  ASSERT_EQ(sections->size(), 3U);
  EXPECT_EQ((*sections)[0].name, "default");
  EXPECT_THAT((*sections)[0].values, ElementsAre(Pair("region", "eu-west-1")));
  EXPECT_EQ((*sections)[1].name, "profile dev");
  EXPECT_THAT((*sections)[1].values, ElementsAre(Pair("role_arn", "arn:aws:iam::1:role/x")));
  EXPECT_THAT((*sections)[2].values, ElementsAre());
}

TEST(Ini, WhatIsFurtherInBelongsToTheKeyAbove) {
  const auto sections = ParseIni("[a]\n  s3 =\n    max_queue_size = 1\n  Region = r\n\tx = 2\n");
  ASSERT_THAT(sections, IsOk());
  EXPECT_THAT((*sections)[0].values,
              ElementsAre(Pair("s3", ""), Pair("region", "r"), Pair("x", "2")));
}

TEST(Ini, CommentBehindAValueNeedsASpaceInFront) {
  const auto sections = ParseIni("[a]\nk1 = v;w#x\nk2 = v # w ; x\nk3 = # nothing\nk4 = a=b\n");
  ASSERT_THAT(sections, IsOk());
  EXPECT_THAT((*sections)[0].values,
              ElementsAre(Pair("k1", "v;w#x"), Pair("k2", "v"), Pair("k3", ""), Pair("k4", "a=b")));
}

TEST(Ini, FaultIsNamedByItsLineAndNothingElse) {
  for (const char* text :
       {"key = hidden\n", "[a]\nhidden\n", "[hidden\n", "[]\n", "[a]\n= hidden"}) {
    const auto sections = ParseIni(text);
    ASSERT_THAT(sections, FailsWith(ErrorCode::kMalformed)) << text;
    EXPECT_THAT(sections.error().ToString(), Not(HasSubstr("hidden")));
    EXPECT_THAT(sections.error().message, HasSubstr("line "));
  }
  EXPECT_THAT(ParseIni(std::string(kMaxIniBytes + 1, '\n')), FailsWith(ErrorCode::kTooLarge));
}

class SharedFilesTest : public testing::Test {
 protected:
  SharedFilesTest() {
    std::string pattern = testing::TempDir() + "home-XXXXXX";
    home_ = mkdtemp(pattern.data());
    std::filesystem::create_directory(home_ + "/.aws");
    variables_["HOME"] = home_;
  }
  ~SharedFilesTest() override { std::filesystem::remove_all(home_); }

  void Write(std::string_view name, std::string_view text) const {
    std::ofstream(Format("{}/.aws/{}", home_, name)) << text;
  }
  Result<SharedFiles> Load() const {
    return SharedFiles::Load([this](const std::string& name) {
      const auto found = variables_.find(name);
      return found == variables_.end() ? std::string() : found->second;
    });
  }

  std::string home_;
  std::map<std::string, std::string> variables_;
};

TEST_F(SharedFilesTest, BothFilesTogetherMakeAProfile) {
  Write("config",
        "[profile dev]\nregion = r\naws_access_key_id = old\n[profile \"my own\"]\nx = 1\n"
        "[profiles]\n[sso-session dev]\nregion = other\n");
  Write("credentials", "[dev]\naws_access_key_id = new\n[profile odd]\nx = 1\n");
  const auto files = Load();
  ASSERT_THAT(files, IsOk());
  const Profile* const dev = files->Find("dev");
  ASSERT_THAT(dev, NotNull());
  EXPECT_EQ(ValueOf(*dev, "region"), "r");
  EXPECT_EQ(ValueOf(*dev, "aws_access_key_id"), "new");
  EXPECT_EQ(ValueOf(*dev, "nothing"), "");
  EXPECT_THAT(files->Find("my own"), NotNull());
  EXPECT_THAT(files->Find("default"), IsNull());
  EXPECT_THAT(files->Find("s"), IsNull());
}

TEST_F(SharedFilesTest, VariablesNameOtherFiles) {
  Write("elsewhere", "[default]\nregion = r\n");
  variables_["AWS_CONFIG_FILE"] = home_ + "/.aws/elsewhere";
  variables_.erase("HOME");
  const auto files = Load();
  ASSERT_THAT(files, IsOk());
  EXPECT_THAT(files->Find("default"), NotNull());
}

TEST_F(SharedFilesTest, MissingFilesAreEmptyAndBadOnesAreNamed) {
  EXPECT_THAT(Load(), IsOk());
  Write("config", "nonsense\n");
  const auto files = Load();
  ASSERT_THAT(files, FailsWith(ErrorCode::kMalformed));
  EXPECT_THAT(files.error().detail, HasSubstr("/.aws/config"));
}

TEST(SharedFiles, ProfileIsTheEnvironmentsOrDefault) {
  EXPECT_EQ(DefaultProfileName([](const std::string&) { return ""; }), "default");
  EXPECT_EQ(DefaultProfileName([](const std::string& name) { return name; }), "AWS_PROFILE");
}

}  // namespace
}  // namespace sluice::storage::s3
