#include "cli/sql_command.h"

#include <filesystem>
#include <fstream>

#include "admin/sql/parser.h"
#include "base/testing.h"

namespace sluice::cli {
namespace {

json::value Answer(std::string_view text) { return ParseJson(text).value(); }

TEST(SqlAnswer, MessagesAreLinesAndTablesStandApart) {
  EXPECT_EQ(SqlAnswerText(Answer(R"({"results":[
              {"line":1,"column":1,"message":"share a created"},
              {"line":2,"column":1,"message":"share b created"},
              {"line":3,"column":1,"columns":["name","tables"],"rows":[["a","0"],["long","12"]]},
              {"line":4,"column":1,"message":"share a dropped"}]})")),
            "share a created\n"
            "share b created\n"
            "\n"
            "NAME  TABLES\n"
            "a     0\n"
            "long  12\n"
            "\n"
            "share a dropped\n");
}

TEST(SqlAnswer, AnEmptyTableSaysSo) {
  EXPECT_EQ(SqlAnswerText(Answer(R"({"results":[{"columns":["name"],"rows":[]}]})")),
            "nothing to show\n");
  EXPECT_EQ(SqlAnswerText(Answer(R"({"results":[]})")), "");
}

TEST(SqlAnswer, StrangeAnswersDoNoHarm) {
  EXPECT_EQ(SqlAnswerText(Answer(R"({"results":[{"columns":["a","b"],"rows":[["1"],[2,"3","4"],5]},
                                                6,{"message":"x\u001b[2Jy"}]})")),
            "A  B\n1  -\n-  3\n-  -\n\n\nx?[2Jy\n");
  EXPECT_EQ(SqlAnswerText(Answer("null")), "");
}

TEST(SqlFault, PointsAtItsPlace) {
  const std::string text = "CREATE SHARE a;\nDROP SHRE b;";
  const auto parsed = admin::sql::ParseSql(text);
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(SqlFaultText(text, parsed.error()),
            "line 2, column 6: expected SHARE, RECIPIENT or DATABASE, found 'SHRE': did you mean "
            "SHARE?\n"
            "  DROP SHRE b;\n"
            "       ^\n");
}

TEST(SqlFile, IsReadWithinABound) {
  const std::string path =
      (std::filesystem::temp_directory_path() / Format("sql_{}.sql", ::getpid())).string();
  const auto write = [&](std::string_view text) { std::ofstream(path) << text; };
  write("SHOW SHARES");
  EXPECT_THAT(ReadSqlFile(path), IsOkAnd(testing::Eq("SHOW SHARES")));
  write("");
  EXPECT_THAT(ReadSqlFile(path), IsOkAnd(testing::Eq("")));
  write(std::string(admin::sql::kMaxTextBytes + 1, ' '));
  EXPECT_THAT(ReadSqlFile(path), FailsWith(ErrorCode::kTooLarge));
  std::filesystem::remove(path);
  EXPECT_THAT(ReadSqlFile(path), FailsWith(ErrorCode::kNotFound));
  EXPECT_FALSE(ReadSqlFile("/").ok());
}

}  // namespace
}  // namespace sluice::cli
