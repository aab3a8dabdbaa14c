#include "observe/log_format.h"

#include <limits>

#include "base/encoding.h"
#include "base/json.h"
#include "base/testing.h"

namespace sluice::observe {
namespace {

using testing::HasSubstr;

// 2026-11-21T10:00:00.123Z
constexpr SystemTime kTime{std::chrono::milliseconds(1'795'255'200'123)};

std::string Line(LogFormat format, std::initializer_list<LogField> fields) {
  std::string out;
  AppendLogLine(
      {.level = LogLevel::kInfo, .event = "request", .fields = {fields.begin(), fields.size()}},
      kTime, format, out);
  return out;
}

std::string Text(std::string_view value) { return Line(LogFormat::kText, {{"path", value}}); }
std::string Json(std::string_view value) { return Line(LogFormat::kJson, {{"path", value}}); }

TEST(LogFormat, TextIsReadable) {
  EXPECT_EQ(Line(LogFormat::kText, {{"method", "GET"}, {"status", 200}, {"ms", 1.5}, {"ok", true}}),
            "2026-11-21T10:00:00.123Z info request method=GET status=200 ms=1.5 ok=true\n");
  EXPECT_EQ(Text("a b"), "2026-11-21T10:00:00.123Z info request path=\"a b\"\n");
  EXPECT_EQ(Text(""), "2026-11-21T10:00:00.123Z info request path=\"\"\n");
}

TEST(LogFormat, JsonIsJson) {
  EXPECT_EQ(Line(LogFormat::kJson, {{"method", "GET"}, {"bytes", 5U}, {"part", -1}, {"ok", false}}),
            "{\"time\":\"2026-11-21T10:00:00.123Z\",\"level\":\"info\",\"event\":\"request\","
            "\"method\":\"GET\",\"bytes\":5,\"part\":-1,\"ok\":false}\n");
  EXPECT_THAT(Line(LogFormat::kJson, {{"x", std::numeric_limits<double>::infinity()}}),
              HasSubstr("\"x\":null}"));
}

TEST(LogFormat, LevelsHaveNames) {
  const std::pair<LogLevel, const char*> levels[] = {{LogLevel::kDebug, " debug "},
                                                     {LogLevel::kInfo, " info "},
                                                     {LogLevel::kWarn, " warn "},
                                                     {LogLevel::kError, " error "}};
  for (const auto& [level, name] : levels) {
    std::string out;
    AppendLogLine({.level = level, .event = "e", .fields = {}}, kTime, LogFormat::kText, out);
    EXPECT_THAT(out, HasSubstr(name));
  }
}

TEST(LogFormat, TimesBeforeTheEpochAreStillTimes) {
  std::string out;
  AppendLogLine({.event = "e", .fields = {}}, SystemTime(std::chrono::milliseconds(-1)),
                LogFormat::kText, out);
  EXPECT_THAT(out, HasSubstr("1969-12-31T23:59:59.999Z"));
}

// What someone might send to forge a line, a field, a terminal's colours or the order of the text.
constexpr std::string_view kForgeries[] = {
    "x\n2026-11-21T10:00:00.123Z error forged",
    "x\r\nforged",
    "x status=200",
    "x\" status=200 y=\"",
    "x\\\" status=200",
    "\x1b[2K\x1b[1A",
    "\x7f\b\b",
    "\xc2\x85next line",
    "\xc2\x9b"
    "31m",
    "\xe2\x80\xa8line separator",
    "\xe2\x80\xaegnp.exe",
    "\xe2\x81\xa6isolate",
    "\xff\xfe\x80\n",
};

TEST(LogFormat, NoValueForgesALine) {
  for (const std::string_view value : kForgeries) {
    for (const std::string& line : {Text(value), Json(value)}) {
      EXPECT_EQ(line.find('\n'), line.size() - 1) << line;
      for (const char c : line.substr(0, line.size() - 1)) {
        EXPECT_TRUE(static_cast<unsigned char>(c) >= ' ' && c != 0x7f) << line;
      }
      for (const char* mark :
           {"\xc2\x85", "\xc2\x9b", "\xe2\x80\xa8", "\xe2\x80\xae", "\xe2\x81\xa6", "\xff"}) {
        EXPECT_EQ(line.find(mark), std::string::npos) << line;
      }
    }
  }
}

TEST(LogFormat, EveryValueCanBeReadBack) {
  for (const std::string_view value : kForgeries) {
    if (!IsValidUtf8(value)) continue;
    const auto line = ParseJson(Json(value));
    ASSERT_THAT(line, IsOk());
    EXPECT_EQ(std::string_view(line->as_object().at("path").as_string()), value);
    // A quoted value in a text line is a JSON string.
    const std::string text = Text(value);
    const std::size_t quote = text.find('"');
    const auto quoted = ParseJson(text.substr(quote, text.size() - 1 - quote));
    ASSERT_THAT(quoted, IsOk()) << text;
    EXPECT_EQ(std::string_view(quoted->as_string()), value);
  }
}

TEST(LogFormat, OrdinaryTextOfAnyLanguageStays) {
  EXPECT_THAT(Text("\xc3\xa9t\xc3\xa9 \xe6\x9d\xb1\xe4\xba\xac \xf0\x9f\x98\x80"),
              HasSubstr("\xc3\xa9t\xc3\xa9 \xe6\x9d\xb1\xe4\xba\xac \xf0\x9f\x98\x80"));
}

TEST(LogFormat, LongValuesAreCutBetweenCharacters) {
  std::string longest;
  for (int i = 0; i < 5000; ++i) longest += "\xe6\x9d\xb1";
  for (std::size_t shift = 0; shift < 3; ++shift) {
    const std::string line = Json(std::string(shift, 'x') + longest);
    EXPECT_LT(line.size(), 4300U);
    EXPECT_THAT(line, HasSubstr("\xe6\x9d\xb1...\"}"));
    EXPECT_TRUE(IsValidUtf8(line));
  }
  EXPECT_LT(Text(std::string(1 << 20, 'x')).size(), 4300U);
  EXPECT_LT(Text(std::string(1 << 20, '\x80')).size(), 4300U * 6);
}

}  // namespace
}  // namespace sluice::observe
