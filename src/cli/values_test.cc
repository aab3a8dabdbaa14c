#include "cli/values.h"

#include <filesystem>

#include "base/testing.h"
#include "cli/admin_client.h"
#include "cli/owner_session.h"
#include "cli/text_table.h"

namespace sluice::cli {
namespace {

using testing::HasSubstr;
using Given = std::map<std::string, std::vector<std::string>>;

TEST(Values, PairsKeepFurtherEqualsSigns) {
  const auto pairs = ParsePairs("--tag", {"a=b=c", "empty="});
  ASSERT_THAT(pairs, IsOk());
  EXPECT_EQ(json::serialize(*pairs), R"({"a":"b=c","empty":""})");
  EXPECT_TRUE(ParsePairs("--tag", {""})->empty());
  for (const std::string text : {"novalue", "=x"}) {
    EXPECT_THAT(ParsePairs("--tag", {text}), FailsWith(ErrorCode::kInvalidArgument));
  }
  EXPECT_THAT(ParsePairs("--tag", {"a=1", "a=2"}), FailsWith(ErrorCode::kInvalidArgument));
}

TEST(Values, AnEndIsADurationADayATimeOrNever) {
  EXPECT_EQ(ParseExpiry("--expires", "90d")->lifetime, std::chrono::days(90));
  EXPECT_EQ(TimeText(*ParseExpiry("--expires", "2027-01-31")->time), "2027-01-31T00:00:00.000Z");
  EXPECT_EQ(TimeText(*ParseExpiry("--expires", "2027-01-31T18:00:00+01:00")->time),
            "2027-01-31T17:00:00.000Z");
  const auto never = ParseExpiry("--expires", "never");
  ASSERT_THAT(never, IsOk());
  EXPECT_FALSE(never->lifetime || never->time);
  for (const char* text : {"", "soon", "2027-13-01", "90"}) {
    EXPECT_THAT(ParseExpiry("--expires", text), FailsWith(ErrorCode::kInvalidArgument)) << text;
  }
}

TEST(Values, PlacesAreAbsoluteAndUrlsStay) {
  const std::string here = std::filesystem::current_path().string();
  EXPECT_EQ(AbsoluteLocation("./a/../b/"), here + "/b");
  EXPECT_EQ(AbsoluteLocation("."), here);
  EXPECT_EQ(AbsoluteLocation("/"), "/");
  EXPECT_EQ(AbsoluteLocation("s3://lake/a/../b/"), "s3://lake/a/../b/");
}

TEST(Values, ATableHasASchemaAndAName) {
  const auto name = ParseTableName("retail.orders");
  ASSERT_THAT(name, IsOk());
  EXPECT_EQ(name->schema, "retail");
  EXPECT_EQ(name->table, "orders");
  for (const char* text : {"orders", ".orders", "retail.", "a.b.c", ""}) {
    EXPECT_THAT(ParseTableName(text), FailsWith(ErrorCode::kInvalidArgument)) << text;
  }
}

TEST(TextTable, AlignsColumnsByCharacters) {
  TextTable table({"NAME", "TABLES"});
  EXPECT_TRUE(table.empty());
  table.Add({"søren", "1"});
  table.Add({"a", ""});
  EXPECT_EQ(table.Text(), "NAME   TABLES\nsøren  1\na      -\n");
}

TEST(TextTable, ShowsNoControlCharacters) {
  TextTable table({"A"});
  table.Add({"x\x1b[2Jy\xc2\x9b\n"});
  EXPECT_EQ(table.Text(), "A\nx?[2Jy??\n");
}

TEST(AdminClient, AnswersBecomeErrorsWithTheServersWords) {
  const Error taken = ErrorOfAnswer(
      {.status = 409,
       .headers = {},
       .body = R"({"errorCode":"RESOURCE_ALREADY_EXISTS","message":"share 's' exists already"})"});
  EXPECT_EQ(taken.code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(taken.message, "share 's' exists already");
  const Error other = ErrorOfAnswer({.status = 502, .headers = {}, .body = "<html>"});
  EXPECT_EQ(other.message, "the server answered with status 502");
}

TEST(FindServer, WithoutADataDirectorySaysSo) {
  const auto found = FindServer(Arguments(Given{{"--data-dir", {"/no/such/folder"}}}), {});
  EXPECT_THAT(found, FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(OwnerErrorText(found.error()), HasSubstr("sluice serve"));
}

TEST(FindServer, ANamedServerNeedsAToken) {
  const Arguments named(Given{{"--server", {"https://owner.example.com:8443/"}}});
  EXPECT_THAT(FindServer(named, {}), FailsWith(ErrorCode::kInvalidArgument));
  const auto found = FindServer(named, {{"SLUICE_TOKEN", "secret"}});
  ASSERT_THAT(found, IsOk());
  EXPECT_EQ(found->url, "https://owner.example.com:8443");
  EXPECT_THAT(
      FindServer(Arguments(Given{{"--server", {"localhost"}}}), {{"SLUICE_TOKEN", "secret"}}),
      FailsWith(ErrorCode::kInvalidArgument));
}

}  // namespace
}  // namespace sluice::cli
