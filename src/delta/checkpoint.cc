#include "delta/checkpoint.h"

#include <algorithm>
#include <deque>
#include <future>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "columnar/parquet_reader.h"
#include "delta/checkpoint_rows_internal.h"
#include "delta/sidecar.h"
#include "observe/trace.h"
#include "storage/parts_ahead.h"

namespace sluice::delta {
namespace {

constexpr std::uint64_t kMaxJsonBytes = std::uint64_t{4} << 30;
constexpr std::size_t kMaxSidecars = 100'000;

// Which actions of a Parquet file are asked for.
enum class Content { kCheckpoint, kFilesOnly };

// Statistics come as text or as columns; text, where there is some, saves decoding and rendering
// the columns.
enum class StatsColumn { kText, kParsed };

bool IsWanted(std::string_view leaf, Content content, StatsColumn stats) {
  if (leaf.starts_with("add.stats_parsed.")) return stats == StatsColumn::kParsed;
  if (leaf.starts_with("add.partitionValues_parsed.")) return false;
  if (leaf.starts_with("add.")) return true;
  if (content == Content::kFilesOnly) return false;
  return leaf.starts_with("metaData.") || leaf.starts_with("protocol.") || leaf == "sidecar.path";
}

Result<StatsColumn> ChooseStats(std::shared_ptr<const storage::RandomAccessObject> object,
                                const std::string& path) {
  const auto leaves = TRY(columnar::ReadParquetLeaves(std::move(object), path));
  const bool has_text =
      std::any_of(leaves.begin(), leaves.end(), [](const columnar::ParquetLeaf& leaf) {
        return leaf.path == "add.stats" && leaf.has_values;
      });
  return has_text ? StatsColumn::kText : StatsColumn::kParsed;
}

Result<void> ReadBatches(columnar::ParquetReader& reader, ActionSink& sink) {
  const auto read_next = observe::InCurrentTrace([&] { return reader.Next(); });
  auto next = std::async(std::launch::async, read_next);
  while (true) {
    const std::optional<columnar::Batch> batch = TRY(next.get());
    if (!batch) return {};
    next = std::async(std::launch::async, read_next);
    TRY(SinkBatch(*batch, sink));
  }
}

Error InFile(Error error, const std::string& path) {
  const bool is_fault_of_file = error.code == ErrorCode::kCorruptData && error.detail.empty();
  if (!is_fault_of_file) return error;
  return WithDetail(CorruptData("the table's checkpoint cannot be read"),
                    Format("{}: {}", path, error.message));
}

using ReaderPointer = std::unique_ptr<columnar::ParquetReader>;

Result<ReaderPointer> OpenParquet(storage::ObjectStore& store, const std::string& path,
                                  Content content) {
  const std::shared_ptr<const storage::RandomAccessObject> object =
      TRY(storage::OpenAhead(store, path));
  const StatsColumn stats = TRY(ChooseStats(object, path));
  return columnar::ParquetReader::Open(object, path, {.select_leaf = [&](std::string_view leaf) {
                                         return IsWanted(leaf, content, stats);
                                       }});
}

// One file after the other. Opening takes requests, so it is done ahead for a remote store.
Result<void> ReadParquets(storage::ObjectStore& store, const std::vector<std::string>& paths,
                          Content content, ActionSink& sink) {
  const auto launch =
      store.is_remote() && paths.size() > 1 ? std::launch::async : std::launch::deferred;
  std::deque<std::future<Result<ReaderPointer>>> opened;
  std::size_t next = 0;
  for (const std::string& path : paths) {
    for (; next < paths.size() && opened.size() <= kFilesAhead; ++next) {
      opened.push_back(
          std::async(launch, observe::InCurrentTrace([&store, &name = paths[next], content] {
                       return OpenParquet(store, name, content);
                     })));
    }
    const ReaderPointer reader = TRY(opened.front().get());
    opened.pop_front();
    auto read = ReadBatches(*reader, sink);
    if (!read.ok()) return InFile(std::move(read).error(), path);
  }
  return {};
}

// Hands on what a checkpoint says itself, and keeps the sidecars that say the rest.
class TopLevel final : public ActionSink {
 public:
  TopLevel(std::string_view log_directory, ActionSink& sink)
      : log_directory_(log_directory), sink_(sink) {}

  Result<void> OnProtocol(table::Protocol protocol) override {
    return sink_.OnProtocol(std::move(protocol));
  }
  Result<void> OnMetadata(table::Metadata metadata) override {
    return sink_.OnMetadata(std::move(metadata));
  }
  Result<void> OnAdd(const table::DataFile& file) override { return sink_.OnAdd(file); }
  Result<void> OnRemove(const table::DataFile& /*file*/) override { return {}; }
  Result<void> OnSidecar(std::string_view path) override {
    if (sidecars_.size() == kMaxSidecars)
      return CorruptData("more than {} sidecars are named", kMaxSidecars);
    sidecars_.push_back(TRY(ResolveSidecar(log_directory_, path)));
    return {};
  }

  /// Paths in the store, each once.
  std::vector<std::string> TakeSidecars() && {
    std::sort(sidecars_.begin(), sidecars_.end());
    sidecars_.erase(std::unique(sidecars_.begin(), sidecars_.end()), sidecars_.end());
    return std::move(sidecars_);
  }

 private:
  const std::string_view log_directory_;
  ActionSink& sink_;
  std::vector<std::string> sidecars_;
};

}  // namespace

Result<void> ReadCheckpoint(storage::ObjectStore& store, const std::string& log_directory,
                            const std::vector<std::string>& names, ActionSink& sink) {
  TopLevel top_level(log_directory, sink);
  std::vector<std::string> parquets;
  for (const std::string& name : names) {
    const std::string path = log_directory + "/" + name;
    if (!name.ends_with(".json")) {
      parquets.push_back(path);
      continue;
    }
    const std::string text = TRY(store.ReadAll(path, kMaxJsonBytes));
    TRY(ReadCommit(text, path, top_level));
  }
  TRY(ReadParquets(store, parquets, Content::kCheckpoint, top_level));
  return ReadParquets(store, std::move(top_level).TakeSidecars(), Content::kFilesOnly, sink);
}

}  // namespace sluice::delta
