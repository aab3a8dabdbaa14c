#include "storage/azure/azure_objects.h"

#include "base/testing.h"
#include "storage/azure/fake_container_test_support.h"
#include "storage/fake_client_test_support.h"

namespace sluice::storage::azure {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

const Fields kDescription = {{"Content-Length", "10"},
                             {"Last-Modified", "Sat, 21 Nov 2026 10:00:00 GMT"},
                             {"ETag", "\"0x8D1\""}};

class AzureObjectsTest : public testing::Test {
 protected:
  std::string Sent(std::size_t index, std::string_view header) const {
    return std::string(HeaderIn(client_->asked().at(index).request.headers, header));
  }
  std::string Url(std::size_t index) const { return client_->asked().at(index).request.url; }
  static Fields With(Fields fields, const std::pair<std::string, std::string>& more) {
    fields.push_back(more);
    return fields;
  }

  std::shared_ptr<FakeClient> client_ = std::make_shared<FakeClient>();
  ManualClock clock_{SystemTime(std::chrono::seconds(1'795'255'200))};
  std::unique_ptr<ObjectStore> store_ = NewAzureObjects(NewTestContainer(client_, clock_));
};

TEST_F(AzureObjectsTest, StatIsAHead) {
  client_->Add(200, "", kDescription);
  const auto info = store_->Stat("az://lake@acme/t/country=FR/a b%.parquet");
  ASSERT_THAT(info, IsOk());
  EXPECT_EQ(info->name, "a b%.parquet");
  EXPECT_EQ(info->size_bytes, 10U);
  EXPECT_EQ(info->modified_at, clock_.Now());
  EXPECT_EQ(info->etag, "\"0x8D1\"");
  EXPECT_EQ(client_->asked()[0].request.method, "HEAD");
  EXPECT_EQ(Url(0), "https://acme.blob.core.windows.net/lake/t/country=FR/a%20b%25.parquet");
}

TEST_F(AzureObjectsTest, WhatIsNotDescribedIsUnavailable) {
  for (const Fields& fields : {Fields{}, Fields{{"Content-Length", "10"}},
                               Fields{{"Content-Length", "x"}, kDescription[1]}}) {
    client_ = std::make_shared<FakeClient>();
    store_ = NewAzureObjects(NewTestContainer(client_, clock_));
    client_->Add(200, "", fields);
    EXPECT_THAT(store_->Stat("az://lake@acme/x"), FailsWith(ErrorCode::kUnavailable));
  }
}

TEST_F(AzureObjectsTest, DirectoryIsNoObject) {
  for (const auto& mark :
       Fields{{"x-ms-meta-hdi_isfolder", "true"}, {"x-ms-resource-type", "directory"}}) {
    client_ = std::make_shared<FakeClient>();
    store_ = NewAzureObjects(NewTestContainer(client_, clock_));
    client_->Add(200, "", With(kDescription, mark));
    EXPECT_THAT(store_->Stat("az://lake@acme/x"), FailsWith(ErrorCode::kNotFound));
    EXPECT_THAT(store_->Open("az://lake@acme/x"), FailsWith(ErrorCode::kNotFound));
    EXPECT_THAT(store_->ReadAll("az://lake@acme/x", 100), FailsWith(ErrorCode::kNotFound));
  }
}

TEST_F(AzureObjectsTest, PathsOfOtherContainersAreRefused) {
  for (const char* path : {"az://lake@acme", "az://lake@acme2/x", "az://other@acme/x", "/x"}) {
    const auto info = store_->Stat(path);
    ASSERT_FALSE(info.ok());
  }
  EXPECT_TRUE(client_->asked().empty());
}

TEST_F(AzureObjectsTest, PartsAreOfTheVeryBlob) {
  client_->Add(200, "", kDescription);
  const auto object = store_->Open("az://lake@acme/x");
  ASSERT_THAT(object, IsOk());
  std::string part(4, ' ');
  client_->Add(206, "3456", {{"ETag", "\"0x8D1\""}, {"Content-Range", "bytes 3-6/10"}});
  client_->Add(412, "", {{"x-ms-error-code", "ConditionNotMet"}});
  EXPECT_THAT((*object)->ReadAt(3, part), FailsWith(ErrorCode::kUnavailable));  // still the HEAD's
  EXPECT_THAT((*object)->ReadAt(3, part), IsOk());
  EXPECT_EQ(part, "3456");
  EXPECT_EQ(Sent(2, "x-ms-range"), "bytes=3-6");
  EXPECT_EQ(Sent(2, "If-Match"), "\"0x8D1\"");
  EXPECT_THAT((*object)->ReadAt(3, part), FailsWith(ErrorCode::kUnavailable));
}

TEST_F(AzureObjectsTest, StreamIsOneRequest) {
  client_->Add(206, "3456", {{"ETag", "\"0x8D1\""}, {"Content-Range", "bytes 3-6/10"}});
  const ObjectInfo info{.name = "x", .size_bytes = 10, .modified_at = {}, .etag = "\"0x8D1\""};
  auto stream = store_->OpenStream("az://lake@acme/x", info, {.offset = 3, .length = 4});
  ASSERT_THAT(stream, IsOk());
  std::string bytes(10, ' ');
  EXPECT_THAT((*stream)->Read(bytes), IsOkAnd(4U));
  EXPECT_EQ(client_->asked().size(), 1U);
}

TEST_F(AzureObjectsTest, ReadAllKeepsItsBoundAndTheErrorsOfSmallOnes) {
  client_->Add(404, std::string(300, 'x'), {{"x-ms-error-code", "BlobNotFound"}});
  EXPECT_THAT(store_->ReadAll("az://lake@acme/x", 0), FailsWith(ErrorCode::kNotFound));
  client_->Add(200, std::string(100'000, 'x'));
  EXPECT_THAT(store_->ReadAll("az://lake@acme/x", 0), FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(store_->ReadAll("az://lake@acme/x", 99), FailsWith(ErrorCode::kTooLarge));
  EXPECT_THAT(store_->ReadAll("az://lake@acme/x", 99'999), FailsWith(ErrorCode::kTooLarge));
  EXPECT_THAT(store_->ReadAll("az://lake@acme/x", 100'000), IsOk());
}

TEST_F(AzureObjectsTest, PutIsOnConditionThatThereIsNone) {
  client_->Add(201);
  EXPECT_THAT(store_->PutIfAbsent("az://lake@acme/log/1", "abc"), IsOk());
  EXPECT_EQ(client_->asked()[0].request.method, "PUT");
  EXPECT_EQ(client_->asked()[0].body, "abc");
  EXPECT_EQ(Sent(0, "If-None-Match"), "*");
  EXPECT_EQ(Sent(0, "x-ms-blob-type"), "BlockBlob");
}

TEST_F(AzureObjectsTest, PutOfAnothersBlobFails) {
  client_->Add(409, "", {{"x-ms-error-code", "BlobAlreadyExists"}});
  client_->Add(200, "", With(kDescription, {"x-ms-meta-sluicewriter", "another"}));
  EXPECT_THAT(store_->PutIfAbsent("az://lake@acme/log/1", "abc"),
              FailsWith(ErrorCode::kAlreadyExists));
}

/// Takes a put, loses the answer, and says at the next that the blob is there.
class ForgetfulClient final : public http::Client {
 public:
  Result<http::ClientResponse> Send(const http::ClientRequest& request, const Limits&) override {
    http::ClientResponse answer{.status = 200};
    if (request.method == "HEAD") {
      answer.headers.Add("x-ms-meta-sluicewriter", writer_);
      return answer;
    }
    if (writer_.empty()) {
      writer_ = HeaderIn(request.headers, "x-ms-meta-sluicewriter");
      return Unavailable("the connection broke");
    }
    answer.status = 409;
    answer.headers.Add("x-ms-error-code", "BlobAlreadyExists");
    return answer;
  }
  Result<std::unique_ptr<http::Download>> Start(const http::ClientRequest&,
                                                const Limits&) override {
    return Unavailable("not in this fake");
  }

 private:
  std::string writer_;
};

TEST_F(AzureObjectsTest, PutWhoseAnswerWasLostIsKnownAgain) {
  store_ = NewAzureObjects(NewTestContainer(std::make_shared<ForgetfulClient>(), clock_));
  EXPECT_THAT(store_->PutIfAbsent("az://lake@acme/log/1", "abc"), IsOk());
}

TEST_F(AzureObjectsTest, PutThatIsRefusedFails) {
  client_->Add(403, "", {{"x-ms-error-code", "AuthorizationPermissionMismatch"}});
  EXPECT_THAT(store_->PutIfAbsent("az://lake@acme/log/1", "abc"),
              FailsWith(ErrorCode::kPermissionDenied));
  client_->Add(409, "", {{"x-ms-error-code", "ContainerBeingDeleted"}});
  EXPECT_THAT(store_->PutIfAbsent("az://lake@acme/log/1", "abc"),
              FailsWith(ErrorCode::kPermissionDenied));
  EXPECT_THAT(store_->PutIfAbsent("az://lake@acme/log/1", "abc"),
              FailsWith(ErrorCode::kUnavailable));
}

}  // namespace
}  // namespace sluice::storage::azure
