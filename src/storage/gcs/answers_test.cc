#include "storage/gcs/answers.h"

#include "base/testing.h"

namespace sluice::storage::gcs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr ListScope kLog = {.prefix = "orders/_delta_log/", .start_after = {}};

std::string Item(std::string_view name, std::string_view size = "12") {
  return Format(
      R"({{"name":"{}","size":"{}","updated":"2026-11-21T10:00:00.123Z","generation":"17"}})", name,
      size);
}

std::string List(std::initializer_list<std::string_view> names) {
  std::string items;
  for (const std::string_view name : names) items += (items.empty() ? "" : ",") + Item(name);
  return Format(R"({{"kind":"storage#objects","items":[{}]}})", items);
}

Result<std::vector<std::string>> Names(std::string_view body, const ListScope& scope = kLog) {
  const ObjectList list = TRY(ParseObjectList(body, scope));
  std::vector<std::string> names;
  for (const ObjectInfo& info : list.objects) names.push_back(info.name);
  return names;
}

TEST(GoogleAnswers, ListGivesNamesWithinTheDirectory) {
  const auto list =
      ParseObjectList(List({"orders/_delta_log/0.json", "orders/_delta_log/1.json"}), kLog);
  ASSERT_THAT(list, IsOk());
  ASSERT_EQ(list->objects.size(), 2U);
  const ObjectInfo& info = list->objects.front();
  EXPECT_EQ(info.name, "0.json");
  EXPECT_EQ(info.size_bytes, 12U);
  EXPECT_EQ(UnixMillis(info.modified_at), 1'795'255'200'123);
  EXPECT_EQ(info.etag, "\"17\"");
  EXPECT_EQ(list->next_page_token, "");
}

TEST(GoogleAnswers, ListWithoutItemsIsEmpty) {
  const auto list = ParseObjectList(R"({"kind":"storage#objects","nextPageToken":"t"})", kLog);
  ASSERT_THAT(list, IsOk());
  EXPECT_THAT(list->objects, IsEmpty());
  EXPECT_EQ(list->next_page_token, "t");
}

TEST(GoogleAnswers, ListLeavesOutTheNameItStartsAfterAndTheDirectoryItself) {
  EXPECT_THAT(Names(List({"orders/_delta_log/", "orders/_delta_log/0"})),
              IsOkAnd(ElementsAre("0")));
  EXPECT_THAT(Names(List({"orders/_delta_log/1", "orders/_delta_log/2"}),
                    {.prefix = kLog.prefix, .start_after = "orders/_delta_log/1"}),
              IsOkAnd(ElementsAre("2")));
}

TEST(GoogleAnswers, ListOfABucketHasNoPrefix) {
  EXPECT_THAT(Names(List({"a", "b"}), {}), IsOkAnd(ElementsAre("a", "b")));
}

TEST(GoogleAnswers, ListThatRepeatsOrDisordersOrStraysIsRefused) {
  const ListScope after = {.prefix = kLog.prefix, .start_after = "orders/_delta_log/5"};
  for (const auto& names :
       {Names(List({"orders/_delta_log/1", "orders/_delta_log/1"})),
        Names(List({"orders/_delta_log/2", "orders/_delta_log/1"})),
        Names(List({"orders/_delta_log/4"}), after), Names(List({"orders/_delta_log/sub/4"})),
        Names(List({"orders/0"})), Names(List({""}))}) {
    EXPECT_THAT(names, FailsWith(ErrorCode::kUnavailable));
  }
}

TEST(GoogleAnswers, ListGivesTheFoldersWithinTheDirectory) {
  const auto list = ParseFolderList(
      R"({"prefixes":["log//","log/a-/","log/a/","log/b c%20/"],"nextPageToken":"t"})", "log/");
  ASSERT_THAT(list, IsOk());
  EXPECT_THAT(list->folders, ElementsAre("a-", "a", "b c%20"));
  EXPECT_EQ(list->next_page_token, "t");
  EXPECT_THAT(ParseFolderList(R"({"prefixes":["a/"]})", "")->folders, ElementsAre("a"));
  EXPECT_THAT(ParseFolderList("{}", "log/")->folders, IsEmpty());
}

TEST(GoogleAnswers, ListOfOtherFoldersIsRefused) {
  for (const char* prefixes : {R"(["other/a/"])", R"(["log/a"])", R"(["log/a/b/"])", R"(["log/"])",
                               R"([""])", R"([1])", R"("log/a/")"}) {
    EXPECT_THAT(ParseFolderList(Format(R"({{"prefixes":{}}})", prefixes), "log/"),
                FailsWith(ErrorCode::kUnavailable))
        << prefixes;
  }
}

TEST(GoogleAnswers, WhatIsNoListIsRefused) {
  for (
      const char* body :
      {"", "[]", "{", "<html>", R"({"items":{}})", R"({"items":[1]})", R"({"items":[{}]})",
       R"({"items":[{"name":"orders/_delta_log/0","size":12,"updated":"2026-11-21T10:00:00Z","generation":"1"}]})"}) {
    EXPECT_THAT(ParseObjectList(body, kLog), FailsWith(ErrorCode::kUnavailable)) << body;
  }
}

TEST(GoogleAnswers, ObjectNeedsAllThatIsReadOfIt) {
  EXPECT_THAT(ParseObject(Item("x")), IsOk());
  for (const std::string& body :
       {Item(""), Item("x", "-1"), Item("x", "1e3"), Item("x", "99999999999999999999"),
        std::string("{}"), std::string(R"({"name":"x","size":"1","generation":"1"})")}) {
    EXPECT_THAT(ParseObject(body), FailsWith(ErrorCode::kUnavailable)) << body;
  }
}

TEST(GoogleAnswers, EtagIsTheGeneration) {
  EXPECT_EQ(GenerationOf(EtagOf("1795255200123456")), "1795255200123456");
  for (const char* etag : {"", "\"\"", "\"another\"", "1", "\"1", "\"12345678901234567890\""}) {
    EXPECT_EQ(GenerationOf(etag), "") << etag;
  }
}

TEST(GoogleAnswers, TokenComesWithItsLifetime) {
  const auto token = ParseToken(R"({"access_token":"ya29.x","expires_in":3599})");
  ASSERT_THAT(token, IsOk());
  EXPECT_EQ(token->token.Reveal(), "ya29.x");
  EXPECT_EQ(token->lifetime, std::chrono::seconds(3599));
  EXPECT_EQ(ParseToken(R"({"access_token":"t"})")->lifetime, std::nullopt);
}

TEST(GoogleAnswers, BadTokenIsRefusedWithoutBeingShown) {
  for (const char* body :
       {"{}", R"({"access_token":""})", R"({"access_token":"se\ncret"})",
        R"({"access_token":"secret","expires_in":"3599"})",
        R"({"access_token":"secret","expires_in":-1})", R"({"access_token":"secret)"}) {
    const auto token = ParseToken(body);
    ASSERT_THAT(token, FailsWith(ErrorCode::kUnavailable)) << body;
    EXPECT_THAT(token.error().ToString(), testing::Not(HasSubstr("cret")));
  }
}

TEST(GoogleAnswers, ErrorsAreDescribedInOneShortLine) {
  EXPECT_EQ(DescribeError(R"({"error":{"code":403,"message":"no\naccess"}})"), "no access");
  EXPECT_EQ(DescribeError(R"({"error":"invalid_grant","error_description":"Bad key"})"),
            "invalid_grant Bad key");
  EXPECT_EQ(DescribeError("No such object: b/x"), "No such object: b/x");
  EXPECT_EQ(DescribeError(""), "");
  EXPECT_EQ(DescribeError(std::string(100'000, 'x')).size(), 300U);
}

}  // namespace
}  // namespace sluice::storage::gcs
