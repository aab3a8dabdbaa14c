#include "storage/gcs/gcs_store.h"

#include "base/testing.h"
#include "http/raw_server_test_support.h"
#include "storage/gcs/fake_google_test_support.h"

namespace sluice::storage::gcs {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr std::uint64_t kPlenty = 1 << 20;

class GoogleStoreTest : public testing::Test {
 protected:
  std::unique_ptr<ObjectStore> NewStore(const std::string& base_url, bool anonymous = true) {
    const auto requests = FastRequests(clock_);
    auto credentials = std::make_shared<Credentials>(
        CredentialSources{.anonymous = anonymous,
                          .environment =
                              [this](const std::string& name) {
                                return name == "GCE_METADATA_HOST" ? google_.address() : "";
                              }},
        requests, clock_);
    return NewGoogleObjects(
        std::make_shared<const Bucket>(Bucket::Options{.base_url = base_url,
                                                       .bucket = "bucket",
                                                       .requests = requests,
                                                       .credentials = std::move(credentials)}));
  }

  Result<std::vector<std::string>> Names(std::string_view start_after = "",
                                         std::size_t limit = 1000) {
    const auto infos = TRY(
        store_->List({.directory = "gs://bucket/log", .start_after = start_after, .limit = limit}));
    std::vector<std::string> names;
    for (const ObjectInfo& info : infos) names.push_back(info.name);
    return names;
  }

  void AnswerAlways(int status, std::string body) {
    google_.SetIntercept([=](const http::Request&) { return JsonResponse(status, body); });
  }

  ManualClock clock_{SystemTime(std::chrono::seconds(1'795'255'200))};
  FakeGoogle google_;
  std::unique_ptr<ObjectStore> store_ = NewStore(google_.url());
};

TEST_F(GoogleStoreTest, ListIsOneSmallRequest) {
  for (const char* name : {"log/0", "log/1", "log/2", "log/sub/3", "log2/4"}) {
    google_.Put(name, {.bytes = "x"});
  }
  EXPECT_THAT(Names("0", 1), IsOkAnd(ElementsAre("1")));
  ASSERT_THAT(google_.seen(), SizeIs(1));
  EXPECT_EQ(google_.seen().front().target,
            "/storage/v1/b/bucket/o?delimiter=%2F&prefix=log%2F&startOffset=log%2F0&maxResults=2"
            "&fields=items(name,size,updated,generation),nextPageToken");
  EXPECT_THAT(Names(), IsOkAnd(ElementsAre("0", "1", "2")));
}

TEST_F(GoogleStoreTest, ListGoesOnPastFoldersAlone) {
  for (int i = 0; i < 5; ++i) google_.Put(Format("log/{}/x", i), {.bytes = "x"});
  google_.Put("log/9", {.bytes = "x"});
  google_.Put("log/", {});
  EXPECT_THAT(Names("", 2), IsOkAnd(ElementsAre("9")));
  EXPECT_THAT(Names("9", 1), IsOkAnd(IsEmpty()));
}

TEST_F(GoogleStoreTest, ListIsAsLongAsWasAskedFor) {
  for (int i = 0; i < 2100; ++i) google_.Put(Format("log/{:05}", i), {.bytes = "x"});
  const auto names = Names("00009", 2000);
  ASSERT_THAT(names, IsOk());
  ASSERT_THAT(*names, SizeIs(2000));
  EXPECT_EQ(names->front(), "00010");
  EXPECT_EQ(names->back(), "02009");
  EXPECT_EQ(google_.CountOf("pageToken="), 2);
  EXPECT_THAT(*Names("02009", 2000), SizeIs(90));
}

TEST_F(GoogleStoreTest, FoldersOfManyPagesAreAskedForAlone) {
  for (int i = 0; i < 1500; ++i) google_.Put(Format("log/{:05}/x", i), {.bytes = "x"});
  google_.Put("log/file", {.bytes = "x"});
  const auto folders = store_->ListFolders("gs://bucket/log", 1500);
  ASSERT_THAT(folders, IsOk());
  ASSERT_THAT(*folders, SizeIs(1500));
  EXPECT_EQ(folders->back(), "01499");
  ASSERT_THAT(google_.seen(), SizeIs(2));
  EXPECT_EQ(google_.seen().front().target,
            "/storage/v1/b/bucket/o?delimiter=%2F&prefix=log%2F&maxResults=1000"
            "&fields=prefixes,nextPageToken");
  EXPECT_THAT(store_->ListFolders("gs://bucket/log", 10), FailsWith(ErrorCode::kTooLarge));
  EXPECT_THAT(google_.seen(), SizeIs(3));
  EXPECT_THAT(store_->ListFolders("gs://bucket", 10), IsOkAnd(ElementsAre("log")));
}

TEST_F(GoogleStoreTest, ListOfABucketsRootHasNoPrefix) {
  google_.Put("a", {.bytes = "x"});
  google_.Put("b/c", {.bytes = "x"});
  const auto infos = store_->List({.directory = "gs://bucket", .start_after = ""});
  ASSERT_THAT(infos, IsOk());
  ASSERT_THAT(*infos, SizeIs(1));
  EXPECT_EQ(infos->front().name, "a");
}

TEST_F(GoogleStoreTest, MissingBucketIsNoEmptyList) {
  AnswerAlways(404, R"({"error":{"code":404,"message":"The specified bucket does not exist."}})");
  const auto names = Names();
  ASSERT_THAT(names, FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(names.error().detail,
              AllOf(HasSubstr("gs://bucket/log"), HasSubstr("bucket does not exist")));
}

TEST_F(GoogleStoreTest, ListThatCannotBeTrustedIsRefused) {
  AnswerAlways(200, R"({"items":[{"name":"log/1","size":"1","updated":"2026-11-21T10:00:00Z",)"
                    R"("generation":"1"},{"name":"log/1","size":"1",)"
                    R"("updated":"2026-11-21T10:00:00Z","generation":"1"}]})");
  const auto names = Names();
  ASSERT_THAT(names, FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(names.error().detail, HasSubstr("gs://bucket/log"));
  // A service that never comes to an end.
  AnswerAlways(200, R"({"nextPageToken":"again"})");
  EXPECT_THAT(Names(), FailsWith(ErrorCode::kUnavailable));
  EXPECT_EQ(google_.CountOf("pageToken=again"), 999);
}

TEST_F(GoogleStoreTest, KeysMayHaveEveryCharacter) {
  for (const char* key :
       {"a b+c%20d", "q?x#y&z=1", "\xc3\xa9/\xe2\x80\xa8", "tag=%2541/x", "\"'"}) {
    const std::string path = Format("gs://bucket/data/{}", key);
    ASSERT_THAT(store_->PutIfAbsent(path, key), IsOk()) << key;
    EXPECT_THAT(store_->ReadAll(path, kPlenty), IsOkAnd(std::string(key)));
    EXPECT_THAT(store_->Stat(path), IsOk());
    EXPECT_THAT(store_->PutIfAbsent(path, "other"), FailsWith(ErrorCode::kAlreadyExists));
  }
}

TEST_F(GoogleStoreTest, WhatIsPackedIsReadAsItIsStored) {
  google_.Put("x", {.bytes = "0123456789", .content_encoding = "gzip"});
  EXPECT_THAT(store_->ReadAll("gs://bucket/x", kPlenty), IsOkAnd(std::string("0123456789")));
  const auto object = store_->Open("gs://bucket/x");
  ASSERT_THAT(object, IsOk());
  std::string part(3, ' ');
  ASSERT_THAT((*object)->ReadAt(7, part), IsOk());
  EXPECT_EQ(part, "789");
}

TEST_F(GoogleStoreTest, WhatDoesNotComeAsItIsStoredIsRefused) {
  google_.SetIntercept([](const http::Request&) {
    http::Response response = JsonResponse(200, "unpacked");
    response.headers.Add("X-Goog-Stored-Content-Length", "5");
    return response;
  });
  EXPECT_THAT(store_->ReadAll("gs://bucket/x", kPlenty), FailsWith(ErrorCode::kUnavailable));
}

TEST_F(GoogleStoreTest, PartIsAskedForByItsGeneration) {
  google_.Put("data/x", {.bytes = "0123456789", .generation = 42});
  const auto object = store_->Open("gs://bucket/data/x");
  ASSERT_THAT(object, IsOk());
  std::string part(4, ' ');
  ASSERT_THAT((*object)->ReadAt(2, part), IsOk());
  EXPECT_EQ(part, "2345");
  const FakeGoogle::Seen seen = google_.seen().back();
  EXPECT_EQ(seen.target, "/storage/v1/b/bucket/o/data%2Fx?alt=media&ifGenerationMatch=42");
  EXPECT_EQ(*seen.headers.Find("Range"), "bytes=2-5");
  EXPECT_EQ(*seen.headers.Find("Accept-Encoding"), "gzip");
}

TEST_F(GoogleStoreTest, ObjectThatChangesUnderAReaderIsUnavailable) {
  google_.Put("x", {.bytes = "0123456789", .generation = 1});
  const auto object = store_->Open("gs://bucket/x");
  const auto info = store_->Stat("gs://bucket/x");
  ASSERT_THAT(object, IsOk());
  std::string part(4, ' ');
  google_.Put("x", {.bytes = "abcdefghij", .generation = 2});
  EXPECT_THAT((*object)->ReadAt(0, part), FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(store_->OpenStream("gs://bucket/x", *info, {.offset = 0, .length = 4}),
              FailsWith(ErrorCode::kUnavailable));
  google_.Remove("x");
  EXPECT_THAT((*object)->ReadAt(0, part), FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(store_->OpenStream("gs://bucket/x", *info, {.offset = 0, .length = 4}),
              FailsWith(ErrorCode::kNotFound));
}

TEST_F(GoogleStoreTest, ServerThatLooksAtNoConditionIsFoundOut) {
  google_.Put("x", {.bytes = "0123456789"});
  const auto object = store_->Open("gs://bucket/x");
  const auto info = store_->Stat("gs://bucket/x");
  std::string part(4, ' ');
  for (const auto& [name, value] :
       {std::pair("X-Goog-Generation", "2"), std::pair("Content-Range", "bytes 0-3/11"),
        std::pair("Content-Range", "bytes 1-4/10"), std::pair("X-Other", "")}) {
    google_.SetIntercept([name = name, value = value](const http::Request&) {
      http::Response response = JsonResponse(206, "abcd");
      response.headers.Add(name, value);
      if (std::string_view(name) == "X-Goog-Generation") {
        response.headers.Add("Content-Range", "bytes 0-3/10");
      }
      return response;
    });
    EXPECT_THAT((*object)->ReadAt(0, part), FailsWith(ErrorCode::kUnavailable)) << name;
    EXPECT_THAT(store_->OpenStream("gs://bucket/x", *info, {.offset = 0, .length = 4}),
                FailsWith(ErrorCode::kUnavailable));
  }
  AnswerAlways(200, "0123456789");  // No range at all.
  EXPECT_THAT((*object)->ReadAt(0, part), FailsWith(ErrorCode::kUnavailable));
}

TEST_F(GoogleStoreTest, FaultsThatPassAreNotSeen) {
  google_.Put("x", {.bytes = "bytes"});
  int faults = 3;
  google_.SetIntercept([&faults](const http::Request&) -> std::optional<http::Response> {
    if (faults-- <= 0) return std::nullopt;
    return JsonResponse(503, R"({"error":{"code":503,"message":"Backend Error"}})");
  });
  EXPECT_THAT(store_->ReadAll("gs://bucket/x", kPlenty), IsOkAnd(std::string("bytes")));
  faults = 100;
  const auto given_up = store_->ReadAll("gs://bucket/x", kPlenty);
  ASSERT_THAT(given_up, FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(given_up.error().detail,
              AllOf(HasSubstr("gs://bucket/x"), HasSubstr("Backend Error")));
}

TEST_F(GoogleStoreTest, RefusalIsPermissionDenied) {
  AnswerAlways(403, R"({"error":{"code":403,"message":"no storage.objects.get access"}})");
  EXPECT_THAT(store_->Stat("gs://bucket/x"), FailsWith(ErrorCode::kPermissionDenied));
  EXPECT_THAT(Names(), FailsWith(ErrorCode::kPermissionDenied));
  const auto read = store_->ReadAll("gs://bucket/x", 4);
  ASSERT_THAT(read, FailsWith(ErrorCode::kPermissionDenied));
  EXPECT_EQ(read.error().message, "the store refuses x");
}

TEST_F(GoogleStoreTest, RedirectIsNotFollowed) {
  google_.SetIntercept([](const http::Request&) {
    http::Response response = JsonResponse(307, "");
    response.headers.Add("Location", "http://127.0.0.1:1/secret");
    return response;
  });
  EXPECT_THAT(store_->Stat("gs://bucket/x"), FailsWith(ErrorCode::kUnavailable));
}

TEST_F(GoogleStoreTest, BodyThatIsCutShortIsUnavailable) {
  const http::RawServer server([](const std::string&) {
    return http::RawReply{.bytes =
                              "HTTP/1.1 206 Partial Content\r\nContent-Length: 8\r\n"
                              "X-Goog-Generation: 1\r\nContent-Range: bytes 0-7/8\r\n\r\n0123",
                          .then = http::RawReply::Then::kClose};
  });
  store_ = NewStore(server.Url(""));
  const ObjectInfo info = {.name = "x", .size_bytes = 8, .etag = "\"1\""};
  std::string bytes(8, ' ');
  const auto read = [&]() -> Result<std::size_t> {  // It shows at the start or in the middle.
    const auto stream = TRY(store_->OpenStream("gs://bucket/x", info, {.offset = 0, .length = 8}));
    return stream->Read(bytes);
  }();
  ASSERT_THAT(read, FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(read.error().ToString(), HasSubstr("cut short"));
}

TEST_F(GoogleStoreTest, TokenOfTheMachineIsSentAndNeverShown) {
  google_.Demand("Bearer token-1");
  google_.Put("x", {.bytes = "bytes"});
  store_ = NewStore(google_.url(), /*anonymous=*/false);
  EXPECT_THAT(store_->ReadAll("gs://bucket/x", kPlenty), IsOkAnd(std::string("bytes")));
  EXPECT_THAT(store_->Stat("gs://bucket/x"), IsOk());
  EXPECT_EQ(google_.CountOf("/default/token"), 1);
  google_.Demand("Bearer another");
  const auto refused = store_->ReadAll("gs://bucket/x", kPlenty);
  ASSERT_THAT(refused, FailsWith(ErrorCode::kPermissionDenied));
  EXPECT_THAT(refused.error().ToString(), Not(HasSubstr("token-1")));
}

TEST_F(GoogleStoreTest, TokenThatWasRevokedIsRenewedAtOnce) {
  google_.Demand("Bearer token-1");
  google_.Put("x", {.bytes = "bytes"});
  store_ = NewStore(google_.url(), /*anonymous=*/false);
  const auto info = store_->Stat("gs://bucket/x");
  ASSERT_THAT(info, IsOk());
  google_.GiveToken("token-2");
  google_.Demand("Bearer token-2");
  EXPECT_THAT(store_->Stat("gs://bucket/x"), FailsWith(ErrorCode::kPermissionDenied));
  clock_.Advance(std::chrono::seconds(30));  // No token is renewed more often.
  EXPECT_THAT(store_->OpenStream("gs://bucket/x", *info, {.offset = 0, .length = 5}), IsOk());
  EXPECT_THAT(store_->Stat("gs://bucket/x"), IsOk());
  EXPECT_EQ(google_.CountOf("/default/token"), 2);
}

TEST_F(GoogleStoreTest, WithoutCredentialsNothingIsAsked) {
  google_.SetIntercept([](const http::Request& request) -> std::optional<http::Response> {
    if (request.path.starts_with("/computeMetadata")) return JsonResponse(404, "");
    return std::nullopt;
  });
  store_ = NewStore(google_.url(), /*anonymous=*/false);
  const auto read = store_->Stat("gs://bucket/x");
  ASSERT_THAT(read, FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(read.error().detail, HasSubstr("GOOGLE_APPLICATION_CREDENTIALS: not set"));
  EXPECT_EQ(google_.CountOf("/storage/"), 0);
}

}  // namespace
}  // namespace sluice::storage::gcs
