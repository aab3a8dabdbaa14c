#include "protocol/query.h"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <string>
#include <utility>

#include "base/testing.h"

namespace sluice::protocol {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
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

// Mistake 15: unknown fields are passed over.
TEST(ParseQueryBody, TakesNothingAsNoWishes) {
  for (const char* text : {"", " \n", "{}", R"({"limitHint":null,"version":null})",
                           R"({"unknown":{"deep":[1]},"queryDeltaLog":true})"}) {
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

// Mistake 15: int64 may be a number or a text.
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

// Mistake 15: wrong types are a 400, since clients retry a 500 ten times.
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
        R"({"pageToken":1})", R"({"refreshToken":[]})", R"({"timestamp":1650000000000})",
        R"({"version":"x3"})", R"({"startingVersion":3,"endingVersion":"x3"})",
        R"({"idempotency_key":7})", R"({"includeRefreshToken":1})",
        R"({"includeRefreshToken":"maybe"})"}) {
    Refusal(body, ErrorCode::kMalformed);
  }
}

TEST(ParseQueryBody, RefusesWhatIsNoJsonObject) {
  for (const char* body : {"[1]", "1", "null", "limit=5", "{\"limitHint\":", "{}{}"}) {
    Refusal(body, ErrorCode::kMalformed);
  }
  Refusal(std::string(1000, '['), ErrorCode::kMalformed);
}

TEST(ParseQueryBody, ReadsTimeTravel) {
  EXPECT_EQ(ParseQueryBody(R"({"version":"3"})")->version, table::Version(3));
  EXPECT_EQ(ParseQueryBody(R"({"timestamp":"1970-01-01T00:00:01Z"})")->timestamp,
            SystemTime(std::chrono::seconds(1)));
  const auto range =
      ParseQueryBody(R"({"startingVersion":2,"endingVersion":2,"includeHistoricalProtocol":true})");
  ASSERT_THAT(range, IsOk());
  EXPECT_EQ(range->starting_version, table::Version(2));
  EXPECT_EQ(range->ending_version, table::Version(2));
  EXPECT_TRUE(range->include_historical_protocol);
}

TEST(ParseQueryBody, IgnoresTheEndOfNoRange) {
  const auto body = ParseQueryBody(R"({"endingVersion":-7})");
  ASSERT_THAT(body, IsOk());
  EXPECT_EQ(body->ending_version, std::nullopt);
}

TEST(ParseQueryBody, RefusesVersionsThatCannotBe) {
  const ErrorCode code = ErrorCode::kInvalidArgument;
  EXPECT_EQ(Refusal(R"({"version":-1})", code), "table version cannot be negative");
  EXPECT_EQ(Refusal(R"({"startingVersion":-2})", code), "startingVersion cannot be negative");
  EXPECT_EQ(Refusal(R"({"startingVersion":3,"endingVersion":2})", code),
            "startingVersion(3) must be smaller than or equal to endingVersion(2)");
  EXPECT_THAT(Refusal(R"({"timestamp":"yesterday"})", code), HasSubstr("Invalid timestamp: "));
  for (const char* body :
       {R"({"version":1,"timestamp":"x"})", R"({"version":1,"startingVersion":0})",
        R"({"timestamp":"x","startingVersion":-1})"}) {
    EXPECT_EQ(Refusal(body, code), "Please only provide one of: version,timestamp,startingVersion");
  }
}

TEST(ParseQueryBody, ReadsTokens) {
  const auto page = ParseQueryBody(R"({"pageToken":"p","version":1,"maxFiles":2})");
  ASSERT_THAT(page, IsOk());
  EXPECT_EQ(page->page_token, "p");
  const auto refresh = ParseQueryBody(R"({"refreshToken":"r","includeRefreshToken":true})");
  ASSERT_THAT(refresh, IsOk());
  EXPECT_EQ(refresh->refresh_token, "r");
  // What the JVM client sends with time travel.
  EXPECT_THAT(ParseQueryBody(R"({"includeRefreshToken":false,"version":1})"), IsOk());
  // Not taken for a first page: opening it fails.
  EXPECT_EQ(ParseQueryBody(R"({"pageToken":""})")->page_token, "");
}

TEST(ParseQueryBody, RefreshesTheFirstPageOfTheLatestVersionOnly) {
  const ErrorCode code = ErrorCode::kInvalidArgument;
  const std::string include = R"({"includeRefreshToken":true,)";
  const std::string refresh = R"({"refreshToken":"r",)";
  for (const std::string rest :
       {R"("version":1})", R"("startingVersion":1})", R"("timestamp":"2022-01-01T00:00:00Z"})"}) {
    EXPECT_EQ(Refusal(include + rest, code),
              "includeRefreshToken cannot be used when querying a specific version");
    EXPECT_EQ(Refusal(refresh + rest, code),
              "refreshToken cannot be used when querying a specific version");
  }
  EXPECT_EQ(Refusal(include + R"("pageToken":"p"})", code),
            "includeRefreshToken must be used in the first page request");
  EXPECT_EQ(Refusal(refresh + R"("pageToken":"p"})", code),
            "refreshToken must be used in the first page request");
}

// Mistake 14: the protocol's text and the clients spell the key differently.
TEST(ParseQueryBody, TakesAnIdempotencyKeyInBothSpellings) {
  for (const char* body : {R"({"idempotencyKey":"k"})", R"({"idempotency_key":"k"})",
                           R"({"idempotencyKey":"k","idempotency_key":"k"})"}) {
    EXPECT_EQ(ParseQueryBody(body)->idempotency_key, "k") << body;
  }
  EXPECT_EQ(ParseQueryBody(R"({"idempotency_key":""})")->idempotency_key, std::nullopt);
  Refusal(R"({"idempotencyKey":"k","idempotency_key":"l"})", ErrorCode::kInvalidArgument);
  const std::string longest(kMaxIdempotencyKeyBytes, 'k');
  EXPECT_EQ(ParseQueryBody("{\"idempotencyKey\":\"" + longest + "\"}")->idempotency_key, longest);
  Refusal("{\"idempotencyKey\":\"" + longest + "k\"}", ErrorCode::kInvalidArgument);
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

TEST(ParsePollQuery, ReadsPathHeadersAndBody) {
  http::Request request =
      RequestFor(R"({"queryId":"other","maxFiles":"5","pageToken":"p","unknown":1})");
  request.path_parameters.emplace_back("queryId", "q-1");
  request.headers.Add("delta-sharing-capabilities", "responseformat=delta");
  const auto poll = ParsePollQuery(request);
  ASSERT_THAT(poll, IsOk());
  EXPECT_EQ(poll->table.ToString(), "s.default.t");
  EXPECT_EQ(poll->query_id, "q-1");
  EXPECT_TRUE(poll->capabilities.accepts_delta);
  EXPECT_EQ(poll->max_files, 5);
  EXPECT_EQ(poll->page_token, "p");
  request.body = "";
  EXPECT_EQ(ParsePollQuery(request)->max_files, std::nullopt);
  request.body = R"({"pageToken":1})";
  const auto refused = ParsePollQuery(request);
  ASSERT_THAT(refused, FailsWith(ErrorCode::kMalformed));
  EXPECT_EQ(refused.error().message,
            "Expected a string for field pageToken of GetQueryInfoRequest");
}

}  // namespace
}  // namespace sluice::protocol
