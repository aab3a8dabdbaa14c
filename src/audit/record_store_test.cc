#include "audit/record_store.h"

#include <thread>

#include "audit/journal_test_support.h"
#include "audit/record_query.h"
#include "db/testing.h"

namespace sluice::audit {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::SizeIs;

/// What shipping to a database promises, whatever the database.
class RecordStoreContract : public JournalTest, public testing::WithParamInterface<db::Backend> {
 protected:
  void SetUp() override {
    if (const auto reason = db::TestDatabase::ReasonToSkip(GetParam()); !reason.empty()) {
      GTEST_SKIP() << reason;
    }
    place_.emplace(GetParam());
    database_ = place_->Open();
    journal_ = Open();
  }

  std::unique_ptr<Destination> NewStore(std::chrono::milliseconds head_interval = 0ms) {
    return NewRecordStore(*database_, *journal_,
                          {.node = options_.node,
                           .public_key = TestKey().public_key(),
                           .regions =
                               [](std::string_view recipient, std::string_view share) {
                                 return Regions{.from = share == "sales" ? "eu" : "",
                                                .to = recipient == "acme" ? "us" : ""};
                               },
                           .head_interval = head_interval});
  }
  std::unique_ptr<Shipper> NewShipper(const ShipperOptions& options = {}) {
    std::vector<std::unique_ptr<Destination>> destinations;
    destinations.push_back(NewStore());
    auto shipper = std::make_unique<Shipper>(*journal_, clock_, options, std::move(destinations));
    shipper->Start();
    return shipper;
  }
  void ShipAll() { EXPECT_TRUE(NewShipper()->WaitUntilShipped(journal_->size(), 60s)); }
  void Append(const Record& record) { ASSERT_THAT(journal_->Append(record), IsOk()); }

  std::vector<std::string> Texts(RecordFilter filter = {}) {
    filter.newest_first = false;
    std::vector<std::string> texts;
    const auto records = ReadRecords(*database_, filter);
    EXPECT_THAT(records, IsOk());
    for (const StoredRecord& record : *records) texts.push_back(record.text);
    return texts;
  }
  std::vector<Sequence> Sequences(const RecordFilter& filter) {
    std::vector<Sequence> sequences;
    const auto records = ReadRecords(*database_, filter);
    EXPECT_THAT(records, IsOk());
    for (const StoredRecord& record : *records) sequences.push_back(record.place.sequence);
    return sequences;
  }
  UsageCounts Total() {
    UsageCounts total;
    const auto usage = ReadUsage(*database_, {});
    EXPECT_THAT(usage, IsOk());
    for (const auto& [key, counts] : *usage) {
      total.requests += counts.requests;
      total.downloads += counts.downloads;
      total.bytes_sent += counts.bytes_sent;
    }
    return total;
  }

  std::optional<db::TestDatabase> place_;
  std::unique_ptr<db::Database> database_;
  std::unique_ptr<Journal> journal_;
};

INSTANTIATE_TEST_SUITE_P(Backends, RecordStoreContract, testing::ValuesIn(db::kBackends),
                         db::BackendName);

TEST_P(RecordStoreContract, CopiesEveryRecordAsItIsAndOnce) {
  for (int i = 0; i < 300; ++i) Append(TypicalRecord("r" + std::to_string(i)));
  ShipAll();
  EXPECT_EQ(Texts(), journal_->Read(0, 1'000).value());
  Append(TypicalRecord("later"));
  ShipAll();
  ShipAll();
  EXPECT_EQ(Texts(), journal_->Read(0, 1'000).value());
  EXPECT_EQ(Total().requests, 301);
}

TEST_P(RecordStoreContract, CountsEachRecordOnceHoweverManyShip) {
  for (int i = 0; i < 500; ++i) Append(TypicalRecord());
  {
    const auto one = NewShipper({.batch_records = 7, .retry_delay = 0ms});
    const auto two = NewShipper({.batch_records = 11, .retry_delay = 0ms});
    EXPECT_TRUE(one->WaitUntilShipped(500, 60s));
    EXPECT_TRUE(two->WaitUntilShipped(500, 60s));
  }
  EXPECT_THAT(Texts(), SizeIs(500));
  EXPECT_EQ(Total().requests, 500);
}

TEST_P(RecordStoreContract, ATakenBatchThatComesAgainIsRefusedAndAddsNothing) {
  const std::vector<std::string> records = {EncodeRecord("node-1", 0, TypicalRecord())};
  const auto one = NewStore();
  const auto two = NewStore();
  EXPECT_THAT(one->Next(), IsOkAnd(0));
  EXPECT_THAT(two->Next(), IsOkAnd(0));
  EXPECT_THAT(one->Take(0, records), IsOk());
  EXPECT_THAT(two->Take(0, records), FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(two->Next(), IsOkAnd(1));
  EXPECT_EQ(Total().requests, 1);
}

TEST_P(RecordStoreContract, UsageTellsRequestsFilesBytesAndDownloadsOfADay) {
  Record query = TypicalRecord();
  Append(query);
  query.recipient = "ACME";  // names are the same regardless of case
  query.share = "SALES";
  query.object = "Sales.Retail.Orders";
  Append(query);
  Record refused = TypicalRecord();
  refused.allowed = false;
  Append(refused);
  Record download = TypicalRecord();
  download.action = Action::kDownload;
  download.bytes = {};
  Append(download);
  download.request_id = "";
  download.bytes = 4'096;
  Append(download);
  Record change = TypicalRecord();
  change.action = Action::kChange;
  Append(change);
  ShipAll();
  const auto usage = ReadUsage(*database_, {});
  ASSERT_THAT(usage, IsOkAnd(SizeIs(2)));  // the callback tells "acme" from "ACME"
  const UsageKey key{"2026-11-21", "acme", "sales", "sales.retail.orders", "eu", "us"};
  ASSERT_TRUE(usage->contains(key));
  const UsageCounts counts = usage->at(key);
  EXPECT_EQ(counts.requests, 1);
  EXPECT_EQ(counts.files, 37);
  EXPECT_EQ(counts.bytes, 1'234'567'890);
  EXPECT_EQ(counts.direct_bytes, 1'234'567'890);
  EXPECT_EQ(counts.downloads, 1);
  EXPECT_EQ(counts.bytes_sent, 4'096);
  EXPECT_THAT(ReadUsage(*database_, {.recipient = "Acme", .first_day = "2026-11-22"}),
              IsOkAnd(SizeIs(0)));
  EXPECT_THAT(ReadUsage(*database_, {.last_day = "2026-11-21", .scope = {{"SALES"}}}),
              IsOkAnd(SizeIs(2)));
  EXPECT_THAT(ReadUsage(*database_, {.scope = {{"other"}}}), IsOkAnd(SizeIs(0)));
}

TEST_P(RecordStoreContract, ManyObjectsAreSummedInOneBatch) {
  for (int i = 0; i < 300; ++i) {
    Record record = TypicalRecord();
    record.object = "sales.retail.t" + std::to_string(i % 150);
    Append(record);
  }
  ShipAll();
  const auto usage = ReadUsage(*database_, {.share = "sales"});
  ASSERT_THAT(usage, IsOkAnd(SizeIs(150)));
  for (const auto& [key, counts] : *usage) EXPECT_EQ(counts.requests, 2) << key.object;
}

TEST_P(RecordStoreContract, NoTextOrNumberOfARecordStopsTheShipping) {
  Record record = TypicalRecord(std::string(5'000, 'r'));
  record.recipient = std::string("a\0b", 3) + std::string(5'000, 'x');
  record.share = std::string(5'000, 's');
  record.object = "'); DROP TABLE audit_records; --\n\\N" + std::string(5'000, 'o');
  record.bytes = INT64_MAX;
  record.files = INT64_MIN;
  for (int i = 0; i < 3; ++i) Append(record);
  ShipAll();
  Append(record);
  ShipAll();
  EXPECT_EQ(Texts(), journal_->Read(0, 10).value());
  const auto usage = ReadUsage(*database_, {});
  ASSERT_THAT(usage, IsOkAnd(SizeIs(1)));
  EXPECT_EQ(usage->begin()->second.bytes, UsageCounts::kMax);
  EXPECT_EQ(usage->begin()->second.files, 0);
}

TEST_P(RecordStoreContract, ARecordThatCannotBeReadIsKept) {
  const auto store = NewStore();
  ASSERT_THAT(store->Next(), IsOk());
  const std::vector<std::string> records = {"{\"from\":\"the future\"}", std::string("\xff\0", 2)};
  EXPECT_THAT(store->Take(0, records), IsOk());
  EXPECT_THAT(Texts(), SizeIs(2));
}

TEST_P(RecordStoreContract, RecordsAreFoundByWhatTheySay) {
  Append(TypicalRecord("r0"));
  clock_.Advance(1s);
  Record refused = TypicalRecord("r1");
  refused.time += 1s;
  refused.allowed = false;
  refused.action = Action::kChanges;
  Append(refused);
  Record other = TypicalRecord("r2");
  other.time += 2s;
  other.recipient = "Globex";
  other.share = "hr";
  other.object = "hr";
  Append(other);
  ShipAll();
  const SystemTime start = TypicalRecord().time;
  EXPECT_THAT(Sequences({}), ElementsAre(2, 1, 0));
  EXPECT_THAT(Sequences({.recipient = "gloBEX"}), ElementsAre(2));
  EXPECT_THAT(Sequences({.share = "Sales", .newest_first = false}), ElementsAre(0, 1));
  EXPECT_THAT(Sequences({.object = "sales.retail.orders"}), ElementsAre(1, 0));
  EXPECT_THAT(Sequences({.request_id = "r1"}), ElementsAre(1));
  EXPECT_THAT(Sequences({.node = "node-2"}), ElementsAre());
  EXPECT_THAT(Sequences({.action = Action::kQuery}), ElementsAre(2, 0));
  EXPECT_THAT(Sequences({.allowed = false}), ElementsAre(1));
  EXPECT_THAT(Sequences({.since = start + 1s}), ElementsAre(2, 1));
  EXPECT_THAT(Sequences({.until = start + 1s}), ElementsAre(0));
  EXPECT_THAT(Sequences({.scope = {{"HR"}}}), ElementsAre(2));
  EXPECT_THAT(Sequences({.scope = ShareScope(std::in_place)}), ElementsAre());
  EXPECT_THAT(Sequences({.limit = 2}), ElementsAre(2, 1));
  EXPECT_THAT(ReadRecords(*database_, {.limit = 10'001}), FailsWith(ErrorCode::kInvalidArgument));
}

TEST_P(RecordStoreContract, AListResumesBehindAPlaceInBothOrders) {
  for (int i = 0; i < 5; ++i) Append(TypicalRecord());  // all of one time
  ShipAll();
  for (const bool newest_first : {true, false}) {
    std::vector<Sequence> seen;
    RecordFilter filter{.newest_first = newest_first, .limit = 2};
    for (;;) {
      const auto records = ReadRecords(*database_, filter);
      ASSERT_THAT(records, IsOk());
      if (records->empty()) break;
      for (const StoredRecord& record : *records) seen.push_back(record.place.sequence);
      filter.after = DecodeRecordPlace(EncodeRecordPlace(records->back().place)).value();
    }
    const std::vector<Sequence> expected =
        newest_first ? std::vector<Sequence>{4, 3, 2, 1, 0} : std::vector<Sequence>{0, 1, 2, 3, 4};
    EXPECT_EQ(seen, expected);
  }
}

TEST_P(RecordStoreContract, RecordsOfOneNodeAreListedByNumberWhateverTheirTimes) {
  for (int i = 0; i < 4; ++i) {
    Record record = TypicalRecord();
    record.time -= i * 1s;
    Append(record);
  }
  ShipAll();
  EXPECT_THAT(Sequences({.newest_first = false}), ElementsAre(3, 2, 1, 0));
  RecordFilter filter{.node = "node-1", .newest_first = false, .limit = 3};
  EXPECT_THAT(Sequences(filter), ElementsAre(0, 1, 2));
  filter.after = RecordPlace{.node = "node-1", .sequence = 2};
  EXPECT_THAT(Sequences(filter), ElementsAre(3));
}

TEST_P(RecordStoreContract, GathersHeadsThatTheNodeSigned) {
  Append(TypicalRecord());
  ShipAll();
  Append(TypicalRecord());
  clock_.Advance(1s);
  ShipAll();
  const auto heads = ReadHeads(*database_, "node-1", 10);
  ASSERT_THAT(heads, IsOk());
  ASSERT_GE(heads->size(), 2);
  EXPECT_EQ(heads->front().head.size, 2);
  for (const StoredHead& stored : *heads) {
    EXPECT_TRUE(IsSignedByOne({TestVerifyKey()}, stored.head));
  }
  EXPECT_THAT(ReadHeads(*database_, "node-2", 10), IsOkAnd(SizeIs(0)));
}

TEST_P(RecordStoreContract, AStoreThatKnowsMoreThanTheJournalIsAFaultOfTheNode) {
  for (int i = 0; i < 3; ++i) Append(TypicalRecord());
  ShipAll();
  journal_.reset();
  std::filesystem::remove_all(options_.directory);
  journal_ = Open();
  Append(TypicalRecord());
  const auto shipper = NewShipper({.retry_delay = 0ms});
  while (shipper->progress().front().failures == 0) std::this_thread::yield();
  EXPECT_THAT(shipper->progress().front().last_failure, testing::HasSubstr("needs a new name"));
  EXPECT_THAT(Texts(), SizeIs(3));
}

TEST_P(RecordStoreContract, RecordsThatAreThereAgainstAllExpectationStay) {
  for (int i = 0; i < 3; ++i) Append(TypicalRecord());
  ShipAll();
  ASSERT_THAT(database_->Run([](db::Connection& c) -> Result<void> {
    TRY(c.Execute("UPDATE audit_shipped SET next_seq = 1"));
    return {};
  }),
              IsOk());
  Append(TypicalRecord());
  ShipAll();
  EXPECT_EQ(Texts(), journal_->Read(0, 10).value());
}

TEST_P(RecordStoreContract, AnOlderCopyOfTheDatabaseIsBroughtUpToDateAgain) {
  for (int i = 0; i < 10; ++i) Append(TypicalRecord());
  ShipAll();
  const auto shipper = NewShipper({.retry_delay = 0ms});
  ASSERT_THAT(database_->InTransaction([](db::Connection& c) -> Result<void> {
    TRY(c.Execute("DELETE FROM audit_records WHERE seq >= 4"));
    TRY(c.Execute("DELETE FROM usage_daily"));
    TRY(c.Execute("UPDATE audit_shipped SET next_seq = 4"));
    return {};
  }),
              IsOk());
  Append(TypicalRecord());
  EXPECT_TRUE(shipper->WaitUntilShipped(11, 60s));
  EXPECT_THAT(Texts(), SizeIs(11));
  EXPECT_EQ(Total().requests, 7);
}

}  // namespace
}  // namespace sluice::audit
