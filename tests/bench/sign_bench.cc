// What a URL costs that a store's own scheme signs: one for each file of an answer.

#include <benchmark/benchmark.h>

#include <chrono>
#include <string>

#include "base/clock.h"
#include "storage/s3/signature.h"
#include "synthetic.h"

namespace sluice {
namespace {

/// `token_bytes` of a session's token: none for a key that lasts, some hundreds for a role's.
void SignS3Url(benchmark::State& state) {
  const storage::s3::Credentials credentials = {
      .access_key_id = "AKIAIOSFODNN7EXAMPLE",
      .secret_access_key = Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
      .session_token = Secret(std::string(static_cast<std::size_t>(state.range(0)), 't'))};
  const storage::s3::UrlPresigner presigner({.origin = "https://lake.s3.eu-west-1.amazonaws.com",
                                             .base_path = "",
                                             .lifetime = std::chrono::hours(1)},
                                            {.credentials = credentials,
                                             .region = "eu-west-1",
                                             .service = "s3",
                                             .time = SystemTime(std::chrono::hours(500'000))});
  const std::string key = "warehouse/retail/orders/" + bench::PathOf(4'250);
  std::string out;
  for (auto _ : state) {
    out.clear();
    presigner.Append(key, out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(SignS3Url)->ArgName("token_bytes")->Arg(0)->Arg(800);

}  // namespace
}  // namespace sluice
