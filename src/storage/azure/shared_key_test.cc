#include "storage/azure/shared_key.h"

#include "base/testing.h"

namespace sluice::storage::azure {
namespace {

// That of the emulator, which is no secret (Azurite, "Default storage account").
constexpr char kKey[] =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

http::ClientRequest Request(std::string method, std::string url, std::string version,
                            std::string date = "Sat, 21 Nov 2026 10:00:00 GMT") {
  http::ClientRequest request{.method = std::move(method), .url = std::move(url)};
  request.headers.Add("x-ms-version", std::move(version));
  request.headers.Add("x-ms-date", std::move(date));
  return request;
}

std::string Authorization(const std::string& account, const http::ClientRequest& request) {
  return SharedKey::New(account, Secret(kKey)).value().Authorization(request).value();
}

// "Authorize with Shared Key" gives these strings, but not the key of their signatures.
TEST(SharedKeyStringToSign, IsThatOfTheDocumentedContainerRequest) {
  const auto request = Request("GET",
                               "https://myaccount.blob.core.windows.net/mycontainer?restype="
                               "container&comp=metadata&timeout=20",
                               "2015-02-21", "Fri, 26 Jun 2015 23:39:12 GMT");
  EXPECT_THAT(
      SharedKeyStringToSign("myaccount", request),
      IsOkAnd(std::string(
          "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:"
          "2015-02-21\n/myaccount/mycontainer\ncomp:metadata\nrestype:container\n"
          "timeout:20")));
}

TEST(SharedKeyStringToSign, LeavesOutTheLengthOfAnEmptyBody) {
  http::ClientRequest request{.method = "PUT",
                              .url = "http://myaccount/mycontainer?restype=container&timeout=30"};
  request.headers.Add("x-ms-version", "2015-02-21");
  request.headers.Add("x-ms-date", "Fri, 26 Jun 2015 23:39:12 GMT");
  EXPECT_THAT(
      SharedKeyStringToSign("myaccount", request),
      IsOkAnd(std::string(
          "PUT\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:"
          "2015-02-21\n/myaccount/mycontainer\nrestype:container\ntimeout:30")));
}

TEST(SharedKeyStringToSign, SortsLowersAndTrims) {
  http::ClientRequest request{.method = "GET", .url = "https://host?Zeta=%2Fz&alpha=a%20b"};
  request.headers.Add("X-Ms-B", " 2 ");
  request.headers.Add("x-ms-a", "1");
  request.headers.Add("Accept", "nothing");
  EXPECT_THAT(SharedKeyStringToSign("acme", request),
              IsOkAnd(std::string("GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-a:1\nx-ms-b:2\n/acme/\n"
                                  "alpha:a b\nzeta:/z")));
  request.url = "https://host/?a=%2";
  EXPECT_THAT(SharedKeyStringToSign("acme", request), FailsWith(ErrorCode::kInvalidArgument));
}

// The signatures that follow are those of Microsoft's Python library, azure-storage-blob 12.19.1.
TEST(SharedKey, SignsAList) {
  EXPECT_EQ(
      Authorization("acme",
                    Request("GET",
                            "https://acme.blob.core.windows.net/lake?restype=container&comp=list"
                            "&prefix=sales%2F_delta_log%2F&delimiter=%2F&startFrom="
                            "sales%2F_delta_log%2F00000000000000000012.json&maxresults=1001"
                            "&include=metadata",
                            "2026-02-06")),
      "SharedKey acme:AuiXtMuzJekb6Teldf0qVRcIHeBEl/OUZCpgogEK4K0=");
}

TEST(SharedKey, SignsARangeOfABlobBelowTheAccountsPath) {
  auto request = Request(
      "GET", "http://127.0.0.1:10000/devstoreaccount1/lake/sales/part%200.parquet", "2023-11-03");
  request.headers.Add("x-ms-range", "bytes=0-99");
  request.headers.Add("If-Match", "\"0x8D1\"");
  EXPECT_EQ(Authorization("devstoreaccount1", request),
            "SharedKey devstoreaccount1:v6gnKuKOkWI6sDc9RoW6JCohKaoky2Jln7gnrOME5Fk=");
}

TEST(SharedKey, SignsAPutWithTheLengthOfItsBody) {
  auto request = Request("PUT", "https://acme.blob.core.windows.net/lake/log/1", "2023-11-03");
  request.headers.Add("x-ms-blob-type", "BlockBlob");
  request.headers.Add("If-None-Match", "*");
  request.headers.Add("Content-Type", "application/octet-stream");
  request.body = "abc";
  EXPECT_EQ(Authorization("acme", request),
            "SharedKey acme:XuJEd5+xzubHJ78aJs70SqwCaW1JxQtRvM2DvqbYi/0=");
}

TEST(SharedKey, SignsAHead) {
  EXPECT_EQ(Authorization("acme", Request("HEAD", "https://acme.blob.core.windows.net/lake/log/1",
                                          "2023-11-03")),
            "SharedKey acme:mYwMc9cSjT75YuM7cA+oPEiZ46aL6MIBts8J+5iqHZE=");
}

TEST(SharedKey, RefusesAKeyThatIsNone) {
  for (const char* key : {"", "no?key", "Zg", "===="}) {
    const auto made = SharedKey::New("acme", Secret(key));
    ASSERT_THAT(made, FailsWith(ErrorCode::kInvalidArgument));
    if (*key != '\0') {
      EXPECT_THAT(made.error().ToString(), testing::Not(testing::HasSubstr(key)));
    }
  }
}

}  // namespace
}  // namespace sluice::storage::azure
