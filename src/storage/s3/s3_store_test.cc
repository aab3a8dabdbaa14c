#include "storage/s3/s3_store.h"

#include "base/testing.h"
#include "storage/s3/testing.h"

namespace sluice::storage::s3 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr std::uint64_t kPlenty = 1 << 20;

class S3StoreTest : public BucketTest {
 protected:
  std::unique_ptr<ObjectStore> NewStore() { return NewObjectStore(NewBucket()); }

  /// An answer of "0123456789", whole or in part.
  void AddPart(std::string body, const std::string& range, const std::string& etag = "\"e1\"") {
    client_->Add(206, std::move(body), {{"Content-Range", range}, {"ETag", etag}});
  }

  /// Another is putting the object, which is not there yet: said to the PUT, to a HEAD, and to the
  /// GET that asks why.
  void AddConflictOverNothing() {
    client_->Add(409, ErrorXml("ConditionalRequestConflict"));
    client_->Add(404);
    client_->Add(404, ErrorXml("NoSuchKey"));
  }

  const ObjectInfo info_ = {.name = "x", .size_bytes = 10, .modified_at = {}, .etag = "\"e1\""};
};

std::string Page(const std::vector<std::string>& keys, std::string_view token = "") {
  std::string inside;
  for (const std::string& key : keys) {
    inside += Format(
        "<Contents><Key>{}</Key><LastModified>2026-11-21T10:00:00Z</LastModified>"
        "<ETag>\"e\"</ETag><Size>1</Size></Contents>",
        key);
  }
  if (!token.empty()) {
    inside += Format(
        "<IsTruncated>true</IsTruncated><NextContinuationToken>{}</NextContinuationToken>", token);
  }
  return Format("<ListBucketResult>{}</ListBucketResult>", inside);
}

std::vector<std::string> Names(const Result<std::vector<ObjectInfo>>& infos) {
  if (!infos.ok()) return {infos.error().ToString()};
  std::vector<std::string> names;
  for (const ObjectInfo& info : *infos) names.push_back(info.name);
  return names;
}

TEST_F(S3StoreTest, ListIsOneRequestForTheNamesAfter) {
  client_->Add(200, Page({"t/log/3", "t/log/4"}, "more"));
  EXPECT_THAT(
      Names(NewStore()->List({.directory = "s3://lake/t/log", .start_after = "2", .limit = 2})),
      ElementsAre("3", "4"));
  ASSERT_EQ(client_->asked().size(), 1U);
  EXPECT_EQ(Url(0),
            "http://store:9000/lake/?delimiter=%2F&encoding-type=url&list-type=2&max-keys=2"
            "&prefix=t%2Flog%2F&start-after=t%2Flog%2F2");
}

TEST_F(S3StoreTest, ListGoesOnWhileItHoldsDirectoriesAlone) {
  client_->Add(200, Page({}, "one+/="));
  client_->Add(200, Page({"t/log/5/below"}, "two"));
  client_->Add(200, Page({"t/log/9"}));
  EXPECT_THAT(
      Names(NewStore()->List({.directory = "s3://lake/t/log", .start_after = "2", .limit = 9})),
      ElementsAre("9"));
  ASSERT_EQ(client_->asked().size(), 3U);
  EXPECT_THAT(Url(1), HasSubstr("continuation-token=one%2B%2F%3D"));
  EXPECT_THAT(Url(1), Not(HasSubstr("start-after")));
  EXPECT_THAT(Url(2), HasSubstr("continuation-token=two"));
}

TEST_F(S3StoreTest, FoldersAreGatheredFromAllPages) {
  const auto page = [](std::string_view inside, bool goes_on) {
    return Format("<ListBucketResult>{}{}</ListBucketResult>", inside,
                  goes_on ? "<IsTruncated>true</IsTruncated><NextContinuationToken>more"
                            "</NextContinuationToken>"
                          : "");
  };
  const std::string first = "<CommonPrefixes><Prefix>t/a-/</Prefix></CommonPrefixes>";
  const std::string second = "<CommonPrefixes><Prefix>t/a/</Prefix></CommonPrefixes>";
  client_->Add(200, page(first, true));
  client_->Add(200, page(second, false));
  client_->Add(200, page(first + second, true));
  const auto store = NewStore();
  EXPECT_THAT(store->ListFolders("s3://lake/t", 2), IsOkAnd(ElementsAre("a", "a-")));
  EXPECT_EQ(Url(0),
            "http://store:9000/lake/?delimiter=%2F&encoding-type=url&list-type=2&max-keys=1000"
            "&prefix=t%2F");
  EXPECT_THAT(Url(1), HasSubstr("continuation-token=more"));
  EXPECT_THAT(store->ListFolders("s3://lake/t", 1), FailsWith(ErrorCode::kTooLarge));
  EXPECT_EQ(client_->asked().size(), 3U);
}

TEST_F(S3StoreTest, ListThatNeverEndsIsGivenUp) {
  client_->Add(200, Page({}, "again"));
  EXPECT_THAT(NewStore()->List({.directory = "s3://lake/t", .start_after = ""}),
              FailsWith(ErrorCode::kUnavailable));
  EXPECT_EQ(client_->asked().size(), 1000U);
}

TEST_F(S3StoreTest, ListThatRepeatsKeysIsRefused) {
  client_->Add(200, Page({"t/log/2", "t/log/3"}));
  const auto infos = NewStore()->List({.directory = "s3://lake/t/log", .start_after = "2"});
  ASSERT_THAT(infos, FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(infos.error().detail, HasSubstr("s3://lake/t/log"));
  EXPECT_THAT(infos.error().message, Not(HasSubstr("log")));
}

TEST_F(S3StoreTest, ListOfABucketsRootHasNoPrefix) {
  client_->Add(200, Page({"a", "b"}));
  EXPECT_THAT(Names(NewStore()->List({.directory = "s3://lake", .start_after = ""})),
              ElementsAre("a", "b"));
  EXPECT_THAT(Url(0), HasSubstr("&prefix="));
}

TEST_F(S3StoreTest, MissingBucketIsToldFromAnEmptyDirectory) {
  client_->Add(404, ErrorXml("NoSuchBucket"));
  const auto infos = NewStore()->List({.directory = "s3://lake/t", .start_after = ""});
  ASSERT_THAT(infos, FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(infos.error().detail, HasSubstr("NoSuchBucket"));
}

TEST_F(S3StoreTest, StatReadsTheHeaders) {
  client_->Add(200, "",
               {{"Content-Length", "7"},
                {"ETag", "\"e1\""},
                {"Last-Modified", "Sat, 21 Nov 2026 10:00:00 GMT"}});
  const auto info = NewStore()->Stat("s3://lake/t/x");
  ASSERT_THAT(info, IsOk());
  EXPECT_EQ(info->name, "x");
  EXPECT_EQ(info->size_bytes, 7U);
  EXPECT_EQ(info->etag, "\"e1\"");
  EXPECT_EQ(info->modified_at, clock_.Now() + std::chrono::hours(10));
  EXPECT_EQ(Method(0), "HEAD");
}

TEST_F(S3StoreTest, ObjectWithoutALengthCannotBeUsed) {
  client_->Add(200);
  EXPECT_THAT(NewStore()->Stat("s3://lake/x"), FailsWith(ErrorCode::kUnavailable));
}

TEST_F(S3StoreTest, ReadAllChecksTheLength) {
  client_->Add(200, "0123", {{"Content-Length", "10"}});
  EXPECT_THAT(NewStore()->ReadAll("s3://lake/x", kPlenty), FailsWith(ErrorCode::kUnavailable));
}

TEST_F(S3StoreTest, BoundOnBytesIsNotOneOnRefusals) {
  client_->Add(404, ErrorXml("NoSuchKey"));
  EXPECT_THAT(NewStore()->ReadAll("s3://lake/x", 0), FailsWith(ErrorCode::kNotFound));
}

TEST_F(S3StoreTest, BusyStoreIsAskedAgain) {
  client_->Add(503, ErrorXml("SlowDown"));
  client_->Add(200, "ok");
  EXPECT_THAT(NewStore()->ReadAll("s3://lake/x", kPlenty), IsOkAnd(std::string("ok")));
}

TEST_F(S3StoreTest, PartIsAskedForByEtagAndChecked) {
  client_->Add(200, "", {{"Content-Length", "10"}, {"ETag", "\"e1\""}});
  AddPart("345", "bytes 3-5/10");
  const auto object = NewStore()->Open("s3://lake/x");
  ASSERT_THAT(object, IsOk());
  std::string part(3, '\0');
  EXPECT_THAT((*object)->ReadAt(3, part), IsOk());
  EXPECT_EQ(part, "345");
  EXPECT_EQ(Header(1, "Range"), "bytes=3-5");
  EXPECT_EQ(Header(1, "If-Match"), "\"e1\"");
}

TEST_F(S3StoreTest, PartOfAnotherObjectIsRefused) {
  struct Answer {
    int status;
    std::string body;
    Fields fields;
  };
  const Answer answers[] = {
      {412, ErrorXml("PreconditionFailed"), {}},
      {416, ErrorXml("InvalidRange"), {}},
      {206, "345", {{"Content-Range", "bytes 3-5/10"}, {"ETag", "\"e2\""}}},
      {206, "345", {{"Content-Range", "bytes 3-5/11"}, {"ETag", "\"e1\""}}},
      {206, "234", {{"Content-Range", "bytes 2-4/10"}, {"ETag", "\"e1\""}}},
      {206, "34", {{"Content-Range", "bytes 3-5/10"}, {"ETag", "\"e1\""}}},
      {206, "345", {{"ETag", "\"e1\""}}},
      {200, "0123456789", {{"ETag", "\"e1\""}}},
  };
  for (const Answer& answer : answers) {
    client_ = std::make_shared<FakeClient>();
    client_->Add(200, "", {{"Content-Length", "10"}, {"ETag", "\"e1\""}});
    client_->Add(answer.status, answer.body, answer.fields);
    const auto object = NewStore()->Open("s3://lake/x");
    std::string part(3, '\0');
    EXPECT_THAT((*object)->ReadAt(3, part), FailsWith(ErrorCode::kUnavailable))
        << answer.status << answer.body;
  }
}

TEST_F(S3StoreTest, WholeObjectMayComeAsOne) {
  client_->Add(200, "0123456789", {{"ETag", "\"e1\""}});
  const auto stream = NewStore()->OpenStream("s3://lake/x", info_, {.offset = 0, .length = 10});
  ASSERT_THAT(stream, IsOk());
  std::string bytes(10, ' ');
  EXPECT_THAT((*stream)->Read(bytes), IsOkAnd(10U));
  EXPECT_EQ(bytes, "0123456789");
}

TEST_F(S3StoreTest, BrokenStreamGoesOnWhereItBroke) {
  AddPart("234", "bytes 2-8/10");
  AddPart("5678", "bytes 5-8/10");
  const auto stream = NewStore()->OpenStream("s3://lake/x", info_, {.offset = 2, .length = 7});
  ASSERT_THAT(stream, IsOk());
  std::string bytes(7, ' ');
  EXPECT_THAT((*stream)->Read(bytes), IsOkAnd(7U));
  EXPECT_EQ(bytes, "2345678");
  EXPECT_EQ(Header(1, "Range"), "bytes=5-8");
  EXPECT_EQ(Header(1, "If-Match"), "\"e1\"");
  EXPECT_THAT((*stream)->Read(bytes), IsOkAnd(0U));
}

TEST_F(S3StoreTest, StreamNeverMixesTwoObjects) {
  AddPart("234", "bytes 2-8/10");
  AddPart("5678", "bytes 5-8/10", "\"e2\"");
  const auto stream = NewStore()->OpenStream("s3://lake/x", info_, {.offset = 2, .length = 7});
  ASSERT_THAT(stream, IsOk());
  std::string bytes(7, ' ');
  EXPECT_THAT((*stream)->Read(bytes), FailsWith(ErrorCode::kUnavailable));
}

TEST_F(S3StoreTest, StreamThatBreaksAgainAndAgainIsGivenUp) {
  for (int first = 2; first < 8; ++first) AddPart("x", Format("bytes {}-8/10", first));
  const auto stream = NewStore()->OpenStream("s3://lake/x", info_, {.offset = 2, .length = 7});
  ASSERT_THAT(stream, IsOk());
  std::string bytes(7, ' ');
  EXPECT_THAT((*stream)->Read(bytes), FailsWith(ErrorCode::kUnavailable));
  EXPECT_EQ(client_->asked().size(), 4U);
}

TEST_F(S3StoreTest, EmptyStreamNeedsNoRequest) {
  const auto stream = NewStore()->OpenStream("s3://lake/x", info_, {.offset = 10, .length = 0});
  ASSERT_THAT(stream, IsOk());
  std::string bytes(1, ' ');
  EXPECT_THAT((*stream)->Read(bytes), IsOkAnd(0U));
  EXPECT_EQ(client_->asked().size(), 0U);
}

TEST_F(S3StoreTest, PutIsForbiddenToReplace) {
  client_->Add(200);
  EXPECT_THAT(NewStore()->PutIfAbsent("s3://lake/x", "bytes"), IsOk());
  EXPECT_EQ(Method(0), "PUT");
  EXPECT_EQ(Header(0, "If-None-Match"), "*");
  EXPECT_EQ(client_->asked()[0].body, "bytes");
}

TEST_F(S3StoreTest, PutWhoseAnswerWasLostIsKnownAgain) {
  client_->OnRequest([this] {
    // The store has what was put, but says so to the second attempt alone.
    if (client_->asked().size() > 1) return;
    const std::string writer = Header(0, "x-amz-meta-sluice-writer");
    ASSERT_NE(writer, "");
    client_->Add(412, ErrorXml("PreconditionFailed"));
    client_->Add(200, "", {{"Content-Length", "5"}, {"x-amz-meta-sluice-writer", writer}});
  });
  client_->Add(FakeClient::Answer(Unavailable("cut")));
  client_->Add(FakeClient::Answer(Unavailable("cut")));
  EXPECT_THAT(NewStore()->PutIfAbsent("s3://lake/x", "bytes"), IsOk());
}

TEST_F(S3StoreTest, PutBesideAnotherFailsAsItShould) {
  client_->Add(409, ErrorXml("ConditionalRequestConflict"));
  client_->Add(200, "", {{"Content-Length", "5"}});
  EXPECT_THAT(NewStore()->PutIfAbsent("s3://lake/x", "bytes"),
              FailsWith(ErrorCode::kAlreadyExists));
}

TEST_F(S3StoreTest, PutBesideAnotherThatIsNotThereYetIsTriedAgain) {
  for (int i = 0; i < 2; ++i) AddConflictOverNothing();
  client_->Add(412, ErrorXml("PreconditionFailed"));
  client_->Add(200, "", {{"Content-Length", "5"}, {"x-amz-meta-sluice-writer", "another"}});
  EXPECT_THAT(NewStore()->PutIfAbsent("s3://lake/x", "bytes"),
              FailsWith(ErrorCode::kAlreadyExists));
  EXPECT_EQ(client_->asked().size(), 8U);
  client_ = std::make_shared<FakeClient>();
  AddConflictOverNothing();
  client_->Add(200);
  EXPECT_THAT(NewStore()->PutIfAbsent("s3://lake/x", "bytes"), IsOk()) << "the other gave up";
}

TEST_F(S3StoreTest, PutBesideOthersThatNeverEndGivesUp) {
  for (int i = 0; i < 5; ++i) AddConflictOverNothing();
  EXPECT_THAT(NewStore()->PutIfAbsent("s3://lake/x", "bytes"), FailsWith(ErrorCode::kUnavailable));
  EXPECT_EQ(client_->asked().size(), 15U);
}

TEST_F(S3StoreTest, StoreThatCannotPutConditionallyIsToldSo) {
  client_->Add(501, ErrorXml("NotImplemented"));
  EXPECT_THAT(NewStore()->PutIfAbsent("s3://lake/x", "bytes"), FailsWith(ErrorCode::kUnsupported));
}

TEST_F(S3StoreTest, BucketIsNoObject) {
  const auto store = NewStore();
  EXPECT_THAT(store->Stat("s3://lake"), FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(store->ReadAll("s3://other/x", kPlenty), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_EQ(client_->asked().size(), 0U);
}

TEST_F(S3StoreTest, NoSecretIsInAnError) {
  client_->Add(403, ErrorXml("SignatureDoesNotMatch"));
  const auto bytes = NewStore()->ReadAll("s3://lake/x", kPlenty);
  ASSERT_THAT(bytes, FailsWith(ErrorCode::kPermissionDenied));
  EXPECT_THAT(bytes.error().ToString(), HasSubstr("SignatureDoesNotMatch"));
  EXPECT_THAT(bytes.error().ToString(), Not(HasSubstr("hidden-secret")));
}

}  // namespace
}  // namespace sluice::storage::s3
