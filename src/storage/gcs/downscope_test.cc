#include "storage/gcs/downscope.h"

#include "base/encoding.h"
#include "base/json.h"
#include "base/testing.h"
#include "storage/gcs/fake_google_test_support.h"

namespace sluice::storage::gcs {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

/// The condition of a boundary, as the service reads it.
std::string ConditionOf(const std::string& boundary) {
  const auto parsed = ParseJson(boundary);
  return std::string(parsed
                         ->at_pointer("/accessBoundary/accessBoundaryRules/0"
                                      "/availabilityCondition/expression")
                         .get_string());
}

class GoogleDownscope : public testing::Test {
 protected:
  Result<AccessToken> Downscope(const AccessToken& source) {
    const auto requests = FastRequests(clock_, {.max_attempts = 2});
    return DownscopeForPrefix(
        {.bucket = "bucket", .folder = "tables/orders", .sts_url = google_.url()}, source,
        {.requests = *requests, .clock = clock_});
  }

  ManualClock clock_{SystemTime(seconds(1'795'255'200))};
  FakeGoogle google_;
  AccessToken source_ = {.value = Secret("broad"), .expires_at = clock_.Now() + minutes(30)};
};

TEST(GoogleBoundary, AllowsToReadAndListOneFolder) {
  EXPECT_THAT(
      AccessBoundaryOf({.bucket = "bucket", .folder = "tables/orders"}),
      IsOkAnd(std::string(
          R"x({"accessBoundary":{"accessBoundaryRules":[{"availableResource":)x"
          R"x("//storage.googleapis.com/projects/_/buckets/bucket",)x"
          R"x("availablePermissions":["inRole:roles/storage.objectViewer"],)x"
          R"x("availabilityCondition":{"expression":)x"
          R"x("resource.name.startsWith('projects/_/buckets/bucket/objects/tables/orders/') || )x"
          R"x(api.getAttribute('storage.googleapis.com/objectListPrefix', '').)x"
          R"x(startsWith('tables/orders/')"}}]}})x")));
}

TEST(GoogleBoundary, OfABucketHasNoCondition) {
  EXPECT_THAT(AccessBoundaryOf({.bucket = "b"}),
              IsOkAnd(std::string(R"({"accessBoundary":{"accessBoundaryRules":[)"
                                  R"({"availableResource":"//storage.googleapis.com/projects/_/)"
                                  R"(buckets/b","availablePermissions":)"
                                  R"(["inRole:roles/storage.objectViewer"]}]}})")));
}

TEST(GoogleBoundary, NameCannotBreakOutOfItsQuotes) {
  const auto boundary = AccessBoundaryOf({.bucket = "b", .folder = R"(x') || true || ('\)"});
  ASSERT_THAT(boundary, IsOk());
  EXPECT_THAT(ConditionOf(*boundary), HasSubstr(R"(.startsWith('x\') || true || (\'\\/'))"));
}

TEST(GoogleBoundary, WhatCannotBeSaidIsRefused) {
  EXPECT_THAT(AccessBoundaryOf({.bucket = "b", .folder = "x\ny"}),
              FailsWith(ErrorCode::kUnsupported));
  EXPECT_THAT(AccessBoundaryOf({.bucket = "b", .folder = std::string(900, 'x')}),
              FailsWith(ErrorCode::kUnsupported));
}

TEST_F(GoogleDownscope, ExchangesTheTokenAsDocumented) {
  google_.GiveToken("narrow");
  const auto token = Downscope(source_);
  ASSERT_THAT(token, IsOk());
  EXPECT_EQ(token->value.Reveal(), "narrow");
  ASSERT_EQ(google_.seen().size(), 1U);
  const FakeGoogle::Seen seen = google_.seen().front();
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.target, "/v1/token");
  EXPECT_EQ(*seen.headers.Find("Content-Type"), "application/x-www-form-urlencoded");
  const std::string boundary = *AccessBoundaryOf({.bucket = "bucket", .folder = "tables/orders"});
  EXPECT_EQ(seen.body,
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange"
            "&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token"
            "&requested_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token"
            "&subject_token=broad&options=" +
                PercentEncode(boundary));
}

TEST_F(GoogleDownscope, NeverClaimsToOutliveItsSource) {
  EXPECT_EQ(Downscope(source_)->expires_at, clock_.Now() + minutes(30));
  source_.expires_at = clock_.Now() + hours(5);
  EXPECT_EQ(Downscope(source_)->expires_at, clock_.Now() + hours(1));
  google_.SetIntercept(
      [](const http::Request&) { return JsonResponse(200, R"({"access_token":"narrow"})"); });
  source_.expires_at = clock_.Now() + minutes(10);
  EXPECT_EQ(Downscope(source_)->expires_at, clock_.Now() + minutes(10));
}

TEST_F(GoogleDownscope, RefusalIsUnavailableAndShowsNoToken) {
  google_.SetIntercept([](const http::Request&) {
    return JsonResponse(400, R"({"error":"invalid_request","error_description":"no boundary"})");
  });
  const auto token = Downscope(source_);
  ASSERT_THAT(token, FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(token.error().detail, HasSubstr("invalid_request no boundary"));
  EXPECT_THAT(token.error().ToString(), Not(HasSubstr("broad")));
}

}  // namespace
}  // namespace sluice::storage::gcs
