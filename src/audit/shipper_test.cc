#include "audit/shipper.h"

#include <atomic>

#include "audit/journal_test_support.h"

namespace sluice::audit {
namespace {

using namespace std::chrono_literals;
using testing::SizeIs;

/// Keeps records in memory, outside of the destination, which a test may make again.
struct Kept {
  std::mutex mutex;
  std::vector<std::string> records;
  std::vector<Sequence> firsts;
  std::atomic<int> failures_to_come = 0;
};

class MemoryDestination final : public Destination {
 public:
  explicit MemoryDestination(Kept& kept) : kept_(kept) {}
  std::string_view name() const override { return "memory"; }
  Result<Sequence> Next() override {
    const std::lock_guard lock(kept_.mutex);
    return std::ssize(kept_.records);
  }
  Result<void> Take(Sequence first, std::span<const std::string> records) override {
    if (kept_.failures_to_come > 0) {
      --kept_.failures_to_come;
      return Unavailable("it is not there");
    }
    const std::lock_guard lock(kept_.mutex);
    kept_.firsts.push_back(first);
    kept_.records.insert(kept_.records.end(), records.begin(), records.end());
    return {};
  }
  std::chrono::milliseconds pause() const override { return 0ms; }

 private:
  Kept& kept_;
};

class ShipperTest : public JournalTest {
 protected:
  std::unique_ptr<Shipper> Ship(Journal& journal, const ShipperOptions& options = {}) {
    std::vector<std::unique_ptr<Destination>> destinations;
    destinations.push_back(std::make_unique<MemoryDestination>(kept_));
    auto shipper = std::make_unique<Shipper>(journal, clock_, options, std::move(destinations));
    shipper->Start();
    return shipper;
  }
  Kept kept_;
};

TEST_F(ShipperTest, KeepsTryingWhileADestinationFails) {
  const auto journal = Open();
  kept_.failures_to_come = 3;
  const auto shipper = Ship(*journal, {.retry_delay = 0ms});
  ASSERT_THAT(journal->Append(TypicalRecord()), IsOk());
  EXPECT_TRUE(shipper->WaitUntilShipped(1, 60s));
  const Shipper::Progress progress = shipper->progress().front();
  EXPECT_EQ(progress.failures, 3);
  EXPECT_FALSE(progress.is_failing);
  EXPECT_EQ(progress.lag, 0);
}

TEST_F(ShipperTest, ShipsWhatIsOnDiskBeforeItEnds) {
  const auto journal = Open();
  auto shipper = Ship(*journal, {.batch_records = 2});
  for (int i = 0; i < 9; ++i) ASSERT_THAT(journal->Append(TypicalRecord()), IsOk());
  shipper.reset();
  EXPECT_EQ(kept_.records, journal->Read(0, 100).value());
}

TEST_F(ShipperTest, DropsOldSegmentsOnlyWhenEveryDestinationHasThem) {
  options_.segment_bytes = 1;  // one record each
  const auto journal = Open();
  for (int i = 0; i < 10; ++i) {
    Record record = TypicalRecord();
    record.time = clock_.Now();
    ASSERT_THAT(journal->Append(record), IsOk());
    clock_.Advance(1h);
  }
  kept_.failures_to_come = 1'000'000'000;
  auto shipper = Ship(*journal, {.retry_delay = 0ms, .keep = 3h});
  EXPECT_THAT(shipper->DropOld(), IsOk());
  EXPECT_EQ(journal->first(), 0);
  kept_.failures_to_come = 0;
  ASSERT_TRUE(shipper->WaitUntilShipped(10, 60s));
  EXPECT_THAT(shipper->DropOld(), IsOk());
  EXPECT_EQ(journal->first(), 7);
}

TEST_F(ShipperTest, WhatWasDroppedBeforeItArrivedIsCountedAsLost) {
  options_.segment_bytes = 1;
  const auto journal = Open();
  for (int i = 0; i < 5; ++i) ASSERT_THAT(journal->Append(TypicalRecord()), IsOk());
  ASSERT_THAT(journal->DropBefore(2), IsOk());
  const auto shipper = Ship(*journal);
  ASSERT_TRUE(shipper->WaitUntilShipped(5, 60s));
  EXPECT_EQ(shipper->progress().front().lost, 2);
  EXPECT_THAT(kept_.records, SizeIs(3));
}

TEST_F(ShipperTest, TheFirstRecordOfATimeIsFound) {
  const auto journal = Open();
  EXPECT_THAT(FirstSince(*journal, clock_.Now()), IsOkAnd(0));
  const SystemTime start = clock_.Now();
  for (int i = 0; i < 100; ++i) {
    Record record = TypicalRecord();
    record.time = start + i * 1s;
    ASSERT_THAT(journal->AppendUnsynced(record), IsOk());
  }
  Record last = TypicalRecord();
  last.time = start + 100s;
  ASSERT_THAT(journal->Append(last), IsOk());
  EXPECT_THAT(FirstSince(*journal, start - 1s), IsOkAnd(0));
  EXPECT_THAT(FirstSince(*journal, start + 50'500ms), IsOkAnd(51));
  EXPECT_THAT(FirstSince(*journal, start + 101s), IsOkAnd(101));
}

}  // namespace
}  // namespace sluice::audit
