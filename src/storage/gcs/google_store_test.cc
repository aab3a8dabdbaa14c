#include <fstream>
#include <map>

#include "base/testing.h"
#include "storage/fake_client_test_support.h"
#include "storage/gcs/fake_google_test_support.h"
#include "storage/gcs/testing.h"
#include "storage/stores.h"

namespace sluice::storage {
namespace {

using gcs::FakeGoogle;
using std::chrono::hours;
using testing::HasSubstr;
using testing::StartsWith;

class NewGoogle : public testing::Test {
 protected:
  CloudContext Context() {
    return {.clock = clock_,
            .environment = [this](const std::string& name) { return environment_[name]; },
            .identity_client = gcs::LoopbackClient(),
            .sleep = [this](std::chrono::milliseconds delay) { clock_.Advance(delay); },
            .metrics = &metrics_};
  }
  Result<Store> New(const config::StoreOptions& options) {
    return NewGoogleStore(options, "gs://bucket", Context());
  }
  std::string KeyFile() {
    const std::string path = testing::TempDir() + "google-key.json";
    std::ofstream(path) << gcs::ServiceAccountFile(google_.url() + "/token");
    return path;
  }
  static std::string Url(const Store& store, std::string_view path) {
    std::string url;
    const auto urls = store.signer->Prepare(hours(1));
    if (!urls.ok()) return urls.error().ToString();
    const Result<void> appended = (*urls)->Append(path, url);
    return appended.ok() ? url : appended.error().ToString();
  }

  ManualClock clock_{SystemTime(std::chrono::seconds(1'795'255'200))};
  FakeGoogle google_;
  std::map<std::string, std::string> environment_;
  observe::MetricRegistry metrics_;
};

TEST_F(NewGoogle, StoreReadsWritesAndSigns) {
  const auto store = New({.name = "test",
                          .endpoint = google_.url(),
                          .public_endpoint = "https://files.example.com",
                          .service_account_file = KeyFile()});
  ASSERT_THAT(store, IsOk());
  EXPECT_EQ(store->name, "test");
  EXPECT_TRUE(store->objects->is_remote());
  ASSERT_THAT(store->objects->PutIfAbsent("gs://bucket/a/x", "bytes"), IsOk());
  EXPECT_THAT(store->objects->ReadAll("gs://bucket/a/x", 100), IsOkAnd(std::string("bytes")));
  for (const char* operation : {"write", "read_data"}) {
    EXPECT_EQ(StoreMetric(metrics_,
                          Format("requests_total{{operation=\"{}\",status=\"2xx\",", operation)),
              1);
  }
  EXPECT_THAT(
      Url(*store, "gs://bucket/a/x"),
      StartsWith("https://files.example.com/bucket/a/x?X-Goog-Algorithm=GOOG4-RSA-SHA256&"));
  EXPECT_EQ(google_.CountOf("/token"), 0);  // No token over a connection that is not encrypted.
}

TEST_F(NewGoogle, EmulatorOfTheEnvironmentNeedsNoOptions) {
  environment_["STORAGE_EMULATOR_HOST"] = google_.address();
  google_.Put("a/x", {.bytes = "bytes"});
  auto store = New({});
  ASSERT_THAT(store, IsOk());
  EXPECT_THAT(store->objects->ReadAll("gs://bucket/a/x", 100), IsOkAnd(std::string("bytes")));
  EXPECT_EQ(Url(*store, "gs://bucket/a/x"), google_.url() + "/bucket/a/x");
  environment_["GOOGLE_APPLICATION_CREDENTIALS"] = KeyFile();
  store = New({});
  EXPECT_THAT(Url(*store, "gs://bucket/a/x"), StartsWith(google_.url() + "/bucket/a/x?X-Goog-"));
}

TEST_F(NewGoogle, PublicStoreAsksNobody) {
  const auto store = New({.anonymous = true});
  ASSERT_THAT(store, IsOk());
  EXPECT_EQ(Url(*store, "gs://bucket/x"), "https://storage.googleapis.com/bucket/x");
}

TEST_F(NewGoogle, NothingIsAskedForYet) {
  environment_["GCE_METADATA_HOST"] = google_.address();
  EXPECT_THAT(New({}), IsOk());
  EXPECT_TRUE(google_.seen().empty());
}

TEST_F(NewGoogle, OptionsThatContradictEachOtherAreRefused) {
  EXPECT_THAT(New({.service_account_file = KeyFile(), .anonymous = true}),
              FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(New({.endpoint = "storage.googleapis.com"}), FailsWith(ErrorCode::kInvalidArgument));
}

TEST_F(NewGoogle, OptionsOfAnotherCloudAreRefusedByName) {
  for (const auto& [options, name] :
       {std::pair(config::StoreOptions{.access_key_id = "x"}, "access_key_id"),
        std::pair(config::StoreOptions{.sas_token_file = "x"}, "sas_token_file"),
        std::pair(config::StoreOptions{.requester_pays = true}, "requester_pays"),
        std::pair(config::StoreOptions{.customer_key_file = "x"}, "customer_key_file")}) {
    const auto store = New(options);
    ASSERT_THAT(store, FailsWith(ErrorCode::kInvalidArgument));
    EXPECT_THAT(store.error().message, HasSubstr(name));
  }
}

TEST_F(NewGoogle, CredentialsThatAreNamedMustBeThereAndOfUse) {
  const auto missing = New({.service_account_file = "/nowhere/key.json"});
  ASSERT_THAT(missing, FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(missing.error().ToString(), HasSubstr("key.json"));
  const std::string path = testing::TempDir() + "google-external.json";
  std::ofstream(path) << R"({"type":"external_account"})";
  const auto external = New({.service_account_file = path});
  ASSERT_THAT(external, FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(external.error().message, HasSubstr("external_account"));
}

}  // namespace
}  // namespace sluice::storage
