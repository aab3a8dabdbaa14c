// What a URL costs that a store's own scheme signs: one for each file of an answer. Each URL is
// counted as an item, so that items a second are URLs a second of one core.

#include <benchmark/benchmark.h>

#include <chrono>
#include <string>

#include "base/clock.h"
#include "crypto/rsa.h"
#include "crypto/testing.h"
#include "storage/azure/sas.h"
#include "storage/azure/shared_key.h"
#include "storage/gcs/v4_signature.h"
#include "storage/s3/signature.h"
#include "synthetic.h"

namespace sluice {
namespace {

constexpr SystemTime kNow{std::chrono::hours(500'000)};

std::string Key() { return "warehouse/retail/orders/" + bench::PathOf(4'250); }

/// Has `append` make one URL after the other.
template <typename Append>
void Sign(benchmark::State& state, const Append& append) {
  std::string out;
  for (auto _ : state) {
    out.clear();
    append(out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations());
}

/// `token_bytes` of a session's token: none for a key that lasts, some hundreds for a role's.
void SignS3Url(benchmark::State& state) {
  const storage::s3::Credentials credentials = {
      .access_key_id = "AKIAIOSFODNN7EXAMPLE",
      .secret_access_key = Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
      .session_token = Secret(std::string(static_cast<std::size_t>(state.range(0)), 't'))};
  const storage::s3::UrlPresigner presigner(
      {.origin = "https://lake.s3.eu-west-1.amazonaws.com",
       .base_path = "",
       .lifetime = std::chrono::hours(1)},
      {.credentials = credentials, .region = "eu-west-1", .service = "s3", .time = kNow});
  const std::string key = Key();
  Sign(state, [&](std::string& out) { presigner.Append(key, out); });
}
BENCHMARK(SignS3Url)->ArgName("token_bytes")->Arg(0)->Arg(800);

void SignAzureSas(benchmark::State& state) {
  const storage::azure::SasKey key(
      storage::azure::SharedKey::New("acme", Secret("bm8gc2VjcmV0")).value());
  const storage::azure::BlobSas sas(
      key, {.account = "acme", .container = "lake", .expires_at = kNow + std::chrono::hours(1)});
  const std::string blob = Key();
  Sign(state, [&](std::string& out) { sas.Append(blob, out); });
}
BENCHMARK(SignAzureSas);

/// A link that is signed anew: those of a repeated query are kept.
void SignGoogleUrl(benchmark::State& state) {
  const auto account = crypto::RsaPrivateKey::FromPem(Secret(crypto::kTestRsaPrivateKey));
  const storage::gcs::V4Signature urls({.base_url = "https://storage.googleapis.com",
                                        .bucket = "lake",
                                        .client_email = "reader@acme.iam.gserviceaccount.com",
                                        .signed_at = kNow,
                                        .lifetime = std::chrono::hours(1)});
  const std::string key = Key();
  Sign(state, [&](std::string& out) {
    const auto signature = account->SignSha256(urls.StringToSign(key));
    urls.AppendUrl(key, *signature, out);
  });
}
BENCHMARK(SignGoogleUrl);

}  // namespace
}  // namespace sluice
