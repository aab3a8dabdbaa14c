#include "protocol/temporary_credentials.h"

#include "base/testing.h"

namespace sluice::protocol {
namespace {

constexpr SystemTime kEnd{std::chrono::milliseconds(1'718'298'900'000)};

http::Request RequestWith(std::string body) {
  http::Request request{.method = "POST", .body = std::move(body)};
  request.path_parameters = {{"share", "s"}, {"schema", "d"}, {"table", "t"}};
  return request;
}

TEST(TemporaryCredentials, AreOfOneCloud) {
  EXPECT_EQ(
      EncodeTemporaryCredentials(
          "s3://b/t", {.credentials = storage::s3::Credentials{.access_key_id = "ASIA",
                                                               .secret_access_key = Secret("key"),
                                                               .session_token = Secret("token")},
                       .expires_at = kEnd}),
      R"({"credentials":{"location":"s3://b/t","awsTempCredentials":{"accessKeyId":"ASIA",)"
      R"("secretAccessKey":"key","sessionToken":"token"},"expirationTime":1718298900000}})"
      "\n");
  EXPECT_EQ(EncodeTemporaryCredentials(
                "abfss://c@a.dfs.core.windows.net/t",
                {.credentials = storage::DirectorySas{Secret("sv=1&sig=x")}, .expires_at = kEnd}),
            R"({"credentials":{"location":"abfss://c@a.dfs.core.windows.net/t",)"
            R"("azureUserDelegationSas":{"sasToken":"sv=1&sig=x"},)"
            R"("expirationTime":1718298900000}})"
            "\n");
  EXPECT_EQ(
      EncodeTemporaryCredentials(
          "gs://b/t", {.credentials = storage::BearerToken{Secret("ya29")}, .expires_at = kEnd}),
      R"({"credentials":{"location":"gs://b/t","gcpOauthToken":{"oauthToken":"ya29"},)"
      R"("expirationTime":1718298900000}})"
      "\n");
}

TEST(ParseTemporaryCredentials, LocationMayBeLeftOut) {
  for (const char* body :
       {"", "  ", "{}", R"({"location":null})", R"({"location":""})", R"({"unknown":1})"}) {
    const auto request = ParseTemporaryCredentials(RequestWith(body));
    ASSERT_THAT(request, IsOk()) << body;
    EXPECT_EQ(request->table.ToString(), "s.d.t");
    EXPECT_EQ(request->location, std::nullopt);
  }
  EXPECT_EQ(ParseTemporaryCredentials(RequestWith(R"({"location":"s3://b/t"})"))->location,
            "s3://b/t");
}

TEST(ParseTemporaryCredentials, WhatIsNoObjectOrNoTextIsMalformed) {
  for (const char* body : {"[]", "{", R"({"location":1})"}) {
    EXPECT_THAT(ParseTemporaryCredentials(RequestWith(body)), FailsWith(ErrorCode::kMalformed));
  }
}

}  // namespace
}  // namespace sluice::protocol
