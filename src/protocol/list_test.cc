#include "protocol/list.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/testing.h"

namespace sluice::protocol {
namespace {

Result<ListRequest> Parsed(std::vector<std::pair<std::string, std::string>> query) {
  http::Request request;
  request.query = std::move(query);
  return ParseListRequest(request);
}

TEST(ParseListRequest, GivesFiveHundredAtFirst) {
  const ListRequest request = Parsed({}).value();
  EXPECT_EQ(request.max_results, 500);
  EXPECT_EQ(request.page_token, std::nullopt);
}

TEST(ParseListRequest, TakesZeroToFiveHundred) {
  EXPECT_EQ(Parsed({{"maxResults", "0"}})->max_results, 0);
  EXPECT_EQ(Parsed({{"maxResults", "500"}, {"x", "1"}})->max_results, 500);
}

TEST(ParseListRequest, RefusesOthersInTheReferencesWords) {
  const auto message = [](const std::string& text) {
    const auto result = Parsed({{"maxResults", text}});
    EXPECT_THAT(result, FailsWith(ErrorCode::kInvalidArgument)) << text;
    return result.ok() ? "" : result.error().message;
  };
  EXPECT_EQ(message("-1"), "Acceptable values of 'maxResults' are 0 to 500, inclusive");
  EXPECT_EQ(message("501"), "Acceptable values of 'maxResults' are 0 to 500, inclusive");
  EXPECT_EQ(message("many"),
            "Not a numeric value: many: expected a number but the string didn't have the "
            "appropriate format");
  EXPECT_EQ(message("99999999999"), "Not an int32 value: 99999999999");
  for (const char* text : {"", "5 ", "1.0", "0x1", "1e2", "+"}) message(text);
}

TEST(ParseListRequest, TakesATokenAndTreatsAnEmptyOneAsNone) {
  EXPECT_EQ(Parsed({{"pageToken", "abc"}})->page_token, "abc");
  EXPECT_EQ(Parsed({{"pageToken", ""}})->page_token, std::nullopt);
  const auto endless = Parsed({{"pageToken", std::string(kMaxPageTokenBytes + 1, 'a')}});
  ASSERT_THAT(endless, FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_EQ(endless.error().message, "invalid 'nextPageToken'");
}

TEST(ListEncoder, SendsItemsEvenOfAnEmptyList) {
  EXPECT_EQ(ListEncoder().Finish(std::nullopt), "{\"items\":[]}\n");
}

// Mistake 9: the JVM client loops while there is a token, even an empty one.
TEST(ListEncoder, LeavesOutATokenThatIsEmpty) {
  EXPECT_EQ(ListEncoder().Finish(""), "{\"items\":[]}\n");
}

// Mistake 5: a list is one line for every reader.
TEST(ListEncoder, WritesEveryKindOfItem) {
  const std::vector<std::pair<std::string, std::string>> properties = {{"tier", "gold"},
                                                                       {"n\"", ""}};
  ListEncoder shares;
  shares.Add(ShareItem{.name = "a", .id = "1"});
  shares.Add(ShareItem{.name = "b",
                       .id = "2",
                       .display_name = "Bé",
                       .comment = "line\xE2\x80\xA8separator",
                       .properties = &properties});
  EXPECT_EQ(std::move(shares).Finish("next"),
            R"({"items":[{"name":"a","id":"1"},{"name":"b","id":"2","displayName":"Bé",)"
            R"("comment":"line\u2028separator","properties":{"tier":"gold","n\"":""}}],)"
            R"("nextPageToken":"next"})"
            "\n");
  ListEncoder schemas;
  schemas.Add(SchemaItem{.name = "default", .share = "a"});
  EXPECT_EQ(std::move(schemas).Finish(std::nullopt),
            "{\"items\":[{\"name\":\"default\",\"share\":\"a\"}]}\n");
  ListEncoder tables;
  tables.Add(TableItem{.name = "t", .schema = "s", .share = "a", .share_id = "1", .id = "7"});
  EXPECT_EQ(std::move(tables).Finish(std::nullopt),
            R"({"items":[{"name":"t","schema":"s","share":"a","shareId":"1","id":"7"}]})"
            "\n");
}

TEST(ListEncoder, SaysWhereATableLiesAndHowItIsRead) {
  const std::vector<std::string> elsewhere = {"s3://b/more"};
  const std::vector<std::string> nowhere;
  ListEncoder tables;
  tables.Add(TableItem{.name = "t",
                       .location = "s3://b/t",
                       .auxiliary_locations = &elsewhere,
                       .access_modes = {.url = true, .dir = true}});
  tables.Add(
      TableItem{.name = "u", .auxiliary_locations = &nowhere, .access_modes = {.url = true}});
  EXPECT_EQ(std::move(tables).Finish(std::nullopt),
            R"({"items":[{"name":"t","location":"s3://b/t","auxiliaryLocations":["s3://b/more"],)"
            R"("accessModes":["url","dir"]},{"name":"u","accessModes":["url"]}]})"
            "\n");
}

TEST(EncodeTable, IsTheBareObject) {
  EXPECT_EQ(EncodeTable({.name = "t",
                         .schema = "s",
                         .share = "a",
                         .share_id = "1",
                         .id = "7",
                         .format = "delta"}),
            R"({"name":"t","schema":"s","share":"a","shareId":"1","id":"7","format":"delta"})"
            "\n");
}

TEST(EncodeShare, WrapsTheShare) {
  EXPECT_EQ(EncodeShare({.name = "a", .id = "1"}), "{\"share\":{\"name\":\"a\",\"id\":\"1\"}}\n");
}

}  // namespace
}  // namespace sluice::protocol
