#include "storage/azure/url_signer.h"

#include "base/testing.h"
#include "storage/azure/fake_container_test_support.h"
#include "storage/fake_client_test_support.h"

namespace sluice::storage::azure {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr SystemTime kTen{seconds(1'795'255'200)};  // 2026-11-21T10:00:00Z

constexpr char kLakeUri[] = "abfss://lake@acme.dfs.core.windows.net";

std::string KeyAnswer(std::string_view expiry) {
  return Format(
      "<UserDelegationKey><SignedOid>oid</SignedOid><SignedTid>tid</SignedTid><SignedStart>"
      "2026-11-21T09:55:00Z</SignedStart><SignedExpiry>{}</SignedExpiry><SignedService>b"
      "</SignedService><SignedVersion>2023-11-03</SignedVersion><Value>AAECAwQFBgcICQoLDA0ODw=="
      "</Value></UserDelegationKey>",
      expiry);
}

class AzureSigner : public testing::Test {
 protected:
  SignerTerms Terms(const std::string& public_url = "https://acme.blob.core.windows.net") {
    return {.container = container_,
            .account = "acme",
            .container_name = "lake",
            .public_url = public_url};
  }
  std::shared_ptr<SasKeySource> AccountKey() {
    return std::make_shared<SasKeySource>(
        SasKey(SharedKey::New("acme", Secret("bm8gc2VjcmV0")).value()));
  }
  std::shared_ptr<SasKeySource> DelegationKeys() {
    return std::make_shared<SasKeySource>(
        std::shared_ptr<BlobService>(container_, &container_->service()), clock_);
  }
  Result<std::unique_ptr<SignedUrls>> Prepare(const std::shared_ptr<SasKeySource>& keys,
                                              seconds lifetime = hours(1)) {
    return NewUrlSigner(Terms(), keys)->Prepare(lifetime);
  }

  std::shared_ptr<FakeClient> client_ = std::make_shared<FakeClient>();
  ManualClock clock_{kTen};
  std::shared_ptr<const Container> container_ = NewTestContainer(client_, clock_);
};

TEST_F(AzureSigner, UrlIsThatOfTheBlobEndpoint) {
  const auto urls = Prepare(AccountKey());
  ASSERT_THAT(urls, IsOk());
  EXPECT_EQ((*urls)->expires_at(), kTen + hours(1));
  std::string url = "> ";
  ASSERT_THAT((*urls)->Append("az://lake@acme/t/country=FR/a b+%.parquet", url), IsOk());
  EXPECT_THAT(url, StartsWith("> https://acme.blob.core.windows.net/lake/t/country=FR/"
                              "a%20b%2B%25.parquet?sv=2023-11-03&spr=https&se="
                              "2026-11-21T11%3A00%3A00Z&sr=b&sp=r&sig="));
  EXPECT_THAT((*urls)->Append("az://lake@other/x", url), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT((*urls)->Append("az://lake@acme", url), FailsWith(ErrorCode::kNotFound));
  EXPECT_TRUE(client_->asked().empty());
}

TEST_F(AzureSigner, RecipientsMayHaveAnotherEndpoint) {
  SignerTerms terms = Terms("http://127.0.0.1:10000/acme");
  terms.https_only = false;
  std::string url;
  const auto urls = NewUrlSigner(terms, AccountKey())->Prepare(seconds(60));
  ASSERT_THAT((*urls)->Append("az://lake@acme/x", url), IsOk());
  EXPECT_THAT(url, StartsWith("http://127.0.0.1:10000/acme/lake/x?"));
  EXPECT_THAT(url, HasSubstr("&spr=https%2Chttp&"));
}

TEST_F(AzureSigner, LifetimeIsASecondToAWeek) {
  for (const seconds lifetime : {seconds(0), seconds(-1), seconds(7 * 24 * 3600 + 1)}) {
    EXPECT_THAT(Prepare(AccountKey(), lifetime), FailsWith(ErrorCode::kInvalidArgument));
  }
  EXPECT_THAT(Prepare(AccountKey(), seconds(1)), IsOk());
  EXPECT_THAT(Prepare(AccountKey(), hours(7 * 24)), IsOk());
}

TEST_F(AzureSigner, DelegationKeyIsAskedForOnceADay) {
  client_->Add(200, KeyAnswer("2026-11-28T09:55:00Z"));
  const auto keys = DelegationKeys();
  const auto urls = Prepare(keys);
  ASSERT_THAT(urls, IsOk());
  std::string url;
  ASSERT_THAT((*urls)->Append("az://lake@acme/x", url), IsOk());
  EXPECT_THAT(url, HasSubstr("&sp=r&skoid=oid&sktid=tid&skt=2026-11-21T09%3A55%3A00Z&ske="));
  EXPECT_THAT(Prepare(keys), IsOk());
  EXPECT_EQ(client_->asked().size(), 1U);
  const auto& asked = client_->asked()[0];
  EXPECT_EQ(asked.request.method, "POST");
  EXPECT_EQ(asked.request.url,
            "https://acme.blob.core.windows.net/?restype=service&comp=userdelegationkey");
  EXPECT_THAT(asked.body, HasSubstr("<Start>2026-11-21T09:55:00Z</Start>"
                                    "<Expiry>2026-11-28T09:55:00Z</Expiry>"));
  clock_.Advance(hours(24));
  EXPECT_THAT(Prepare(keys), IsOk());
  EXPECT_EQ(client_->asked().size(), 2U);
}

TEST_F(AzureSigner, UrlEndsWithItsKey) {
  client_->Add(200, KeyAnswer("2026-11-21T10:30:00Z"));
  const auto keys = DelegationKeys();
  const auto urls = Prepare(keys);
  ASSERT_THAT(urls, IsOk());
  EXPECT_EQ((*urls)->expires_at(), kTen + std::chrono::minutes(30));
  clock_.Advance(std::chrono::minutes(40));  // and the service gives no newer one
  EXPECT_THAT(Prepare(keys), FailsWith(ErrorCode::kUnavailable));
}

TEST_F(AzureSigner, WithoutADelegationKeyTheLogSaysWhy) {
  client_->Add(403, "", {{"x-ms-error-code", "AuthorizationPermissionMismatch"}});
  const auto urls = Prepare(DelegationKeys());
  ASSERT_THAT(urls, FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(urls.error().detail, HasSubstr("AuthorizationPermissionMismatch"));
}

TEST_F(AzureSigner, ABadKeyIsNoneAndIsNotRepeated) {
  std::string bad_value = KeyAnswer("2026-11-28T09:55:00Z");
  bad_value.replace(bad_value.find("AAECAw"), 6, "s3cr&amp;");
  for (const std::string& body : {KeyAnswer("soon"), bad_value, std::string("<Error/>"),
                                  std::string("s3cr"), std::string()}) {
    client_ = std::make_shared<FakeClient>();
    container_ = NewTestContainer(client_, clock_);
    client_->Add(200, body);
    const auto urls = Prepare(DelegationKeys());
    ASSERT_THAT(urls, FailsWith(ErrorCode::kUnavailable)) << body;
    EXPECT_THAT(urls.error().ToString(), Not(HasSubstr("s3cr")));
  }
}

TEST_F(AzureSigner, DirectoryIsVendedToBeReadAndListed) {
  const auto vendor = NewVendor(Terms(), AccountKey(), kLakeUri);
  const auto vended = vendor->Vend("az://lake@acme/w/orders", hours(1));
  ASSERT_THAT(vended, IsOk());
  EXPECT_EQ(vended->expires_at, kTen + hours(1));
  EXPECT_THAT(std::get<DirectorySas>(vended->credentials).query.Reveal(),
              HasSubstr("&sr=d&sp=rl&sdd=2&sig="));
  EXPECT_THAT(vendor->UriOf("az://lake@acme/w/orders"),
              IsOkAnd(std::string("abfss://lake@acme.dfs.core.windows.net/w/orders")));
}

TEST_F(AzureSigner, NeitherAWholeContainerNorAnotherIsVended) {
  const auto vendor = NewVendor(Terms(), AccountKey(), kLakeUri);
  EXPECT_THAT(vendor->UriOf("az://lake@acme"), FailsWith(ErrorCode::kUnsupported));
  EXPECT_THAT(vendor->Vend("az://lake@acme", hours(1)), FailsWith(ErrorCode::kUnsupported));
  for (const char* path : {"az://lake@other/w", "az://lak"}) {
    EXPECT_THAT(vendor->UriOf(path), FailsWith(ErrorCode::kInvalidArgument));
    EXPECT_THAT(vendor->Vend(path, hours(1)), FailsWith(ErrorCode::kInvalidArgument));
  }
}

TEST_F(AzureSigner, DirectoryEndsWithItsDelegationKey) {
  client_->Add(200, KeyAnswer("2026-11-21T10:30:00Z"));
  const auto vended =
      NewVendor(Terms(), DelegationKeys(), kLakeUri)->Vend("az://lake@acme/w", hours(1));
  ASSERT_THAT(vended, IsOk());
  EXPECT_EQ(vended->expires_at, kTen + std::chrono::minutes(30));
  const std::string& query = std::get<DirectorySas>(vended->credentials).query.Reveal();
  EXPECT_THAT(query, HasSubstr("&se=2026-11-21T10%3A30%3A00Z&sr=d&sp=rl"));
  EXPECT_THAT(query, HasSubstr("&skoid=oid&sktid=tid"));
}

}  // namespace
}  // namespace sluice::storage::azure
