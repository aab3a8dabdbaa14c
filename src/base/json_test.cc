#include "base/json.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice {
namespace {

TEST(ParseJson, ReadsOneText) {
  const json::value value = ParseJson(R"({"a":[1,"x",null]})").value();
  EXPECT_EQ(value.as_object().at("a").as_array().size(), 3U);
}

TEST(ParseJson, RefusesWhatIsNotOneText) {
  for (const char* text : {"", "{", "{}{}", "{'a':1}", "[1,]", "nul", "\"\xff\""}) {
    EXPECT_EQ(ParseJson(text).error().code, ErrorCode::kMalformed) << text;
  }
}

TEST(ParseJson, BoundsSizeAndDepth) {
  EXPECT_EQ(ParseJson("[1,2]", {.max_bytes = 3}).error().code, ErrorCode::kTooLarge);
  EXPECT_FALSE(ParseJson(std::string(101, '[') + std::string(101, ']')).ok());
}

TEST(AppendJsonString, EscapesWhatWouldSplitALine) {
  EXPECT_EQ(JsonString("a\"b\\c\n\x01"), R"("a\"b\\c\n\u0001")");
  EXPECT_EQ(JsonString("x\xC2\x85y\xE2\x80\xA8z\xE2\x80\xA9"), R"("x\u0085y\u2028z\u2029")");
  EXPECT_EQ(JsonString("é€😀"), "\"é€😀\"");
}

TEST(AppendJsonString, GivesBackWhatItEscapedWhereverItStands) {
  std::string text;
  for (int length = 0; length < 1200; ++length) {
    text.push_back("abc\"\\xyz\n0123456789 opq\t"[length * 7 % 24]);
    EXPECT_EQ(ParseJson(JsonString(text)).value().as_string(), text) << length;
  }
}

TEST(AppendJsonString, ReplacesBrokenUtf8) { EXPECT_EQ(JsonString("a\xFFz"), R"("a\ufffdz")"); }

TEST(AppendJson, KeepsOrderAndNumbers) {
  const std::string text =
      R"({"z":1,"a":[true,null,-5,18446744073709551615,0.1,1e+300],"s":"q\""})";
  std::string out;
  AppendJson(ParseJson(text).value(), out);
  EXPECT_EQ(out, text);
}

}  // namespace
}  // namespace sluice
