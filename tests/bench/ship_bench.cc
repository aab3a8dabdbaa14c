// Shipping of audit records: how many a second reach a database, a file, a table. PostgreSQL is
// that of SLUICE_TEST_POSTGRES; tests/stores/run_catalog_contract.py starts one.

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "audit/delta_sink.h"
#include "audit/json_lines_sink.h"
#include "audit/recipient_tables.h"
#include "audit/record_store.h"
#include "audit/record_test_support.h"
#include "base/check.h"
#include "bench_folder.h"
#include "db/database.h"

namespace sluice {
namespace {

constexpr int kBatch = 8'192;
constexpr int kLargeBatch = 32'768;  // about the 16 MiB that a table takes at once

/// Records as 1,000 recipients with 6 tables each make them.
std::vector<std::string> MakeBatch(audit::Sequence first, int count) {
  std::vector<std::string> records;
  for (int i = 0; i < count; ++i) {
    const audit::Sequence number = first + i;
    // Ids of a server follow each other.
    audit::Record record = audit::TypicalRecord(Format("{:016x}", 0x4f1c2a9be0000000 + number));
    record.time += std::chrono::milliseconds(number / 20);
    record.recipient = Format("recipient-{}", number * 7 % 1'000);
    record.object = Format("sales.retail.table_{}", number % 6);
    records.push_back(audit::EncodeRecord("node-1", number, record));
  }
  return records;
}

void Ship(benchmark::State& state, audit::Destination& destination, int batch = kBatch) {
  audit::Sequence next = destination.Next().value();
  for (auto _ : state) {
    state.PauseTiming();
    const std::vector<std::string> records = MakeBatch(next, batch);
    state.ResumeTiming();
    const auto taken = destination.Take(next, records);
    CHECK(taken.ok(), taken.ok() ? "" : taken.error().ToString().c_str());
    next += batch;
  }
  state.counters["records/s"] = benchmark::Counter(static_cast<double>(state.iterations() * batch),
                                                   benchmark::Counter::kIsRate);
}

void ShipToSqlite(benchmark::State& state) {
  BenchFolder folder;
  const auto database =
      db::OpenSqlite({.path = folder.path() + "/audit.db", .cache_bytes = 64 << 20}).value();
  Ship(state, *audit::NewRecordStore(*database, folder.journal(), {.node = "node-1"}));
}
BENCHMARK(ShipToSqlite)->Iterations(60)->UseRealTime()->Unit(benchmark::kMillisecond);

void ShipToPostgres(benchmark::State& state) {
  const char* const url = std::getenv("SLUICE_TEST_POSTGRES");
  if (url == nullptr) return state.SkipWithError("SLUICE_TEST_POSTGRES names no server");
  BenchFolder folder;
  const auto database = db::OpenPostgres({.url = Secret(url)}).value();
  Ship(state, *audit::NewRecordStore(*database, folder.journal(), {.node = "node-1"}));
}
BENCHMARK(ShipToPostgres)->Iterations(60)->UseRealTime()->Unit(benchmark::kMillisecond);

void ShipToFile(benchmark::State& state) {
  BenchFolder folder;
  Ship(state, *audit::NewJsonLinesSink({.path = folder.path() + "/audit.jsonl", .node = "node-1"},
                                       folder.clock()));
}
BENCHMARK(ShipToFile)->Iterations(60)->UseRealTime()->Unit(benchmark::kMillisecond);

void ShipToDeltaTable(benchmark::State& state) {
  BenchFolder folder;
  Ship(state, *audit::NewDeltaSink({.folder = folder.path() + "/table", .node = "node-1"},
                                   folder.clock()));
}
BENCHMARK(ShipToDeltaTable)->Iterations(60)->UseRealTime()->Unit(benchmark::kMillisecond);

void ShipToRecipientTables(benchmark::State& state) {
  BenchFolder folder;
  Ship(state,
       *audit::NewRecipientTables({.folder = folder.path() + "/tables", .node = "node-1"},
                                  folder.clock()),
       kLargeBatch);
}
BENCHMARK(ShipToRecipientTables)->Iterations(6)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sluice
