// What the contract does not say, against an emulator by other hands: SLUICE_TEST_GCS is its URL,
// SLUICE_TEST_GCS_BUCKET a bucket of it. Left out without them.

#include <stdlib.h>

#include <fstream>

#include "base/encoding.h"
#include "base/testing.h"
#include "crypto/random.h"
#include "storage/gcs/fake_google_test_support.h"
#include "storage/gcs/testing.h"
#include "storage/stores.h"

namespace sluice::storage {
namespace {

const http::Client::Limits kLimits{};

std::string Variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

class GoogleEmulator : public testing::Test {
 protected:
  void SetUp() override {
    if (endpoint_.empty()) GTEST_SKIP() << "SLUICE_TEST_GCS is not set";
    std::ofstream(key_file_) << gcs::ServiceAccountFile("https://unused.example");
    store_ = NewGoogleStore({.endpoint = endpoint_, .service_account_file = key_file_},
                            "gs://" + bucket_,
                            {.clock = clock_, .environment = [](const std::string&) { return ""; }})
                 .value();
  }

  std::string Path(std::string_view name) const {
    return Format("gs://{}/{}/{}", bucket_, folder_, name);
  }

  /// Replaces an object, as its owner may.
  void Overwrite(std::string_view name, std::string_view bytes, std::string_view query = "") {
    http::ClientRequest request;
    request.method = "POST";
    request.url = Format("{}/upload/storage/v1/b/{}/o?uploadType=media&name={}{}", endpoint_,
                         bucket_, PercentEncode(Format("{}/{}", folder_, name)), query);
    request.headers.Add("Content-Type", "application/octet-stream");
    request.body = bytes;
    const auto response = client_->Send(request, kLimits);
    ASSERT_THAT(response, IsOk());
    ASSERT_EQ(response->status, 200) << response->body;
  }

  const std::string endpoint_ = Variable("SLUICE_TEST_GCS");
  const std::string bucket_ = Variable("SLUICE_TEST_GCS_BUCKET");
  const std::string folder_ = crypto::RandomToken(12);
  const std::string key_file_ = testing::TempDir() + "emulator-key.json";
  const SystemClock clock_;
  const std::shared_ptr<http::Client> client_ = gcs::LoopbackClient();
  Store store_;
};

TEST_F(GoogleEmulator, ObjectThatIsReplacedUnderAReaderIsNeverMixed) {
  ASSERT_THAT(store_.objects->PutIfAbsent(Path("x"), "0123456789"), IsOk());
  const auto object = store_.objects->Open(Path("x"));
  const auto info = store_.objects->Stat(Path("x"));
  ASSERT_THAT(object, IsOk());
  ASSERT_THAT(info, IsOk());
  Overwrite("x", "abcdefghij");
  std::string part(4, ' ');
  EXPECT_THAT((*object)->ReadAt(0, part), FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(store_.objects->OpenStream(Path("x"), *info, {.offset = 0, .length = 4}),
              FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(store_.objects->ReadAll(Path("x"), 100), IsOkAnd(std::string("abcdefghij")));
}

TEST_F(GoogleEmulator, WhatIsPackedIsReadAsItIsStored) {
  // printf 'packed' | gzip -n | xxd -p
  std::string packed;
  for (const unsigned char byte :
       {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x2b, 0x48, 0x4c,
        0xce, 0x4e, 0x4d, 0x01, 0x00, 0x10, 0xb4, 0xf6, 0x21, 0x06, 0x00, 0x00, 0x00}) {
    packed += static_cast<char>(byte);
  }
  Overwrite("x", packed, "&contentEncoding=gzip");
  EXPECT_EQ(store_.objects->Stat(Path("x"))->size_bytes, packed.size());
  EXPECT_THAT(store_.objects->ReadAll(Path("x"), 100), IsOkAnd(packed));
  const auto object = store_.objects->Open(Path("x"));
  std::string part(6, ' ');
  ASSERT_THAT((*object)->ReadAt(10, part), IsOk());
  EXPECT_EQ(part, packed.substr(10, 6));
}

TEST_F(GoogleEmulator, SignedLinksAreFollowed) {
  const auto urls = store_.signer->Prepare(std::chrono::hours(1));
  ASSERT_THAT(urls, IsOk());
  for (const char* name : {"p=1/part 0+1%20.parquet", "\xc3\xa9&x;y", "tag=%2541/x~'()*!@:,$"}) {
    ASSERT_THAT(store_.objects->PutIfAbsent(Path(name), "0123456789"), IsOk());
    http::ClientRequest request;
    ASSERT_THAT((*urls)->Append(Path(name), request.url), IsOk());
    request.headers.Add("Range", "bytes=3-5");
    const auto response = client_->Send(request, kLimits);
    ASSERT_THAT(response, IsOk());
    EXPECT_EQ(response->status, 206) << request.url;
    EXPECT_EQ(response->body, "345") << request.url;
  }
}

TEST_F(GoogleEmulator, FolderIsListedPageByPage) {
  constexpr int kObjects = 20;
  for (int i = 0; i < kObjects; ++i) {
    ASSERT_THAT(store_.objects->PutIfAbsent(Path(Format("log/{:05}", i)), "x"), IsOk());
  }
  const std::string directory = Path("log");
  std::string after;
  int count = 0;
  while (true) {
    const auto infos =
        store_.objects->List({.directory = directory, .start_after = after, .limit = 7});
    ASSERT_THAT(infos, IsOk());
    if (infos->empty()) break;
    for (const ObjectInfo& info : *infos) EXPECT_EQ(info.name, Format("{:05}", count++));
    after = infos->back().name;
  }
  EXPECT_EQ(count, kObjects);
}

}  // namespace
}  // namespace sluice::storage
