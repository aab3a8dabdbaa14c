// The audit journal: a record's text, and records a second with their writers waiting.

#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "audit/journal.h"
#include "audit/record_test_support.h"
#include "base/check.h"
#include "bench_folder.h"

namespace sluice {
namespace {

void AuditEncode(benchmark::State& state) {
  const audit::Record record = audit::TypicalRecord();
  std::string out;
  for (auto _ : state) {
    out.clear();
    audit::AppendRecordHead("node-1", state.iterations(), out);
    audit::AppendRecordBody(record, out);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(AuditEncode);

void AuditDecode(benchmark::State& state) {
  const std::string line = audit::EncodeRecord("node-1", 1'234'567, audit::TypicalRecord());
  for (auto _ : state) benchmark::DoNotOptimize(audit::DecodeRecord(line).ok());
}
BENCHMARK(AuditDecode);

std::unique_ptr<BenchFolder> folder;

void OpenIt(const benchmark::State& state) {
  folder = std::make_unique<BenchFolder>(std::chrono::microseconds(state.range(0)));
}
void CloseIt(const benchmark::State&) { folder.reset(); }

/// The argument: by how many microseconds each sync takes longer than this machine's.
void AuditAppend(benchmark::State& state) {
  const audit::Record record = audit::TypicalRecord();
  for (auto _ : state) {
    CHECK(folder->journal().Append(record).ok(), "the disk has room");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(AuditAppend)
    ->Setup(OpenIt)
    ->Teardown(CloseIt)
    ->UseRealTime()
    ->ArgName("sync_us")
    ->Arg(0)
    ->Arg(1'000)
    ->Arg(10'000)
    ->Threads(1)
    ->Threads(16)
    ->Threads(64);

void AuditAppendUnsynced(benchmark::State& state) {
  const audit::Record record = audit::TypicalRecord();
  for (auto _ : state) {
    while (!folder->journal().AppendUnsynced(record).ok()) {  // faster than the disk
      folder->journal().WaitBeyond(folder->journal().size(), std::chrono::seconds(1));
    }
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(AuditAppendUnsynced)
    ->Setup(OpenIt)
    ->Teardown(CloseIt)
    ->UseRealTime()
    ->ArgName("sync_us")
    ->Arg(0)
    ->Threads(1)
    ->Threads(2);

}  // namespace
}  // namespace sluice
