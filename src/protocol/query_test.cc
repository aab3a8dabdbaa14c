#include "protocol/query.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>

#include "base/testing.h"

namespace sluice::protocol {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string Refusal(const std::string& body, ErrorCode code) {
  const auto result = ParseQueryBody(body);
  EXPECT_THAT(result, FailsWith(code)) << body;
  return result.ok() ? "" : result.error().message;
}

http::Request RequestFor(std::string body) {
  http::Request request;
  request.path_parameters = {{"share", "s"}, {"schema", "default"}, {"table", "t"}};
  request.body = std::move(body);
  return request;
}

TEST(ParseQueryBody, TakesNothingAsNoWishes) {
  for (const char* text : {"", " \n", "{}", R"({"limitHint":null,"version":null})",
                           R"({"unknown":{"deep":[1]},"idempotencyKey":"x"})"}) {
    const auto body = ParseQueryBody(text);
    ASSERT_THAT(body, IsOk()) << text;
    EXPECT_THAT(body->predicate_hints, IsEmpty());
    EXPECT_EQ(body->json_predicate_hints, std::nullopt);
    EXPECT_EQ(body->limit_hint, std::nullopt);
    EXPECT_FALSE(body->include_refresh_token);
    EXPECT_EQ(body->max_files, std::nullopt);
  }
}

TEST(ParseQueryBody, ReadsEveryMember) {
  const auto body = ParseQueryBody(R"({"predicateHints":["a = 1","b = 2"],
      "jsonPredicateHints":"{\"op\":\"isNull\"}","limitHint":1000,"includeRefreshToken":true,
      "maxFiles":10})");
  ASSERT_THAT(body, IsOk());
  EXPECT_THAT(body->predicate_hints, ElementsAre("a = 1", "b = 2"));
  EXPECT_EQ(body->json_predicate_hints, R"({"op":"isNull"})");
  EXPECT_EQ(body->limit_hint, 1000);
  EXPECT_TRUE(body->include_refresh_token);
  EXPECT_EQ(body->max_files, 10);
}

TEST(ParseQueryBody, TakesIntegersInEverySpelling) {
  const auto limit = [](const std::string& value) {
    return ParseQueryBody("{\"limitHint\":" + value + "}").value().limit_hint;
  };
  EXPECT_EQ(limit("0"), 0);
  EXPECT_EQ(limit("\"5\""), 5);
  EXPECT_EQ(limit("5.0"), 5);
  EXPECT_EQ(limit("1e3"), 1000);
  EXPECT_EQ(limit("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(limit("-1"), std::nullopt);
}

TEST(ParseQueryBody, TakesAJsonHintAsAnObjectToo) {
  EXPECT_EQ(ParseQueryBody(R"({"jsonPredicateHints":{"op":"isNull"}})")->json_predicate_hints,
            R"({"op":"isNull"})");
}

TEST(ParseQueryBody, RefusesWrongTypesInTheReferencesWords) {
  EXPECT_EQ(Refusal(R"({"predicateHints":{}})", ErrorCode::kMalformed),
            "Expected an array for repeated field predicateHints of QueryTableRequest");
  EXPECT_EQ(Refusal(R"({"limitHint":"many"})", ErrorCode::kMalformed),
            "Not a numeric value: many: expected a number but the string didn't have the "
            "appropriate format");
  EXPECT_EQ(Refusal(R"({"maxFiles":3000000000})", ErrorCode::kMalformed),
            "Not an int32 value: 3000000000");
  EXPECT_EQ(Refusal(R"({"maxFiles":0})", ErrorCode::kInvalidArgument), "maxFiles must be positive");
  for (const char* body :
       {R"({"limitHint":[1]})", R"({"limitHint":1.5})", R"({"limitHint":true})",
        R"({"limitHint":""})", R"({"limitHint":1e30})", R"({"limitHint":18446744073709551615})",
        R"({"predicateHints":[1]})", R"({"jsonPredicateHints":5})", R"({"jsonPredicateHints":[]})",
        R"({"includeRefreshToken":1})", R"({"includeRefreshToken":"maybe"})"}) {
    Refusal(body, ErrorCode::kMalformed);
  }
}

TEST(ParseQueryBody, RefusesWhatIsNoJsonObject) {
  for (const char* body : {"[1]", "1", "null", "limit=5", "{\"limitHint\":", "{}{}"}) {
    Refusal(body, ErrorCode::kMalformed);
  }
  Refusal(std::string(1000, '['), ErrorCode::kMalformed);
}

TEST(ParseQueryBody, RefusesByNameWhatIsNotBuiltYet) {
  for (const std::string name :
       {"version", "timestamp", "startingVersion", "endingVersion", "pageToken", "refreshToken"}) {
    EXPECT_EQ(Refusal("{\"" + name + "\":\"1\"}", ErrorCode::kUnsupported),
              name + " is not supported yet by this server");
  }
  Refusal(R"({"version":0})", ErrorCode::kUnsupported);
}

TEST(ParseQueryBody, BoundsSizes) {
  std::string hints = "\"\"";
  for (std::size_t i = 1; i < kMaxPredicateHints; ++i) hints += ",\"\"";
  EXPECT_THAT(ParseQueryBody("{\"predicateHints\":[" + hints + "]}"), IsOk());
  Refusal("{\"predicateHints\":[" + hints + ",\"\"]}", ErrorCode::kTooLarge);
  Refusal("{\"a\":\"" + std::string(kMaxQueryBodyBytes, 'a') + "\"}", ErrorCode::kTooLarge);
}

TEST(ParseQueryTable, PutsPathHeadersAndBodyTogether) {
  http::Request request = RequestFor(R"({"limitHint":7})");
  request.headers.Add("delta-sharing-capabilities", "responseformat=delta");
  request.headers.Add("fileidhash", "parquet");
  const auto query = ParseQueryTable(request);
  ASSERT_THAT(query, IsOk());
  EXPECT_EQ(query->table.ToString(), "s.default.t");
  EXPECT_FALSE(query->capabilities.accepts_parquet);
  EXPECT_EQ(query->file_id_hash, FileIdHash::kParquet);
  EXPECT_EQ(query->body.limit_hint, 7);
}

TEST(ParseQueryTable, HandsOverTheErrorsOfItsParts) {
  EXPECT_THAT(ParseQueryTable(RequestFor("{")), FailsWith(ErrorCode::kMalformed));
  http::Request request = RequestFor("{}");
  request.headers.Add("fileidhash", "x");
  EXPECT_THAT(ParseQueryTable(request), FailsWith(ErrorCode::kInvalidArgument));
}

TEST(ParseTableMetadata, RefusesTimeTravelByName) {
  EXPECT_EQ(ParseTableMetadata(RequestFor(""))->table.ToString(), "s.default.t");
  for (const char* name : {"version", "timestamp"}) {
    http::Request request = RequestFor("");
    request.query = {{name, "1"}};
    const auto result = ParseTableMetadata(request);
    ASSERT_THAT(result, FailsWith(ErrorCode::kUnsupported));
    EXPECT_NE(result.error().message.find(name), std::string::npos);
  }
}

TEST(ParseTableVersion, RefusesAStartingTimestampByName) {
  EXPECT_EQ(ParseTableVersion(RequestFor(""))->table.ToString(), "s.default.t");
  http::Request request = RequestFor("");
  request.query = {{"startingTimestamp", "2022-01-01T00:00:00Z"}};
  const auto result = ParseTableVersion(request);
  ASSERT_THAT(result, FailsWith(ErrorCode::kUnsupported));
  EXPECT_NE(result.error().message.find("startingTimestamp"), std::string::npos);
}

}  // namespace
}  // namespace sluice::protocol
