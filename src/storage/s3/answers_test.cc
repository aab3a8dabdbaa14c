#include "storage/s3/answers.h"

#include "base/testing.h"

namespace sluice::storage::s3 {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string Contents(std::string_view key) {
  return Format(
      "<Contents><Key>{}</Key><LastModified>2026-11-21T10:00:00.123Z</LastModified>"
      "<ETag>&quot;e1&quot;</ETag><Size>7</Size></Contents>",
      key);
}

std::string List(std::string_view inside) {
  return Format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{}</ListBucketResult>",
      inside);
}

constexpr ListTerms kLog = {.prefix = "t/log/", .after = ""};

std::vector<std::string> Names(const Result<ListAnswer>& answer) {
  if (!answer.ok()) return {answer.error().ToString()};
  std::vector<std::string> names;
  for (const ObjectInfo& info : answer->objects) names.push_back(info.name);
  return names;
}

TEST(ListAnswer, HasTheObjectsOfThePage) {
  const auto answer = ParseListAnswer(
      List("<IsTruncated>false</IsTruncated>" + Contents("t/log/1") + Contents("t/log/2") +
           "<CommonPrefixes><Prefix>t/log/sub/</Prefix></CommonPrefixes>"),
      kLog);
  EXPECT_THAT(Names(answer), testing::ElementsAre("1", "2"));
  const ObjectInfo& first = answer->objects.front();
  EXPECT_EQ(first.size_bytes, 7U);
  EXPECT_EQ(first.etag, "\"e1\"");
  EXPECT_EQ(first.modified_at,
            std::chrono::sys_days{std::chrono::November / 21 / 2026} + std::chrono::hours(10));
  EXPECT_EQ(answer->last_key, "t/log/2");
  EXPECT_EQ(answer->next_token, "");
}

std::vector<std::string> Folders(std::string_view inside) {
  const auto answer =
      ParseListAnswer(List(inside), {.prefix = "t/log/", .after = "", .is_of_folders = true});
  if (!answer.ok()) return {answer.error().ToString()};
  return answer->folders;
}

std::string Prefix(std::string_view key) {
  return Format("<CommonPrefixes><Prefix>{}</Prefix></CommonPrefixes>", key);
}

TEST(ListAnswer, HasTheFoldersOfThePage) {
  EXPECT_THAT(Folders(Contents("t/log/1") + Prefix("t/log/a-/") + Prefix("t/log/a/")),
              testing::ElementsAre("a-", "a"));
  EXPECT_THAT(Folders("<EncodingType>url</EncodingType>" + Prefix("t/log/a+b%2Fc%2F")),
              testing::ElementsAre(HasSubstr("is no folder of")));
  EXPECT_THAT(Folders("<EncodingType>url</EncodingType>" + Prefix("t/log/a+b%2Bc/")),
              testing::ElementsAre("a b+c"));
  EXPECT_THAT(Folders(Prefix("t/log//")), testing::ElementsAre());
  EXPECT_THAT(Folders(Prefix("t/other/a/")),
              testing::ElementsAre(HasSubstr("does not begin with")));
  EXPECT_THAT(Folders(Prefix("t/log/a")), testing::ElementsAre(HasSubstr("is no folder")));
}

TEST(ListAnswer, KeysAreDecodedIfTheAnswerSaysSo) {
  const std::string key = Contents("t/log/a+b%2Bc%C3%A9%0A");
  EXPECT_THAT(Names(ParseListAnswer(List("<EncodingType>url</EncodingType>" + key), kLog)),
              testing::ElementsAre("a b+c\xc3\xa9\n"));
  EXPECT_THAT(Names(ParseListAnswer(List(key), kLog)), testing::ElementsAre("a+b%2Bc%C3%A9%0A"));
  EXPECT_THAT(Names(ParseListAnswer(List(Contents("t/log/ &amp;&lt; ")), kLog)),
              testing::ElementsAre(" &< "));
}

TEST(ListAnswer, TheDirectoryItselfAndWhatLiesBelowAreLeftOut) {
  EXPECT_THAT(Names(ParseListAnswer(
                  List(Contents("t/log/") + Contents("t/log/a/b") + Contents("t/log/c")), kLog)),
              testing::ElementsAre("c"));
}

TEST(ListAnswer, DisorderIsRefused) {
  const std::string cases[] = {Contents("t/log/2") + Contents("t/log/1"),
                               Contents("t/log/1") + Contents("t/log/1"), Contents("t/other"),
                               Contents("T/log/1")};
  for (const std::string& inside : cases) {
    const auto answer = ParseListAnswer(List(inside), kLog);
    ASSERT_THAT(answer, FailsWith(ErrorCode::kUnavailable)) << inside;
    EXPECT_THAT(answer.error().detail, HasSubstr("'"));
    EXPECT_THAT(answer.error().message, Not(HasSubstr("log")));
  }
  for (const char* after : {"t/log/2", "t/log/3"}) {
    EXPECT_THAT(ParseListAnswer(List(Contents("t/log/2")), {.prefix = "t/log/", .after = after}),
                FailsWith(ErrorCode::kUnavailable));
  }
}

TEST(ListAnswer, NextPageNeedsAToken) {
  const auto answer = ParseListAnswer(
      List("<IsTruncated>true</IsTruncated><NextContinuationToken>n</NextContinuationToken>"),
      kLog);
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->next_token, "n");
  EXPECT_THAT(ParseListAnswer(List("<IsTruncated>true</IsTruncated>"), kLog),
              FailsWith(ErrorCode::kUnavailable));
}

TEST(ListAnswer, WhatIsNoListIsRefused) {
  for (const std::string& text :
       {std::string(), std::string("<html>"), std::string("<Error><Code>x</Code></Error>"),
        List("<Contents><Key>t/log/1</Key><Size>1</Size></Contents>"),
        List("<Contents><Key>t/log/1</Key><Size>-1</Size></Contents>"),
        List("<Contents><Key>t/log/1</Key></Contents>"),
        List("<EncodingType>url</EncodingType>" + Contents("t/log/%zz"))}) {
    EXPECT_THAT(ParseListAnswer(text, kLog), FailsWith(ErrorCode::kUnavailable)) << text;
  }
}

TEST(ErrorAnswer, SaysWhatTheServiceSaid) {
  const ErrorAnswer s3 = ParseErrorAnswer(
      "<Error><Code>PermanentRedirect</Code><Message>go there</Message>"
      "<Endpoint>b.s3-us-west-2.amazonaws.com</Endpoint><Region>us-west-2</Region></Error>");
  EXPECT_EQ(s3.code, "PermanentRedirect");
  EXPECT_EQ(s3.message, "go there");
  EXPECT_EQ(s3.region, "us-west-2");
  EXPECT_EQ(s3.endpoint, "b.s3-us-west-2.amazonaws.com");
  const ErrorAnswer sts = ParseErrorAnswer(
      "<ErrorResponse "
      "xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>"
      "<Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>");
  EXPECT_EQ(sts.code, "AccessDenied");
  for (const char* text : {"", "<html>busy</html>", "{}", "<Error>"}) {
    EXPECT_EQ(ParseErrorAnswer(text).code, "") << text;
  }
  EXPECT_EQ(ParseErrorAnswer("<Error><Message>" + std::string(9'000, 'x') + "</Message></Error>")
                .message.size(),
            300U);
}

std::string AssumeRoleAnswer(std::string_view expiration) {
  return Format(
      "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>"
      "<AssumedRoleUser><Arn>a</Arn></AssumedRoleUser><Credentials><AccessKeyId>ASIA</AccessKeyId>"
      "<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
      "<Expiration>{}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>",
      expiration);
}

TEST(StsAnswer, HasCredentialsAndTheirEnd) {
  const auto found = ParseStsAnswer(AssumeRoleAnswer("2026-11-21T11:00:00Z"), "AssumeRole");
  ASSERT_THAT(found, IsOk());
  EXPECT_EQ(found->value.access_key_id, "ASIA");
  EXPECT_EQ(found->value.secret_access_key.Reveal(), "s");
  EXPECT_EQ(found->value.session_token.Reveal(), "t");
  EXPECT_EQ(found->expires_at,
            std::chrono::sys_days{std::chrono::November / 21 / 2026} + std::chrono::hours(11));
}

TEST(StsAnswer, HalfAnAnswerIsNone) {
  EXPECT_THAT(ParseStsAnswer(AssumeRoleAnswer("soon"), "AssumeRole"),
              FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(ParseStsAnswer(AssumeRoleAnswer("2026-11-21T11:00:00Z"), "GetSessionToken"),
              FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(ParseStsAnswer("", "AssumeRole"), FailsWith(ErrorCode::kUnavailable));
}

}  // namespace
}  // namespace sluice::storage::s3
