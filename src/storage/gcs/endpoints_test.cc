#include "storage/gcs/endpoints.h"

#include <map>

#include "base/testing.h"

namespace sluice::storage::gcs {
namespace {

Result<Endpoints> Of(const config::StoreOptions& options, const std::string& emulator = "") {
  return EndpointsOf(options, [&](const std::string& name) {
    return name == "STORAGE_EMULATOR_HOST" ? emulator : "";
  });
}

TEST(GoogleEndpoints, GooglesOwnUnlessTold) {
  const auto endpoints = Of({});
  ASSERT_THAT(endpoints, IsOk());
  EXPECT_EQ(endpoints->api.url, "https://storage.googleapis.com");
  EXPECT_EQ(endpoints->links.url, "https://storage.googleapis.com");
  EXPECT_FALSE(endpoints->is_emulator);
}

TEST(GoogleEndpoints, ReadsAndLinksMayGoDifferentWays) {
  const auto endpoints = Of({.endpoint = "https://Restricted.googleapis.com/",
                             .public_endpoint = "https://files.example.com:8443"});
  ASSERT_THAT(endpoints, IsOk());
  EXPECT_EQ(endpoints->api.url, "https://restricted.googleapis.com");
  EXPECT_EQ(endpoints->links.url, "https://files.example.com:8443");
  EXPECT_FALSE(endpoints->is_emulator);
}

TEST(GoogleEndpoints, EmulatorIsNamedInSeveralForms) {
  for (const char* text : {"localhost:4443", "http://localhost:4443", "http://localhost:4443/",
                           "http://localhost:4443/storage/v1/"}) {
    const auto endpoints = Of({}, text);
    ASSERT_THAT(endpoints, IsOk()) << text;
    EXPECT_EQ(endpoints->api.url, "http://localhost:4443");
    EXPECT_EQ(endpoints->links.url, "http://localhost:4443");
    EXPECT_TRUE(endpoints->is_emulator);
  }
  EXPECT_TRUE(Of({}, "https://localhost:4443")->is_emulator);
  EXPECT_EQ(Of({.endpoint = "https://other.example"}, "localhost:4443")->api.url,
            "https://other.example");
}

TEST(GoogleEndpoints, HostsAreKnownByTheirNames) {
  EXPECT_EQ(Of({.endpoint = "https://Gateway.internal:8443"})->api.host, "gateway.internal");
  EXPECT_EQ(Of({})->iam.url, "https://iamcredentials.googleapis.com");
}

TEST(GoogleEndpoints, NothingSecretTravelsUnencrypted) {
  EXPECT_TRUE(Of({.endpoint = "http://127.0.0.1:4443"})->is_emulator);
  EXPECT_TRUE(Of({.endpoint = "http://[::1]:4443"})->is_emulator);
}

TEST(GoogleEndpoints, WhatIsNoOriginIsRefused) {
  for (const char* text :
       {"storage.googleapis.com", "ftp://host", "https://", "https://host/path", "https://host?q",
        "https://user@host", "https://host:", "https://host:port", "https://host:1234567",
        "https://ho st", "https://[::1", "https://[]", "https://host#x", "https://h\n"}) {
    EXPECT_THAT(Of({.endpoint = text}), FailsWith(ErrorCode::kInvalidArgument)) << text;
    EXPECT_THAT(Of({.public_endpoint = text}), FailsWith(ErrorCode::kInvalidArgument)) << text;
  }
  EXPECT_THAT(Of({}, "http://host/other"), FailsWith(ErrorCode::kInvalidArgument));
}

}  // namespace
}  // namespace sluice::storage::gcs
