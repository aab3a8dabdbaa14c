#include "storage/gcs/vendor.h"

#include <fstream>

#include "base/testing.h"
#include "storage/gcs/fake_google_test_support.h"
#include "storage/gcs/testing.h"
#include "storage/stores.h"

namespace sluice::storage::gcs {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::HasSubstr;

class GoogleVendor : public testing::Test {
 protected:
  Result<Store> New(const config::StoreOptions& options) {
    return NewGoogleStore(
        options, "gs://bucket",
        {.clock = clock_,
         .environment =
             [this](const std::string& name) {
               return name == "CLOUDSDK_API_ENDPOINT_OVERRIDES_STS" ? google_.url() : "";
             },
         .identity_client = LoopbackClient(),
         .sleep = [this](std::chrono::milliseconds delay) { clock_.Advance(delay); }});
  }
  config::StoreOptions WithKey() const {
    const std::string path = testing::TempDir() + "vendor-key.json";
    std::ofstream(path) << ServiceAccountFile(google_.url() + "/token");
    return {.service_account_file = path};
  }

  ManualClock clock_{SystemTime(std::chrono::seconds(1'795'255'200))};
  FakeGoogle google_;
};

TEST_F(GoogleVendor, TokenIsBoundToTheDirectory) {
  const auto store = New(WithKey());
  ASSERT_THAT(store, IsOk());
  const auto vended = store->vendor->Vend("gs://bucket/tables/orders", hours(1));
  ASSERT_THAT(vended, IsOk());
  EXPECT_EQ(std::get<BearerToken>(vended->credentials).text.Reveal(), "token-1");
  ASSERT_EQ(google_.seen().size(), 2U);
  EXPECT_EQ(google_.seen()[0].target, "/token");
  EXPECT_EQ(google_.seen()[1].target, "/v1/token");
  EXPECT_THAT(google_.seen()[1].body, HasSubstr("%2Fobjects%2Ftables%2Forders%2F"));
}

TEST_F(GoogleVendor, TokenEndsWithItsSource) {
  const auto store = New(WithKey());
  ASSERT_THAT(store, IsOk());
  const SystemTime end = store->vendor->Vend("gs://bucket/t", hours(12))->expires_at;
  EXPECT_LE(end, clock_.Now() + hours(1));
  clock_.Advance(minutes(20));
  EXPECT_EQ(store->vendor->Vend("gs://bucket/t", hours(12))->expires_at, end);
}

TEST_F(GoogleVendor, UriIsTheCanonicalPath) {
  const auto store = New(WithKey());
  ASSERT_THAT(store, IsOk());
  EXPECT_THAT(store->vendor->UriOf("gs://bucket/t"), IsOkAnd(std::string("gs://bucket/t")));
  EXPECT_THAT(store->vendor->UriOf("gs://buckets/t"), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(store->vendor->UriOf("gs://bucket/x\ny"), FailsWith(ErrorCode::kUnsupported));
  EXPECT_TRUE(google_.seen().empty());
}

TEST_F(GoogleVendor, PublicStoreHasNone) {
  const auto store = New({.anonymous = true});
  ASSERT_THAT(store, IsOk());
  EXPECT_EQ(store->vendor, nullptr);
}

TEST_F(GoogleVendor, WithoutATokenTheLogSaysWhy) {
  google_.SetIntercept([](const http::Request&) { return JsonResponse(400, R"({"error":"no"})"); });
  const auto store = New(WithKey());
  const auto vended = store->vendor->Vend("gs://bucket/t", hours(1));
  ASSERT_THAT(vended, FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(vended.error().detail, HasSubstr("400"));
}

}  // namespace
}  // namespace sluice::storage::gcs
