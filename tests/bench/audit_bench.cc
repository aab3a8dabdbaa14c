// The audit journal: a record's text, and records a second with their writers waiting.

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "audit/journal.h"
#include "audit/record_test_support.h"
#include "base/check.h"

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

/// A journal in a folder of its own, on the disk of the build folder: /tmp may be memory.
class OpenJournal {
 public:
  OpenJournal() {
    std::string pattern = "./audit_bench_XXXXXX";
    CHECK(::mkdtemp(pattern.data()) != nullptr, "a folder for the benchmark");
    folder_ = pattern;
    const auto key = crypto::SigningKey::FromSeed(Secret(std::string(32, 'k'))).value();
    journal_ =
        audit::Journal::Open({.directory = folder_ + "/audit", .node = "node-1"}, key, clock_)
            .value();
  }
  ~OpenJournal() {
    journal_.reset();
    std::filesystem::remove_all(folder_);
  }
  audit::Journal& journal() { return *journal_; }

 private:
  SystemClock clock_;
  std::string folder_;
  std::unique_ptr<audit::Journal> journal_;
};

std::unique_ptr<OpenJournal> open_journal;

void OpenIt(const benchmark::State&) { open_journal = std::make_unique<OpenJournal>(); }
void CloseIt(const benchmark::State&) { open_journal.reset(); }

void AuditAppend(benchmark::State& state) {
  const audit::Record record = audit::TypicalRecord();
  for (auto _ : state) {
    CHECK(open_journal->journal().Append(record).ok(), "the disk has room");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(AuditAppend)
    ->Setup(OpenIt)
    ->Teardown(CloseIt)
    ->UseRealTime()
    ->Threads(1)
    ->Threads(4)
    ->Threads(16)
    ->Threads(64);

void AuditAppendUnsynced(benchmark::State& state) {
  const audit::Record record = audit::TypicalRecord();
  for (auto _ : state) {
    while (!open_journal->journal().AppendUnsynced(record).ok()) {  // faster than the disk
      open_journal->journal().WaitBeyond(open_journal->journal().size(), std::chrono::seconds(1));
    }
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(AuditAppendUnsynced)->Setup(OpenIt)->Teardown(CloseIt)->UseRealTime()->Threads(1)->Threads(2);

}  // namespace
}  // namespace sluice
