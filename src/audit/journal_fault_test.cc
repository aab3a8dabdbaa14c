// A journal whose disk fails: nothing is acknowledged that is not there, nothing refused comes
// back.

#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <thread>

#include "audit/journal_test_support.h"

namespace sluice::audit {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

/// System calls that fail so many times more, with such an errno.
class FailingCalls final : public SystemCalls {
 public:
  struct Plan {
    std::atomic<int> times = 0;
    int error_number = EIO;
    bool Fails() const {
      auto& left = const_cast<std::atomic<int>&>(times);
      if (left.load() <= 0) return false;
      --left;
      errno = error_number;
      return true;
    }
  };

  int Create(const char* path) const override {
    return create.Fails() ? -1 : SystemCalls::Create(path);
  }
  ssize_t Write(int fd, const char* bytes, std::size_t count, off_t offset) const override {
    if (!write.Fails()) return SystemCalls::Write(fd, bytes, count, offset);
    (void)SystemCalls::Write(fd, bytes, count / 2, offset);  // as a full disk does
    errno = write.error_number;
    return -1;
  }
  int Sync(int fd) const override { return sync.Fails() ? -1 : SystemCalls::Sync(fd); }
  int Truncate(int fd, off_t size) const override {
    return truncate.Fails() ? -1 : SystemCalls::Truncate(fd, size);
  }

  Plan create, write, sync, truncate;
};

class FaultTest : public JournalTest {
 protected:
  FaultTest() { options_.calls = &calls_; }

  FailingCalls calls_;
};

TEST_F(FaultTest, AWriteThatFailsIsRefusedAndLeavesNoTrace) {
  calls_.write.error_number = ENOSPC;
  {
    const auto journal = Open();
    EXPECT_THAT(journal->Append(TypicalRecord("a")), IsOkAnd(0));
    calls_.write.times = 1;
    const auto refused = journal->Append(TypicalRecord("refused"));
    ASSERT_THAT(refused, FailsWith(ErrorCode::kUnavailable));
    EXPECT_EQ(refused.error().message, "the audit log cannot be written");
    EXPECT_TRUE(journal->stats().is_failing);
    EXPECT_EQ(journal->stats().failures, 1);
    EXPECT_THAT(journal->stats().last_failure, HasSubstr("No space left"));
    EXPECT_THAT(journal->Append(TypicalRecord("b")), IsOkAnd(1));
    EXPECT_FALSE(journal->stats().is_failing);
    EXPECT_EQ(journal->stats().waiting_bytes, 0);
  }
  EXPECT_THAT(RequestIds(*Open()), ElementsAre("a", "b"));
}

TEST_F(FaultTest, AFileWhoseSyncFailedIsWrittenNoMore) {
  {
    const auto journal = Open();
    EXPECT_THAT(journal->Append(TypicalRecord("a")), IsOk());
    calls_.sync.times = 1;
    EXPECT_THAT(journal->Append(TypicalRecord("refused")), FailsWith(ErrorCode::kUnavailable));
    EXPECT_THAT(journal->Append(TypicalRecord("b")), IsOkAnd(1));
    EXPECT_THAT(RequestIds(*journal), ElementsAre("a", "b"));
  }
  const auto segments = ListSegments(options_.directory).value();
  ASSERT_EQ(segments.size(), 2U);
  EXPECT_EQ(segments[1].first, 1);
  EXPECT_THAT(RequestIds(*Open()), ElementsAre("a", "b"));
}

TEST_F(FaultTest, WhatCannotBeCutOffDoesNotCount) {
  {
    const auto journal = Open();
    EXPECT_THAT(journal->Append(TypicalRecord("a")), IsOk());
    calls_.sync.times = 1;
    calls_.truncate.times = 2;  // of the tree and of the segment
    EXPECT_THAT(journal->Append(TypicalRecord("refused")), FailsWith(ErrorCode::kUnavailable));
    EXPECT_THAT(journal->Append(TypicalRecord("b")), IsOkAnd(1));
    EXPECT_THAT(Contents(FirstSegment()), HasSubstr("refused"));
    EXPECT_THAT(RequestIds(*journal), ElementsAre("a", "b"));
  }
  EXPECT_THAT(RequestIds(*Open()), ElementsAre("a", "b"));
  std::filesystem::remove(Path("tree"));
  EXPECT_THAT(RequestIds(*Open()), ElementsAre("a", "b"));
}

TEST_F(FaultTest, TheFirstWriteOfASegmentMayFail) {
  const auto journal = Open();
  calls_.create.times = 1;
  EXPECT_THAT(journal->Append(TypicalRecord("1")), FailsWith(ErrorCode::kUnavailable));
  calls_.sync.times = 1;  // of the folder
  EXPECT_THAT(journal->Append(TypicalRecord("2")), FailsWith(ErrorCode::kUnavailable));
  calls_.write.times = 1;
  EXPECT_THAT(journal->Append(TypicalRecord("3")), FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(journal->Append(TypicalRecord("4")), IsOkAnd(0));
  EXPECT_THAT(RequestIds(*journal), ElementsAre("4"));
}

TEST_F(FaultTest, ANewSegmentThatCannotBeMadeIsTriedAgain) {
  options_.segment_bytes = 1;  // each record has its own
  const auto journal = Open();
  EXPECT_THAT(journal->Append(TypicalRecord("a")), IsOk());
  calls_.create.times = 1;
  EXPECT_THAT(journal->Append(TypicalRecord("refused")), FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(journal->Append(TypicalRecord("b")), IsOkAnd(1));
  EXPECT_THAT(RequestIds(*journal), ElementsAre("a", "b"));
}

TEST_F(FaultTest, WhatWasAcceptedWithoutWaitingIsTriedAgain) {
  {
    const auto journal = Open();
    ASSERT_THAT(journal->Append(TypicalRecord("first")), IsOk());
    calls_.sync.times = 5;
    ASSERT_THAT(journal->AppendUnsynced(TypicalRecord("kept")), IsOk());
    EXPECT_EQ(journal->WaitBeyond(1, std::chrono::minutes(1)), 2);
    EXPECT_EQ(journal->stats().failures, 5);
    EXPECT_EQ(journal->stats().waiting_bytes, 0);
  }
  EXPECT_THAT(RequestIds(*Open()), ElementsAre("first", "kept"));
}

TEST_F(FaultTest, AWriteThatFailsTakesNothingAlong) {
  options_.lazy_sync = std::chrono::hours(1);
  {
    const auto journal = Open();
    ASSERT_THAT(journal->AppendUnsynced(TypicalRecord("a")), IsOk());
    calls_.write.times = 1;
    EXPECT_THAT(journal->AppendUnsynced(TypicalRecord("no")), FailsWith(ErrorCode::kUnavailable));
    EXPECT_THAT(journal->Append(TypicalRecord("b")), IsOkAnd(1));
    EXPECT_THAT(RequestIds(*journal), ElementsAre("a", "b"));
  }
  EXPECT_THAT(RequestIds(*Open()), ElementsAre("a", "b"));
}

TEST_F(FaultTest, RefusesEverythingWhileItFails) {
  options_.retry_delay = std::chrono::hours(1);
  calls_.write.times = 1;
  const auto journal = Open();
  EXPECT_THAT(journal->Append(TypicalRecord()), FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(journal->Append(TypicalRecord()), FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(journal->AppendUnsynced(TypicalRecord()), FailsWith(ErrorCode::kUnavailable));
  EXPECT_EQ(journal->stats().failures, 1);
}

TEST_F(FaultTest, ThreadsSeeEveryFaultAndLoseNothing) {
  constexpr int kThreads = 4;
  constexpr int kRecords = 300;
  std::atomic<bool> is_done = false;
  std::vector<std::string> expected[kThreads];
  {
    const auto journal = Open();
    std::thread saboteur([&] {
      for (int i = 0; !is_done; ++i) {
        FailingCalls::Plan* const plans[] = {&calls_.write, &calls_.sync, &calls_.create,
                                             &calls_.truncate};
        plans[i % 4]->times = 1;
        std::this_thread::yield();
      }
    });
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kRecords; ++i) {
          const std::string id = std::to_string(t) + "/" + std::to_string(i);
          if (journal->Append(TypicalRecord(id)).ok()) expected[t].push_back(id);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    is_done = true;
    saboteur.join();
    for (FailingCalls::Plan* plan :
         {&calls_.write, &calls_.sync, &calls_.create, &calls_.truncate}) {
      plan->times = 0;
    }
    ASSERT_THAT(journal->Append(TypicalRecord("last")), IsOk());
  }
  const std::vector<std::string> found = RequestIds(*Open());
  std::size_t count = 1;
  for (int t = 0; t < kThreads; ++t) {
    count += expected[t].size();
    std::vector<std::string> of_thread;
    for (const std::string& id : found) {
      if (id.starts_with(std::to_string(t) + "/")) of_thread.push_back(id);
    }
    EXPECT_EQ(of_thread, expected[t]);
  }
  EXPECT_EQ(found.size(), count);
}

TEST_F(JournalTest, AFullDiskIsRefusedAndRoomIsUsedAgain) {
  const std::string disk = root_ + "/disk";
  std::filesystem::create_directory(disk);
  if (::mount("none", disk.c_str(), "tmpfs", 0, "size=1m") != 0) {
    GTEST_SKIP() << "no tmpfs can be mounted here";
  }
  options_.directory = disk + "/audit";
  int accepted = 0;
  {
    const auto journal = Open();
    while (journal->Append(TypicalRecord("r")).ok()) ++accepted;
    EXPECT_GT(accepted, 500);
    EXPECT_THAT(journal->stats().last_failure, HasSubstr("No space left"));
    EXPECT_THAT(RequestIds(*journal), SizeIs(accepted));
    ASSERT_EQ(::mount("none", disk.c_str(), "tmpfs", MS_REMOUNT, "size=2m"), 0);
    EXPECT_THAT(journal->Append(TypicalRecord("room")), IsOkAnd(accepted));
  }
  EXPECT_THAT(RequestIds(*Open()), SizeIs(accepted + 1));
  EXPECT_EQ(::umount(disk.c_str()), 0);
}

TEST_F(JournalTest, ALimitOnTheFilesSizeIsRefusedAndANewFileBegun) {
  struct sigaction ignored {};
  struct sigaction before {};
  ignored.sa_handler = SIG_IGN;
  ::sigaction(SIGXFSZ, &ignored, &before);
  rlimit old_limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old_limit), 0);
  int accepted = 0;
  int refused = 0;
  {
    const auto journal = Open();
    const rlimit limit{.rlim_cur = 64 << 10, .rlim_max = old_limit.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
    for (int i = 0; i < 500; ++i) ++(journal->Append(TypicalRecord("r")).ok() ? accepted : refused);
    EXPECT_THAT(RequestIds(*journal), SizeIs(accepted));
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old_limit), 0);
  }
  ::sigaction(SIGXFSZ, &before, nullptr);
  EXPECT_GT(accepted, 400);
  EXPECT_GT(refused, 1);
  EXPECT_THAT(RequestIds(*Open()), SizeIs(accepted));
}

}  // namespace
}  // namespace sluice::audit
