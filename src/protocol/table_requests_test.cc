#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "base/testing.h"
#include "protocol/query.h"

namespace sluice::protocol {
namespace {

using testing::HasSubstr;

using Query = std::vector<std::pair<std::string, std::string>>;

http::Request With(Query query) {
  http::Request request;
  request.path_parameters = {{"share", "s"}, {"schema", "default"}, {"table", "t"}};
  request.query = std::move(query);
  return request;
}

template <typename T>
std::string Refusal(const Result<T>& result) {
  EXPECT_THAT(result, FailsWith(ErrorCode::kInvalidArgument));
  return result.ok() ? "" : result.error().message;
}

const SystemTime kNoon2022{std::chrono::seconds(1'641'038'400)};
const std::string kNotNumeric =
    "Not a numeric value: x: expected a number but the string didn't have the appropriate format";

TEST(ParseTableMetadata, ReadsAVersionOrATimestamp) {
  const auto latest = ParseTableMetadata(With({{"unknown", "1"}}));
  ASSERT_THAT(latest, IsOk());
  EXPECT_EQ(latest->table.ToString(), "s.default.t");
  EXPECT_EQ(latest->version, std::nullopt);
  EXPECT_EQ(latest->timestamp, std::nullopt);
  EXPECT_EQ(ParseTableMetadata(With({{"version", "7"}}))->version, table::Version(7));
  EXPECT_EQ(ParseTableMetadata(With({{"timestamp", "2022-01-01T12:00:00Z"}}))->timestamp,
            kNoon2022);
}

TEST(ParseTableMetadata, RefusesWhatCannotBe) {
  const auto refusal = [](Query query) {
    return Refusal(ParseTableMetadata(With(std::move(query))));
  };
  EXPECT_EQ(refusal({{"version", "-1"}}), "version cannot be negative");
  EXPECT_EQ(refusal({{"version", "x"}}), kNotNumeric);
  EXPECT_THAT(refusal({{"version", ""}}), HasSubstr("Not a numeric value: "));
  EXPECT_THAT(refusal({{"version", "9223372036854775808"}}), HasSubstr("Not a numeric value: "));
  EXPECT_THAT(refusal({{"timestamp", "x"}}), HasSubstr("Invalid timestamp: "));
  EXPECT_EQ(refusal({{"version", "x"}, {"timestamp", "x"}}),
            "Please only provide one of: version,timestamp");
}

TEST(ParseTableVersion, ReadsAStartingTimestamp) {
  EXPECT_EQ(ParseTableVersion(With({}))->starting_timestamp, std::nullopt);
  EXPECT_EQ(
      ParseTableVersion(With({{"startingTimestamp", "2022-01-01T12:00:00Z"}}))->starting_timestamp,
      kNoon2022);
  EXPECT_THAT(Refusal(ParseTableVersion(With({{"startingTimestamp", "abc"}}))),
              HasSubstr("Invalid startingTimestamp: 'abc'"));
}

TEST(ParseTableChanges, ReadsEveryParameter) {
  http::Request request = With({{"startingVersion", "1"},
                                {"endingTimestamp", "2022-01-01T12:00:00Z"},
                                {"includeHistoricalMetadata", "true"},
                                {"includeHistoricalProtocol", "true"},
                                {"maxFiles", "10"},
                                {"pageToken", "p"},
                                {"unknown", "1"}});
  request.headers.Add("delta-sharing-capabilities", "responseformat=delta");
  request.headers.Add("fileidhash", "parquet");
  const auto changes = ParseTableChanges(request);
  ASSERT_THAT(changes, IsOk());
  EXPECT_EQ(changes->table.ToString(), "s.default.t");
  EXPECT_TRUE(changes->capabilities.accepts_delta);
  EXPECT_EQ(changes->file_id_hash, FileIdHash::kParquet);
  EXPECT_EQ(changes->starting_version, table::Version(1));
  EXPECT_EQ(changes->starting_timestamp, std::nullopt);
  EXPECT_EQ(changes->ending_version, std::nullopt);
  EXPECT_EQ(changes->ending_timestamp, kNoon2022);
  EXPECT_TRUE(changes->include_historical_metadata);
  EXPECT_TRUE(changes->include_historical_protocol);
  EXPECT_EQ(changes->max_files, 10);
  EXPECT_EQ(changes->page_token, "p");
}

// Mistake 15: the Python client spells booleans as Python does.
TEST(ParseTableChanges, TakesBooleansInAnyCase) {
  for (const char* text : {"true", "True", "TRUE"}) {
    EXPECT_TRUE(
        ParseTableChanges(With({{"startingVersion", "0"}, {"includeHistoricalMetadata", text}}))
            ->include_historical_metadata);
  }
  EXPECT_FALSE(
      ParseTableChanges(With({{"startingVersion", "0"}, {"includeHistoricalMetadata", "False"}}))
          ->include_historical_metadata);
  EXPECT_THAT(Refusal(ParseTableChanges(
                  With({{"startingVersion", "0"}, {"includeHistoricalMetadata", "1"}}))),
              HasSubstr("Invalid includeHistoricalMetadata: '1'"));
}

TEST(ParseTableChanges, RefusesBoundsThatContradictOrAreMissing) {
  const auto refusal = [](Query query) {
    return Refusal(ParseTableChanges(With(std::move(query))));
  };
  EXPECT_EQ(refusal({}), "No startingVersion or startingTimestamp provided for CDF read");
  EXPECT_EQ(refusal({{"endingVersion", "1"}}),
            "No startingVersion or startingTimestamp provided for CDF read");
  EXPECT_EQ(refusal({{"startingVersion", "0"}, {"startingTimestamp", "x"}}),
            "Multiple starting arguments provided for CDF read. Please provide one of either "
            "startingTimestamp or startingVersion");
  EXPECT_EQ(refusal({{"startingVersion", "0"}, {"endingVersion", "1"}, {"endingTimestamp", "x"}}),
            "Multiple ending arguments provided for CDF read. Please provide one of either "
            "endingTimestamp or endingVersion");
}

// Mistake 17: a range must not run backwards; a single version is one.
TEST(ParseTableChanges, RefusesARangeThatEndsBeforeItStarts) {
  EXPECT_EQ(Refusal(ParseTableChanges(With({{"startingVersion", "2"}, {"endingVersion", "1"}}))),
            "CDF range from start 2 to end 1 was invalid. End cannot be before start");
  EXPECT_THAT(ParseTableChanges(With({{"startingVersion", "2"}, {"endingVersion", "2"}})), IsOk());
}

TEST(ParseTableChanges, RefusesValuesOutOfRange) {
  const auto refusal = [](const std::string& name, const std::string& value) {
    Query query = {{name, value}};
    if (!name.starts_with("starting")) query.emplace_back("startingVersion", "0");
    return Refusal(ParseTableChanges(With(std::move(query))));
  };
  EXPECT_EQ(refusal("startingVersion", "x"), kNotNumeric);
  EXPECT_EQ(refusal("startingVersion", "-1"), "startingVersion cannot be negative");
  EXPECT_EQ(refusal("endingVersion", "-1"), "endingVersion cannot be negative");
  EXPECT_EQ(refusal("maxFiles", "0"), "maxFiles must be positive");
  EXPECT_EQ(refusal("maxFiles", "x"), kNotNumeric);
  EXPECT_EQ(refusal("maxFiles", "3000000000"), "Not an int32 value: 3000000000");
  EXPECT_THAT(refusal("startingTimestamp", "x"), HasSubstr("Invalid startingTimestamp: "));
  EXPECT_THAT(refusal("endingTimestamp", "x"), HasSubstr("Invalid endingTimestamp: "));
}

}  // namespace
}  // namespace sluice::protocol
