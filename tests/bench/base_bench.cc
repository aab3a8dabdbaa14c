// Hashes and encodings, at the sizes that a query meets: a path of 90 bytes, statistics of 300.

#include <benchmark/benchmark.h>

#include <string>

#include "base/encoding.h"
#include "base/json.h"
#include "crypto/hash.h"
#include "crypto/hmac.h"
#include "synthetic.h"

namespace sluice {
namespace {

/// Runs `append(std::string& out)`, which reads `input`.
template <typename Append>
void Measure(benchmark::State& state, const std::string& input, Append&& append) {
  std::string out;
  for (auto _ : state) {
    out.clear();
    append(out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(input.size()));
}

void Md5Hex(benchmark::State& state) {
  const std::string path = bench::PathOf(4'250);
  Measure(state, path, [&](std::string& out) { crypto::AppendMd5Hex(path, out); });
}
BENCHMARK(Md5Hex);

void Sha256Hex(benchmark::State& state) {
  const std::string path = bench::PathOf(4'250);
  Measure(state, path, [&](std::string& out) { crypto::AppendSha256Hex(path, out); });
}
BENCHMARK(Sha256Hex);

void HmacSha256(benchmark::State& state) {
  const crypto::HmacSha256Key key(std::string(32, 'k'));
  const std::string path = bench::PathOf(4'250);
  for (auto _ : state) benchmark::DoNotOptimize(key.Mac({path, "&X-Amz-Expires=3600"}));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(path.size()));
}
BENCHMARK(HmacSha256);

void JsonEscape(benchmark::State& state) {
  const std::string stats = bench::StatsOf(4'250);
  Measure(state, stats, [&](std::string& out) { AppendJsonEscaped(stats, out); });
}
BENCHMARK(JsonEscape);

void PercentEncode(benchmark::State& state) {
  const std::string path = bench::PathOf(4'250);
  Measure(state, path, [&](std::string& out) { AppendPercentEncoded(path, "/", out); });
}
BENCHMARK(PercentEncode);

void Base64Url(benchmark::State& state) {
  const std::string mac(16, '\xa5');
  Measure(state, mac, [&](std::string& out) { AppendBase64Url(mac, out); });
}
BENCHMARK(Base64Url);

}  // namespace
}  // namespace sluice
