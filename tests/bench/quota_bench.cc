// What a check of quotas costs a request.

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "audit/quota.h"
#include "base/clock.h"
#include "base/format.h"

namespace sluice::audit {
namespace {

using catalog::Measure;
using catalog::Quota;
using catalog::Window;

constexpr std::string_view kRecipient = "6f1e0f0e-4c3a-5f9b-9a52-0c6f1ce0a001";
constexpr std::string_view kShare = "6f1e0f0e-4c3a-5f9b-9a52-0c6f1ce0b001";

std::vector<Quota> RateAndDay(std::string recipient) {
  return {{.id = recipient + "-1",
           .recipient_id = recipient,
           .window = Window::kSecond,
           .limit = Quotas::kMaxLimit},
          {.id = recipient + "-2",
           .recipient_id = recipient,
           .window = Window::kDay,
           .limit = Quotas::kMaxLimit}};
}

void Run(benchmark::State& state, std::vector<Quota> quotas) {
  const SystemClock clock;
  Quotas checked(clock);
  checked.SetLimits(std::move(quotas));
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        checked.AdmitRequest({.recipient_id = kRecipient, .share_id = kShare}).ok());
  }
}

void NoQuotas(benchmark::State& state) { Run(state, {}); }
void QuotasOfOthers(benchmark::State& state) {
  std::vector<Quota> quotas;
  for (int i = 0; i < 1'000; ++i) {
    for (Quota& quota : RateAndDay(Format("other-{}", i))) quotas.push_back(std::move(quota));
  }
  Run(state, std::move(quotas));
}
void TwoQuotas(benchmark::State& state) { Run(state, RateAndDay({})); }
void TwoOwnQuotasAmongThousands(benchmark::State& state) {
  std::vector<Quota> quotas = RateAndDay(std::string(kRecipient));
  for (int i = 0; i < 1'000; ++i) {
    for (Quota& quota : RateAndDay(Format("other-{}", i))) quotas.push_back(std::move(quota));
  }
  Run(state, std::move(quotas));
}

BENCHMARK(NoQuotas);
BENCHMARK(QuotasOfOthers);
BENCHMARK(TwoQuotas);
BENCHMARK(TwoOwnQuotasAmongThousands);

}  // namespace
}  // namespace sluice::audit
