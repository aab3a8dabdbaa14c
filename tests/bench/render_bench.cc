// What a query costs for each file: its line, its URL, and both together as an answer has them.

#include <benchmark/benchmark.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/clock.h"
#include "base/secret.h"
#include "protocol/table_lines.h"
#include "sharing/answer.h"
#include "sharing/file_lines.h"
#include "storage/data_path.h"
#include "storage/file_url.h"
#include "synthetic.h"

namespace sluice {
namespace {

constexpr char kRoot[] = "/srv/warehouse/orders";
constexpr std::int64_t kFiles = 10'000;

storage::PreparedFileUrls PrepareUrls() {
  static SystemClock clock;
  static const storage::FileUrlSigner signer(Secret(std::string(32, 'k')), clock);
  return signer.Prepare({.base_url = "http://127.0.0.1:8080/delta-sharing",
                         .recipient = "me",
                         .share = "retail",
                         .schema = "default",
                         .table = "orders"},
                        std::chrono::hours(1));
}

void AppendFileUrl(benchmark::State& state) {
  const storage::PreparedFileUrls urls = PrepareUrls();
  const storage::DataPath path{.path = bench::PathOf(4'250)};
  std::string out;
  for (auto _ : state) {
    out.clear();
    urls.Append(path, out);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(AppendFileUrl);

void ResolveDataPath(benchmark::State& state) {
  const std::string path = bench::PathOf(4'250);
  for (auto _ : state) benchmark::DoNotOptimize(storage::ResolveDataPath(kRoot, path));
}
BENCHMARK(ResolveDataPath);

void RenderLines(benchmark::State& state, protocol::ResponseFormat format,
                 protocol::FileIdHash id_hash) {
  const table::SnapshotPtr snapshot = bench::SyntheticSnapshot(kFiles);
  const table::FileSelection selection = snapshot->Select({}, std::nullopt);
  const protocol::FileLineRenderer renderer({.format = format, .id_hash = id_hash});
  std::string out;
  for (auto _ : state) {
    out.clear();
    table::FileCursor cursor(selection);
    while (cursor.Next()) {
      renderer.Append(
          {.block = cursor.block(), .row = cursor.row(), .escaped_stats = cursor.EscapedStats()},
          [](std::string& line) { line += "https://example.com/"; }, [](std::string&) {}, out);
    }
  }
  state.SetItemsProcessed(state.iterations() * kFiles);
}
BENCHMARK_CAPTURE(RenderLines, parquet, protocol::ResponseFormat::kParquet,
                  protocol::FileIdHash::kParquet)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(RenderLines, delta, protocol::ResponseFormat::kDelta,
                  protocol::FileIdHash::kDelta)
    ->Unit(benchmark::kMillisecond);

void RenderAnswer(benchmark::State& state) {
  const table::SnapshotPtr snapshot = bench::SyntheticSnapshot(kFiles);
  std::string part;
  for (auto _ : state) {
    sharing::LineContext context{.table_root = kRoot,
                                 .links = sharing::LinksThroughServer(PrepareUrls()),
                                 .renderer = protocol::FileLineRenderer({})};
    auto body = sharing::RenderAnswer(
        {.files = sharing::SnapshotLines(snapshot->Select({}, std::nullopt), std::move(context),
                                         /*commit=*/std::nullopt, /*page=*/{})});
    auto& source = std::get<std::unique_ptr<http::BodySource>>(*body);
    do {
      if (!source->Next(part).ok()) state.SkipWithError("the answer broke off");
    } while (!part.empty());
  }
  state.SetItemsProcessed(state.iterations() * kFiles);
}
BENCHMARK(RenderAnswer)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sluice
