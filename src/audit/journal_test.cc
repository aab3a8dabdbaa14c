#include "audit/journal.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>

#include "audit/journal_test_support.h"

namespace sluice::audit {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

unsigned ModeOf(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 0777;
}

TEST_F(JournalTest, KeepsRecordsInTheirOrder) {
  const auto journal = Open();
  EXPECT_EQ(journal->size(), 0);
  EXPECT_THAT(journal->Append(TypicalRecord("a")), IsOkAnd(0));
  EXPECT_THAT(journal->Append(TypicalRecord("b")), IsOkAnd(1));
  EXPECT_EQ(journal->size(), 2);
  EXPECT_THAT(journal->Read(0, 10),
              IsOkAnd(ElementsAre(EncodeRecord("node-1", 0, TypicalRecord("a")),
                                  EncodeRecord("node-1", 1, TypicalRecord("b")))));
  EXPECT_THAT(journal->Read(1, 1), IsOkAnd(SizeIs(1)));
  EXPECT_THAT(journal->Read(2, 1), IsOkAnd(SizeIs(0)));
  EXPECT_THAT(journal->Read(-1, 1), FailsWith(ErrorCode::kInvalidArgument));
}

TEST_F(JournalTest, GoesOnWhereItWasClosed) {
  Fill(3);
  Fill(2);
  const auto journal = Open();
  EXPECT_THAT(RequestIds(*journal), ElementsAre("r0", "r1", "r2", "r3", "r4"));
  EXPECT_EQ(journal->stats().cut_bytes, 0);
}

TEST_F(JournalTest, IsForItsOwnerAlone) {
  std::filesystem::create_directory(options_.directory);
  ::chmod(options_.directory.c_str(), 0755);
  Fill(1);
  EXPECT_EQ(ModeOf(options_.directory), 0700U);
  for (const auto& entry : std::filesystem::directory_iterator(options_.directory)) {
    EXPECT_EQ(ModeOf(entry.path()), 0600U) << entry.path();
  }
}

TEST_F(JournalTest, IsOpenOnceOnly) {
  const auto journal = Open();
  EXPECT_THAT(TryOpen(), FailsWith(ErrorCode::kUnavailable));
}

TEST_F(JournalTest, RefusesOptionsOutOfRange) {
  options_.node = "two\nlines";
  EXPECT_THAT(TryOpen(), FailsWith(ErrorCode::kInvalidArgument));
  options_.node = "";
  EXPECT_THAT(TryOpen(), FailsWith(ErrorCode::kInvalidArgument));
  options_.node = "n";
  options_.segment_bytes = 2ULL << 30;
  EXPECT_THAT(TryOpen(), FailsWith(ErrorCode::kInvalidArgument));
}

TEST_F(JournalTest, RefusesTheFolderOfAnotherNode) {
  Fill(2);
  options_.node = "node-2";
  EXPECT_THAT(TryOpen(), FailsWith(ErrorCode::kInvalidArgument));
}

TEST_F(JournalTest, WhatNobodyWaitsForIsOnDiskSoon) {
  const auto journal = Open();
  EXPECT_EQ(journal->WaitBeyond(0, std::chrono::milliseconds(0)), 0);
  for (int i = 0; i < 20; ++i) {
    ASSERT_THAT(journal->AppendUnsynced(TypicalRecord("s" + std::to_string(i))), IsOk());
  }
  Sequence size = 0;
  while (size < 20) size = journal->WaitBeyond(size, std::chrono::minutes(1));
  EXPECT_THAT(RequestIds(*journal), SizeIs(20));
  EXPECT_EQ(journal->stats().waiting_bytes, 0);
}

TEST_F(JournalTest, ClosingSyncsWhatIsWritten) {
  options_.lazy_sync = std::chrono::hours(1);
  {
    const auto journal = Open();
    ASSERT_THAT(journal->AppendUnsynced(TypicalRecord("last")), IsOk());
  }
  EXPECT_THAT(RequestIds(*Open()), ElementsAre("last"));
}

TEST_F(JournalTest, AWaitingRecordTakesEarlierOnesAlong) {
  options_.lazy_sync = std::chrono::hours(1);
  const auto journal = Open();
  ASSERT_THAT(journal->AppendUnsynced(TypicalRecord("first")), IsOk());
  EXPECT_THAT(journal->Append(TypicalRecord("second")), IsOkAnd(1));
  EXPECT_EQ(journal->stats().syncs, 1);
}

TEST_F(JournalTest, RefusesToHoldMoreThanItMay) {
  options_.lazy_sync = std::chrono::hours(1);
  options_.max_waiting_bytes = 10'000;
  const auto journal = Open();
  int accepted = 0;
  while (journal->AppendUnsynced(TypicalRecord()).ok()) ++accepted;
  EXPECT_GT(accepted, 10);
  EXPECT_LE(journal->stats().waiting_bytes, 10'000);
}

TEST_F(JournalTest, ThreadsEachGetTheirOwnPlace) {
  options_.segment_bytes = 200'000;
  constexpr int kThreads = 8;
  constexpr int kRecords = 250;
  std::array<std::vector<Sequence>, kThreads> places;
  const auto journal = Open();
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kRecords; ++i) {
        const std::string id = std::to_string(t) + "/" + std::to_string(i);
        if (i % 5 == 4) {
          EXPECT_THAT(journal->AppendUnsynced(TypicalRecord("soon")), IsOk());
        }
        const auto place = journal->Append(TypicalRecord(id));
        ASSERT_THAT(place, IsOk());
        ASSERT_GT(journal->size(), *place);
        places[t].push_back(*place);
      }
    });
  }
  threads.emplace_back([&] {  // somebody reads meanwhile
    for (Sequence seen = 0; seen < kThreads * kRecords;) {
      seen = journal->WaitBeyond(seen, std::chrono::minutes(1));
      EXPECT_THAT(journal->Read(seen - 1, 1), IsOkAnd(SizeIs(1)));
      const TreeHead head = journal->Head().value();
      EXPECT_THAT(journal->Inclusion(0, head.size), IsOk());
    }
  });
  for (std::thread& thread : threads) thread.join();
  Sequence size = journal->size();
  while (size < kThreads * kRecords * 6 / 5)
    size = journal->WaitBeyond(size, std::chrono::minutes(1));
  const std::vector<std::string> ids = RequestIds(*journal);
  EXPECT_THAT(ids, SizeIs(kThreads * kRecords * 6 / 5));
  for (int t = 0; t < kThreads; ++t) {
    EXPECT_TRUE(std::ranges::is_sorted(places[t]));
    for (int i = 0; i < kRecords; ++i) {
      EXPECT_EQ(ids[static_cast<std::size_t>(places[t][i])],
                std::to_string(t) + "/" + std::to_string(i));
    }
  }
}

TEST_F(JournalTest, BeginsNewSegmentsAndReadsAcrossThem) {
  options_.segment_bytes = 3'000;
  Fill(300);
  const auto segments = ListSegments(options_.directory).value();
  EXPECT_GT(segments.size(), 30U);
  const auto journal = Open();
  EXPECT_THAT(RequestIds(*journal), SizeIs(300));
  for (Sequence i = 0; i < 300; i += 13) {
    EXPECT_THAT(
        journal->Read(i, 1),
        IsOkAnd(ElementsAre(EncodeRecord("node-1", i, TypicalRecord("r" + std::to_string(i))))));
  }
}

TEST_F(JournalTest, FindsRecordsInLongSegments) {
  Fill(700);
  const auto journal = Open();
  for (Sequence i = 699; i > 0; i -= 29) {
    EXPECT_THAT(
        journal->Read(i, 1),
        IsOkAnd(ElementsAre(EncodeRecord("node-1", i, TypicalRecord("r" + std::to_string(i))))));
  }
}

TEST_F(JournalTest, DropsWholeSegmentsAndKeepsTheTree) {
  options_.segment_bytes = 3'000;
  Fill(40);
  {
    const auto journal = Open();
    ASSERT_THAT(journal->DropBefore(20), IsOk());
    EXPECT_THAT(journal->Read(0, 1), FailsWith(ErrorCode::kNotFound));
    EXPECT_THAT(journal->Read(20, 100), IsOkAnd(SizeIs(20)));
    ASSERT_THAT(journal->DropBefore(1'000), IsOk());
    EXPECT_EQ(ListSegments(options_.directory).value().size(), 1U);
  }
  const auto journal = Open();
  EXPECT_EQ(journal->size(), 40);
  EXPECT_THAT(journal->Inclusion(3, 40), IsOk());
  EXPECT_THAT(journal->Append(TypicalRecord()), IsOkAnd(40));
}

TEST_F(JournalTest, ProvesWhatItHolds) {
  options_.segment_bytes = 3'000;
  Fill(40);
  const auto journal = Open();
  const TreeHead head = journal->Head().value();
  EXPECT_EQ(head.size, 40);
  EXPECT_TRUE(IsSignedByOne({TestVerifyKey()}, head));
  EXPECT_FALSE(IsSignedByOne({TestVerifyKey('x')}, head));
  const auto records = journal->Read(0, 100).value();
  for (Sequence i = 0; i < 40; ++i) {
    const auto proof = journal->Inclusion(i, 40).value();
    EXPECT_THAT(VerifyInclusion(i, LeafHash(records[static_cast<std::size_t>(i)]),
                                {head.size, head.root}, proof),
                IsOk());
  }
  const auto heads = journal->Heads().value();
  EXPECT_GT(heads.size(), 4U);
  for (const TreeHead& older : heads) {
    EXPECT_TRUE(IsSignedByOne({TestVerifyKey()}, older));
    const auto proof = journal->Consistency(older.size, 40).value();
    EXPECT_THAT(VerifyConsistency({older.size, older.root}, {head.size, head.root}, proof), IsOk());
  }
  EXPECT_THAT(journal->Inclusion(0, 41), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(journal->Inclusion(40, 40), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(journal->Consistency(1, 41), FailsWith(ErrorCode::kInvalidArgument));
}

TEST_F(JournalTest, SignsHeadsNowAndThen) {
  options_.head_interval = std::chrono::milliseconds(1);
  const auto journal = Open();
  ASSERT_THAT(journal->Append(TypicalRecord()), IsOk());
  while (journal->Heads().value().empty()) std::this_thread::yield();
  EXPECT_EQ(journal->Heads().value()[0].size, 1);
}

TEST_F(JournalTest, CutsATornEndAndGoesOn) {
  Fill(5);
  const std::string whole = Contents(FirstSegment());
  std::filesystem::remove(Path("heads"));  // signed at the end, which a crash would not have
  const std::size_t last = FrameOffset(FirstSegment(), 4);
  for (const std::size_t kept : {last + 1, last + 11, last + 12, last + 100, whole.size() - 1}) {
    Replace(FirstSegment(), whole.substr(0, kept));
    std::filesystem::remove(Path("heads"));
    const auto journal = Open();
    EXPECT_EQ(journal->size(), 4);
    EXPECT_EQ(journal->stats().cut_bytes, static_cast<std::int64_t>(kept - last));
    EXPECT_THAT(journal->Append(TypicalRecord("r4")), IsOkAnd(4));
    EXPECT_THAT(RequestIds(*journal), ElementsAre("r0", "r1", "r2", "r3", "r4"));
  }
}

TEST_F(JournalTest, AHoleInWhatWasNeverSyncedIsATornEnd) {
  // Three records of one sync, the first of which did not reach the disk.
  Fill(2);
  {
    options_.lazy_sync = std::chrono::hours(1);
    const auto journal = Open();
    for (int i = 0; i < 3; ++i) ASSERT_THAT(journal->AppendUnsynced(TypicalRecord("lost")), IsOk());
  }
  std::string bytes = Contents(FirstSegment());
  const std::size_t hole = FrameOffset(FirstSegment(), 2);
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(hole), 200, '\0');
  Replace(FirstSegment(), bytes);
  std::string heads = Contents(Path("heads"));
  Replace(Path("heads"), heads.substr(0, heads.find('\n') + 1));
  EXPECT_THAT(RequestIds(*Open()), ElementsAre("r0", "r1"));
}

TEST_F(JournalTest, DamageInTheMiddleIsFoundAndNamed) {
  Fill(5);
  std::filesystem::remove(Path("heads"));
  const std::string whole = Contents(FirstSegment());
  const std::size_t frame = FrameOffset(FirstSegment(), 2);
  for (const std::size_t at : {frame, frame + 2, frame + 3, frame + 4, frame + 8, frame + 50}) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x41);
    Replace(FirstSegment(), damaged);
    const auto journal = TryOpen();
    ASSERT_THAT(journal, FailsWith(ErrorCode::kCorruptData)) << at - frame;
    EXPECT_THAT(journal.error().detail, HasSubstr(FirstSegment()));
    EXPECT_THAT(journal.error().detail, HasSubstr("offset " + std::to_string(frame)));
  }
}

TEST_F(JournalTest, DamageInAnOlderSegmentIsFoundWhenItIsRead) {
  options_.segment_bytes = 3'000;
  Fill(20);
  std::string bytes = Contents(FirstSegment());
  bytes[100] ^= 1;
  Replace(FirstSegment(), bytes);
  const auto journal = Open();
  EXPECT_THAT(journal->Read(0, 1), FailsWith(ErrorCode::kCorruptData));
  EXPECT_THAT(journal->Read(19, 1), IsOk());
}

TEST_F(JournalTest, RecordsThatWereSignedForMustBeThere) {
  Fill(5);
  Replace(FirstSegment(), Contents(FirstSegment()).substr(0, FrameOffset(FirstSegment(), 3)));
  const auto journal = TryOpen();
  ASSERT_THAT(journal, FailsWith(ErrorCode::kCorruptData));
  EXPECT_THAT(journal.error().detail, HasSubstr("a head of 5 records was signed, and 3 are here"));
}

TEST_F(JournalTest, MakesTheTreeAgainFromTheRecords) {
  options_.segment_bytes = 3'000;
  Fill(40);
  const std::string tree = Contents(Path("tree"));
  const std::string lost_end = tree.substr(0, tree.size() - 3 * sizeof(Hash));
  for (const std::string& left : {std::string(), tree.substr(0, 100), lost_end,
                                  lost_end + std::string(96, '\0'), tree + std::string(40, 'x')}) {
    Replace(Path("tree"), left);
    Open();
    EXPECT_EQ(Contents(Path("tree")), tree);
  }
}

TEST_F(JournalTest, ATreeThatDoesNotFitIsDamage) {
  Fill(3);
  const std::string tree = Contents(Path("tree"));
  std::string other = tree;
  other[3 * sizeof(Hash)] ^= 1;  // the leaf of record 2
  Replace(Path("tree"), other);
  const auto journal = TryOpen();
  ASSERT_THAT(journal, FailsWith(ErrorCode::kCorruptData));
  EXPECT_THAT(journal.error().detail, HasSubstr("record 2 does not fit its hash"));
  // An altered record with an altered hash does not fit the head.
  Replace(Path("tree"), "");
  std::string bytes;
  for (Sequence i = 0; i < 3; ++i) {
    std::string body;
    AppendRecordBody(TypicalRecord("forged"), body);
    AppendFrame({.node = "node-1", .sequence = i, .body = body}, bytes);
  }
  Replace(FirstSegment(), bytes);
  EXPECT_THAT(TryOpen(), FailsWith(ErrorCode::kCorruptData));
}

/// Appends on several threads until it is killed, and writes the numbers of what was accepted to
/// `out`, each record's number being its request id.
[[noreturn]] void AppendUntilKilled(const JournalOptions& options, const Clock& clock, int out) {
  const auto journal = Journal::Open(options, TestKey(), clock).value();
  const Sequence begin = journal->size();
  std::atomic<int> next = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      while (true) {
        const int id = next++;
        const Record record = TypicalRecord(Format("{}/{}", begin, id));
        const bool is_accepted =
            t % 2 == 0 ? journal->Append(record).ok() : journal->AppendUnsynced(record).ok();
        if (is_accepted && ::write(out, &id, sizeof(id)) != sizeof(id)) ::_exit(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ::_exit(1);
}

#ifdef __has_feature
constexpr bool kIsThreadSanitized = __has_feature(thread_sanitizer);
#else
constexpr bool kIsThreadSanitized = false;
#endif

TEST_F(JournalTest, WhatWasAcceptedOutlivesTheProcess) {
  if (kIsThreadSanitized) GTEST_SKIP() << "TSan does not follow a fork into threads";
  options_.segment_bytes = 100'000;
  options_.lazy_sync = std::chrono::hours(1);
  std::vector<std::string> accepted;
  Sequence begin = 0;
  for (int round = 0; round < 5; ++round) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) AppendUntilKilled(options_, clock_, pipe[1]);
    ::close(pipe[1]);
    int id = 0;
    for (int i = 0; ::read(pipe[0], &id, sizeof(id)) == static_cast<ssize_t>(sizeof(id)); ++i) {
      accepted.push_back(Format("{}/{}", begin, id));
      if (i == 300 + 37 * round) ::kill(child, SIGKILL);
    }
    ::close(pipe[0]);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    const auto journal = Open();
    EXPECT_GT(journal->size(), begin + 300);
    begin = journal->size();
    EXPECT_THAT(RequestIds(*journal), testing::IsSupersetOf(accepted));
  }
}

}  // namespace
}  // namespace sluice::audit
