#include "sharing/table_cache.h"

#include <atomic>
#include <map>
#include <thread>

#include "base/testing.h"
#include "table/testing.h"

namespace sluice::sharing {
namespace {

/// A table without files that says how much memory it holds, and counts those alive.
class FakeTable final : public table::Table {
 public:
  FakeTable(std::size_t bytes, std::atomic<int>& alive) : bytes_(bytes), alive_(alive) { ++alive_; }
  ~FakeTable() override { --alive_; }
  Result<table::SnapshotPtr> Latest() override {
    if (on_latest) on_latest();
    return snapshot_;
  }
  Result<table::SnapshotPtr> At(table::Version /*version*/,
                                const std::optional<table::Layout>& /*layout*/) override {
    return Latest();
  }
  Result<table::Version> LatestVersion() override { return snapshot_->version(); }
  Result<table::HistoryPtr> OpenHistory() override { return NotFound("there is none"); }
  std::size_t memory_bytes() const override { return bytes_; }

  std::function<void()> on_latest;

 private:
  const std::size_t bytes_;
  std::atomic<int>& alive_;
  const table::SnapshotPtr snapshot_ =
      table::SnapshotOf(table::BlockMaker().Finish(), table::MetadataOf({"id long"}));
};

class TableCacheTest : public testing::Test {
 protected:
  Result<std::unique_ptr<table::Table>> Open(const std::string& location) {
    ++opened_;
    if (fault_) return *fault_;
    const auto size = sizes_.find(location);
    auto table = std::make_unique<FakeTable>(size != sizes_.end() ? size->second : 10, alive_);
    table->on_latest = on_latest_;
    return std::unique_ptr<table::Table>(std::move(table));
  }
  TableCache Cache(std::size_t max_bytes) {
    return TableCache([this](const std::string& location) { return Open(location); }, max_bytes,
                      clock_);
  }
  int OpensOf(TableCache& cache, const std::string& location) {
    const int before = opened_;
    EXPECT_THAT(cache.Latest(location), IsOk());
    return opened_ - before;
  }

  const ManualClock clock_{SystemTime(std::chrono::seconds(1))};
  std::map<std::string, std::size_t> sizes_;
  std::function<void()> on_latest_;
  std::optional<Error> fault_;
  std::atomic<int> opened_ = 0;
  std::atomic<int> alive_ = 0;
};

TEST_F(TableCacheTest, OpensEachTableOnce) {
  TableCache cache = Cache(1000);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(OpensOf(cache, "/a"), i == 0 ? 1 : 0);
    EXPECT_EQ(OpensOf(cache, "/b"), i == 0 ? 1 : 0);
  }
  const TableCache::Stats stats = cache.stats();
  EXPECT_EQ(stats.tables, 2u);
  EXPECT_EQ(stats.bytes, 20u);
  EXPECT_EQ(stats.misses, 2u);
  EXPECT_EQ(stats.hits, 4u);
  EXPECT_EQ(stats.evictions, 0u);
}

TEST_F(TableCacheTest, ForgetsWhatWasNotUsedForLongest) {
  TableCache cache = Cache(30);
  for (const char* location : {"/a", "/b", "/c", "/a", "/d"})
    EXPECT_THAT(cache.Latest(location), IsOk());
  EXPECT_EQ(OpensOf(cache, "/a"), 0);
  EXPECT_EQ(OpensOf(cache, "/c"), 0);
  EXPECT_EQ(OpensOf(cache, "/d"), 0);
  EXPECT_EQ(OpensOf(cache, "/b"), 1);
  EXPECT_EQ(cache.stats().evictions, 2u);
  EXPECT_EQ(cache.stats().bytes, 30u);
  EXPECT_EQ(alive_, 3);
}

TEST_F(TableCacheTest, MakesAsMuchRoomAsABigTableNeeds) {
  sizes_["/big"] = 25;
  TableCache cache = Cache(30);
  for (const char* location : {"/a", "/b", "/c", "/big"})
    EXPECT_THAT(cache.Latest(location), IsOk());
  EXPECT_EQ(cache.stats().tables, 1u);
  EXPECT_EQ(cache.stats().evictions, 3u);
  EXPECT_EQ(OpensOf(cache, "/big"), 0);
}

TEST_F(TableCacheTest, KeepsTheOneInUseEvenAboveItsBound) {
  sizes_["/huge"] = 100;
  TableCache cache = Cache(30);
  EXPECT_EQ(OpensOf(cache, "/huge"), 1);
  EXPECT_EQ(OpensOf(cache, "/huge"), 0);
  EXPECT_EQ(cache.stats().bytes, 100u);
  EXPECT_EQ(OpensOf(cache, "/a"), 1);
  EXPECT_EQ(cache.stats().tables, 1u);
  EXPECT_EQ(cache.stats().bytes, 10u);
}

TEST_F(TableCacheTest, EvictionDoesNotTakeATableFromWhoReadsIt) {
  TableCache cache = Cache(10);
  int alive_while_reading = 0;
  on_latest_ = [&] {
    on_latest_ = nullptr;  // the tables below just answer
    EXPECT_THAT(cache.Latest("/b"), IsOk());
    EXPECT_THAT(cache.Latest("/c"), IsOk());
    alive_while_reading = alive_;
  };
  EXPECT_THAT(cache.Latest("/a"), IsOk());
  EXPECT_EQ(alive_while_reading, 2);  // "/a", evicted but being read, and "/c"
  EXPECT_EQ(alive_, 1);
}

TEST_F(TableCacheTest, SnapshotOutlivesItsTable) {
  TableCache cache = Cache(10);
  const auto snapshot = cache.Latest("/a");
  ASSERT_THAT(cache.Latest("/b"), IsOk());
  EXPECT_EQ(alive_, 1);
  EXPECT_EQ(snapshot->snapshot->metadata().id, "table");
}

TEST_F(TableCacheTest, DoesNotKeepAFailureToOpen) {
  TableCache cache = Cache(1000);
  fault_ = NotImplemented("not yet");
  EXPECT_THAT(cache.Latest("s3://a"), FailsWith(ErrorCode::kNotImplemented));
  EXPECT_THAT(cache.Latest("s3://a"), FailsWith(ErrorCode::kNotImplemented));
  EXPECT_EQ(cache.stats().tables, 0u);
  fault_ = std::nullopt;
  EXPECT_THAT(cache.Latest("s3://a"), IsOk());
  EXPECT_EQ(opened_, 3);
}

TEST_F(TableCacheTest, KeepsItsBoundUnderManyThreads) {
  constexpr int kThreads = 8;
  constexpr int kRounds = 500;
  TableCache cache = Cache(50);  // of 100 that all tables would hold
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&cache, thread] {
      for (int round = 0; round < kRounds; ++round) {
        const std::string location = Format("/{}", (round * 7 + thread * 3) % 10);
        EXPECT_THAT(cache.Latest(location), IsOk());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const TableCache::Stats stats = cache.stats();
  EXPECT_EQ(stats.hits + stats.misses, std::uint64_t{kThreads * kRounds});
  EXPECT_EQ(stats.misses, static_cast<std::uint64_t>(opened_));
  EXPECT_EQ(stats.misses - stats.evictions, stats.tables);
  EXPECT_EQ(stats.bytes, stats.tables * 10);
  EXPECT_LE(stats.bytes, 50u);
  EXPECT_EQ(alive_, static_cast<int>(stats.tables));
}

}  // namespace
}  // namespace sluice::sharing
