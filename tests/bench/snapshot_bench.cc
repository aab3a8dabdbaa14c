// Reading a log, and choosing files by a predicate.

#include <benchmark/benchmark.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "delta/delta_table.h"
#include "expr/predicate.h"
#include "storage/object_store.h"
#include "synthetic.h"

namespace sluice {
namespace {

constexpr char kTables[] = SLUICE_SOURCE_DIR "/.cache/bench/v1/";

// Made once for all that read it.
const table::SnapshotPtr& KeptSnapshot(std::int64_t files) {
  static std::map<std::int64_t, table::SnapshotPtr> kept;
  table::SnapshotPtr& snapshot = kept[files];
  if (snapshot == nullptr) snapshot = bench::SyntheticSnapshot(files);
  return snapshot;
}

// Opens a table that make_tables.py made.
void OpenTable(benchmark::State& state, const std::string& name) {
  const std::string root = kTables + name;
  if (!std::filesystem::exists(root)) {
    state.SkipWithError("the table is not there: run ./dev bench first");
    return;
  }
  std::size_t files = 0;
  for (auto _ : state) {
    const auto table = delta::NewDeltaTable(storage::NewLocalStore(), root);
    files = table->Latest().value()->file_count();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(files));
}
BENCHMARK_CAPTURE(OpenTable, checkpoint_10k, "files_10000")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(OpenTable, checkpoint_200k, "files_200000")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(OpenTable, checkpoint_200k_and_1000_commits, "files_200000_tail_1000")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(OpenTable, parts_200k, "files_200000_parts")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(OpenTable, sidecars_200k, "files_200000_v2_parquet")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(OpenTable, commits_200k, "files_200000_commits")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(OpenTable, parsed_stats_200k, "files_200000_stats_parsed")
    ->Unit(benchmark::kMillisecond);

void BuildBlock(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(bench::SyntheticSnapshot(state.range(0)));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BuildBlock)->Arg(10'000)->Unit(benchmark::kMillisecond);

// The first predicate on a column decodes its statistics.
void SelectFirst(benchmark::State& state) {
  for (auto _ : state) {
    state.PauseTiming();
    const table::SnapshotPtr snapshot = bench::SyntheticSnapshot(state.range(0));
    const std::vector<expr::Predicate> predicates = {
        expr::ParseSqlHint("id = 4250", snapshot->metadata().schema).value()};
    state.ResumeTiming();
    benchmark::DoNotOptimize(snapshot->Select(predicates, std::nullopt));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(SelectFirst)->Arg(10'000)->Unit(benchmark::kMillisecond);

void Select(benchmark::State& state, const std::string& sql) {
  const table::SnapshotPtr& snapshot = KeptSnapshot(200'000);
  const std::vector<expr::Predicate> predicates = {
      expr::ParseSqlHint(sql, snapshot->metadata().schema).value()};
  benchmark::DoNotOptimize(snapshot->Select(predicates, std::nullopt));  // as SelectFirst
  for (auto _ : state) benchmark::DoNotOptimize(snapshot->Select(predicates, std::nullopt));
  state.SetItemsProcessed(state.iterations() * 200'000);
}
BENCHMARK_CAPTURE(Select, id, "id = 4250")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(Select, name, "name = 'name-000000004250'")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(Select, partition, "day = '2025-06-01'")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(Select, both, "id < 5000000 AND day = '2025-06-01'")
    ->Unit(benchmark::kMicrosecond);

// What one commit names: a file that it adds, and one of the table's that it removes.
table::Change OneCommit(const table::Snapshot& snapshot) {
  const auto files = static_cast<std::int64_t>(snapshot.file_count());
  const std::string added = bench::PathOf(files);
  const std::string stats = bench::StatsOf(files);
  table::BlockMaker maker;
  maker.Add(added, stats, {{"day", std::string_view(added).substr(4, 10)}});
  return {.version = table::Version(1),
          .metadata = nullptr,
          .protocol = nullptr,
          .added = maker.Finish(snapshot.metadata()),
          .named_files = {{added, ""}, {bench::PathOf(files / 2), ""}}};
}

// The cost of a commit must not depend on the table's size.
void ExtendByOneCommit(benchmark::State& state) {
  const table::SnapshotPtr& snapshot = KeptSnapshot(state.range(0));
  const table::Change change = OneCommit(*snapshot);
  benchmark::DoNotOptimize(snapshot->Extend(change).value());  // as ExtendFirst
  for (auto _ : state) benchmark::DoNotOptimize(snapshot->Extend(change).value());
}
BENCHMARK(ExtendByOneCommit)
    ->Arg(1'000)
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->Unit(benchmark::kMicrosecond);

// The first commit after a table was opened makes the index of its files.
void ExtendFirst(benchmark::State& state) {
  for (auto _ : state) {
    state.PauseTiming();
    const table::SnapshotPtr snapshot = bench::SyntheticSnapshot(state.range(0));
    const table::Change change = OneCommit(*snapshot);
    state.ResumeTiming();
    benchmark::DoNotOptimize(snapshot->Extend(change).value());
  }
}
BENCHMARK(ExtendFirst)->Arg(100'000)->Iterations(5)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sluice
