#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "storage/fake_client_test_support.h"
#include "storage/requests.h"
#include "storage/s3/bucket.h"
#include "storage/s3/credential_source.h"

namespace sluice::storage::s3 {

inline Expiring<Credentials> KeyNamed(std::string id,
                                      std::optional<SystemTime> expires_at = std::nullopt) {
  return {.value = {.access_key_id = std::move(id),
                    .secret_access_key = Secret("hidden-secret"),
                    .session_token = {}},
          .expires_at = expires_at};
}

inline std::string ErrorXml(std::string_view code, std::string_view more = "") {
  return Format("<Error><Code>{}</Code><Message>because</Message>{}</Error>", code, more);
}

/// What STS answers; the credentials end at eleven of the day of PlayedAnswers.
inline std::string StsXml(std::string_view action, std::string_view id) {
  return Format(
      "<{0}Response><{0}Result><Credentials><AccessKeyId>{1}</AccessKeyId>"
      "<SecretAccessKey>hidden-secret</SecretAccessKey><SessionToken>hidden-token</SessionToken>"
      "<Expiration>2026-11-21T11:00:00Z</Expiration></Credentials></{0}Result></{0}Response>",
      action, id);
}

/// A clock, a client that plays answers, and requests that wait for nobody.
class PlayedAnswers : public testing::Test {
 protected:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  std::shared_ptr<Requests> NewRequests() {
    return std::make_shared<Requests>(
        Requests::Dependencies{.client = client_, .clock = clock_, .sleep = [](auto) {}},
        RetryOptions{});
  }

  /// The headers of the request of that number, counted from 0.
  std::string Header(std::size_t request, std::string_view name) const {
    const std::string* const value = client_->asked().at(request).request.headers.Find(name);
    return value == nullptr ? "" : *value;
  }
  std::string Url(std::size_t request) const { return client_->asked().at(request).request.url; }
  std::string Method(std::size_t request) const {
    return client_->asked().at(request).request.method;
  }

  Surroundings SurroundingsHere() {
    return {.environment =
                [this](const std::string& name) {
                  const auto found = variables_.find(name);
                  return found == variables_.end() ? std::string() : found->second;
                },
            .identity_client = client_};
  }

  ManualClock clock_{std::chrono::sys_days{std::chrono::November / 21 / 2026}};
  std::shared_ptr<FakeClient> client_ = std::make_shared<FakeClient>();
  std::map<std::string, std::string> variables_;
};

/// The same with a bucket.
class BucketTest : public PlayedAnswers {
 protected:
  BucketTest() {
    terms_.path = "s3://lake";
    terms_.service = {.endpoint = "http://store:9000",
                      .public_endpoint = "",
                      .region = "us-east-1",
                      .sts_url = "",
                      .path_style = "auto"};
  }

  std::shared_ptr<Bucket> NewBucket() {
    return Bucket::New(terms_, {.requests = NewRequests(),
                                .clock = clock_,
                                .fetch_credentials = [this]() -> Result<Expiring<Credentials>> {
                                  ++fetches_;
                                  return credentials_;
                                }})
        .value();
  }

  BucketTerms terms_;
  Expiring<Credentials> credentials_ = KeyNamed("AKIA1");
  int fetches_ = 0;
};

}  // namespace sluice::storage::s3
