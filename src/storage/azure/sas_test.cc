#include "storage/azure/sas.h"

#include "base/testing.h"

namespace sluice::storage::azure {
namespace {

constexpr char kKey[] =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
constexpr SystemTime kEleven{std::chrono::seconds(1'795'258'800)};  // 2026-11-21T11:00:00Z

SasKey AccountKey(const std::string& account) {
  return SasKey(SharedKey::New(account, Secret(kKey)).value());
}

UserDelegationKey DelegationKey() {
  return {.object_id = "00000000-1111-2222-3333-444444444444",
          .tenant_id = "55555555-6666-7777-8888-999999999999",
          .starts_at = "2026-11-21T09:55:00Z",
          .expires_at = "2026-11-28T09:55:00Z",
          .service = "b",
          .version = "2023-11-03",
          .value = Secret("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")};
}

SasTerms Terms(std::string account) {
  return {.account = std::move(account), .container = "lake", .expires_at = kEleven};
}

std::string Sign(const SasKey& key, const SasTerms& terms, std::string_view blob) {
  std::string query;
  BlobSas(key, terms).Append(blob, query);
  return query;
}

// The signatures are those of Microsoft's Python libraries for the same terms: azure-storage-blob
// 12.19.1 and azure-storage-file-datalake 12.14.0, which write version 2023-11-03.
TEST(Sas, ReadsOneBlobByTheAccountsKey) {
  EXPECT_EQ(Sign(AccountKey("devstoreaccount1"), Terms("devstoreaccount1"),
                 "sales/country=FR/part 1+\xc3\xa9.parquet"),
            "sv=2023-11-03&spr=https&se=2026-11-21T11%3A00%3A00Z&sr=b&sp=r"
            "&sig=0GT9%2F8eUuJyTvWqWiufqy8Mg49Dj4%2F3w2atha4scR8g%3D");
}

TEST(Sas, ReadsOneBlobByAUserDelegationKey) {
  const SasKey key = SasKey::New(DelegationKey()).value();
  EXPECT_EQ(Sign(key, Terms("acme"), "sales/part-0.parquet"),
            "sv=2023-11-03&spr=https&se=2026-11-21T11%3A00%3A00Z&sr=b&sp=r"
            "&skoid=00000000-1111-2222-3333-444444444444"
            "&sktid=55555555-6666-7777-8888-999999999999&skt=2026-11-21T09%3A55%3A00Z"
            "&ske=2026-11-28T09%3A55%3A00Z&sks=b&skv=2023-11-03"
            "&sig=bEpR6450d2Xh8vUcF8%2FrNPkOmiNGDmPIsHTvDySAlQQ%3D");
  EXPECT_EQ(key.expires_at(), kEleven + std::chrono::hours(7 * 24) - std::chrono::minutes(65));
}

TEST(Sas, ListsAndReadsADirectoryByTheAccountsKey) {
  EXPECT_EQ(SignDirectory(AccountKey("acme"), Terms("acme"), "warehouse/sales/orders"),
            "sv=2023-11-03&spr=https&se=2026-11-21T11%3A00%3A00Z&sr=d&sp=rl&sdd=3"
            "&sig=1HG7XRD3aPCz8vyCpPig7GjIoIB1d1pr77AkLhIY8XY%3D");
}

TEST(Sas, ListsAndReadsADirectoryByAUserDelegationKey) {
  EXPECT_EQ(
      SignDirectory(SasKey::New(DelegationKey()).value(), Terms("acme"), "warehouse/sales/orders"),
      "sv=2023-11-03&spr=https&se=2026-11-21T11%3A00%3A00Z&sr=d&sp=rl&sdd=3"
      "&skoid=00000000-1111-2222-3333-444444444444"
      "&sktid=55555555-6666-7777-8888-999999999999&skt=2026-11-21T09%3A55%3A00Z"
      "&ske=2026-11-28T09%3A55%3A00Z&sks=b&skv=2023-11-03"
      "&sig=qr6pumCpNCYYGD%2Fxlonu9M2PJuLldZKgbMo5647n06o%3D");
}

TEST(Sas, AllowsPlainHttpOnlyWhereAsked) {
  SasTerms terms = Terms("acme");
  terms.https_only = false;
  EXPECT_THAT(Sign(AccountKey("acme"), terms, "x"), testing::HasSubstr("spr=https%2Chttp&"));
}

TEST(Sas, DiffersByBlobAccountContainerAndEnd) {
  const SasKey key = AccountKey("acme");
  const std::string first = Sign(key, Terms("acme"), "a/b");
  SasTerms other_container = Terms("acme");
  other_container.container = "lake2";
  SasTerms later = Terms("acme");
  later.expires_at += std::chrono::seconds(1);
  for (const std::string& other :
       {Sign(key, Terms("acme"), "a/c"), Sign(key, Terms("acme2"), "a/b"),
        Sign(key, other_container, "a/b"), Sign(key, later, "a/b")}) {
    EXPECT_NE(first.substr(first.find("&sig=")), other.substr(other.find("&sig=")));
  }
}

TEST(Sas, RefusesADelegationKeyThatIsNone) {
  UserDelegationKey no_end = DelegationKey();
  no_end.expires_at = "soon";
  UserDelegationKey no_key = DelegationKey();
  no_key.value = Secret("s3cret!");
  for (const UserDelegationKey& key : {no_end, no_key}) {
    const auto made = SasKey::New(key);
    ASSERT_THAT(made, FailsWith(ErrorCode::kCorruptData));
    EXPECT_THAT(made.error().ToString(), testing::Not(testing::HasSubstr("s3cret")));
  }
}

}  // namespace
}  // namespace sluice::storage::azure
