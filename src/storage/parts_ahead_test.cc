#include "storage/parts_ahead.h"

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>

#include "base/testing.h"

namespace sluice::storage {
namespace {

using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

using Spans = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

/// What was read of an object, and how much of that at once.
struct Noted {
  std::mutex mutex;
  std::condition_variable changed;
  Spans reads;
  std::size_t under_way = 0;
  std::size_t most_under_way = 0;
  std::size_t needed_at_once = 0;  ///< Reads end once so many have begun.
  std::uint64_t fails_from = ~std::uint64_t{0};
};

/// Byte i is the lowest of i / 7.
class CountingObject final : public RandomAccessObject {
 public:
  CountingObject(std::uint64_t size_bytes, Noted& noted) : size_bytes_(size_bytes), noted_(noted) {}

  std::uint64_t size_bytes() const override { return size_bytes_; }
  Result<void> ReadAt(std::uint64_t offset, std::span<char> out) const override {
    if (offset > size_bytes_ || out.size() > size_bytes_ - offset) return InvalidArgument("short");
    std::unique_lock lock(noted_.mutex);
    noted_.reads.emplace_back(offset, out.size());
    ++noted_.under_way;
    noted_.most_under_way = std::max(noted_.most_under_way, noted_.under_way);
    noted_.changed.notify_all();
    if (offset != size_bytes_ - out.size()) {
      noted_.changed.wait(lock, [this] { return noted_.most_under_way >= noted_.needed_at_once; });
    }
    --noted_.under_way;
    if (offset >= noted_.fails_from) return Unavailable("the object was replaced");
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<char>((offset + i) / 7);
    return {};
  }

 private:
  const std::uint64_t size_bytes_;
  Noted& noted_;
};

class CountingStore final : public ObjectStore {
 public:
  CountingStore(std::uint64_t size_bytes, bool is_remote)
      : size_bytes_(size_bytes), is_remote_(is_remote) {}

  bool is_remote() const override { return is_remote_; }
  Result<std::unique_ptr<RandomAccessObject>> Open(std::string_view) override {
    return std::make_unique<CountingObject>(size_bytes_, noted);
  }
  Result<std::vector<ObjectInfo>> List(const ListRequest&) override { return NotFound("none"); }
  Result<std::vector<std::string>> ListFolders(std::string_view, std::size_t) override {
    return NotFound("none");
  }
  Result<ObjectInfo> Stat(std::string_view) override { return NotFound("none"); }
  Result<std::string> ReadAll(std::string_view, std::uint64_t) override { return NotFound("none"); }
  Result<std::unique_ptr<ObjectStream>> OpenStream(std::string_view, const ObjectInfo&,
                                                   ByteSpan) override {
    return NotFound("none");
  }
  Result<void> PutIfAbsent(std::string_view, std::string_view) override { return {}; }

  Noted noted;

 private:
  const std::uint64_t size_bytes_;
  const bool is_remote_;
};

class PartsAheadTest : public testing::Test {
 protected:
  static constexpr std::uint64_t kMiB = 1 << 20;

  void OpenObject(std::uint64_t size_bytes, bool is_remote = true) {
    store_ = std::make_unique<CountingStore>(size_bytes, is_remote);
    object_ = OpenAhead(*store_, "x").value();
  }
  Spans Reads() {
    const std::lock_guard lock(store_->noted.mutex);
    return store_->noted.reads;
  }
  void Forget() {
    const std::lock_guard lock(store_->noted.mutex);
    store_->noted.reads.clear();
  }
  /// Whether a part is read, and rightly.
  Result<void> Read(std::uint64_t offset, std::size_t length) {
    std::string bytes(length, ' ');
    TRY(object_->ReadAt(offset, bytes));
    for (std::size_t i = 0; i < length; ++i) {
      if (bytes[i] != static_cast<char>((offset + i) / 7)) return CorruptData("at {}", offset + i);
    }
    return {};
  }
  /// Reads from front to back by steps of 1 MiB.
  Result<void> ReadThrough(std::uint64_t begin, std::uint64_t end) {
    for (; begin < end; begin += kMiB) TRY(Read(begin, std::min(kMiB, end - begin)));
    return {};
  }

  std::unique_ptr<CountingStore> store_;
  std::unique_ptr<RandomAccessObject> object_;
};

TEST_F(PartsAheadTest, SmallObjectComesByOneRequest) {
  for (const std::uint64_t size_bytes : {std::uint64_t{0}, std::uint64_t{10}, 2 * kMiB}) {
    OpenObject(size_bytes);
    object_->WillRead({{{.offset = 0, .length = size_bytes}}});
    EXPECT_THAT(ReadThrough(0, size_bytes), IsOk());
    EXPECT_THAT(Reads(), UnorderedElementsAre(std::pair(0, size_bytes)));
  }
}

TEST_F(PartsAheadTest, StoreOfThisMachineIsReadAsItIsAsked) {
  OpenObject(10, /*is_remote=*/false);
  EXPECT_THAT(Reads(), IsEmpty());
  object_->WillRead({{{.offset = 0, .length = 10}}});
  EXPECT_THAT(Read(2, 3), IsOk());
  EXPECT_THAT(Reads(), UnorderedElementsAre(std::pair(2, 3)));
}

TEST_F(PartsAheadTest, PartsAreAskedForSeveralAtATime) {
  OpenObject(64 * kMiB);
  store_->noted.needed_at_once = kRequestsAhead;
  object_->WillRead({{{.offset = 0, .length = 40 * kMiB}}});
  EXPECT_THAT(ReadThrough(0, 40 * kMiB), IsOk());
  EXPECT_EQ(store_->noted.most_under_way, kRequestsAhead);
  EXPECT_THAT(Reads(), SizeIs(21));  // the end of the object, and 20 parts
}

TEST_F(PartsAheadTest, WhatNobodyReadsIsNotAskedForWithoutBound) {
  OpenObject(200 * kMiB);
  object_->WillRead({{{.offset = 0, .length = 199 * kMiB}}});
  {
    std::unique_lock lock(store_->noted.mutex);
    store_->noted.changed.wait(lock, [this] { return store_->noted.reads.size() > kPartsAhead; });
  }
  // What is beyond is read by itself, and only as far as it is asked for.
  EXPECT_THAT(Read(150 * kMiB, 1000), IsOk());
  EXPECT_EQ(Reads().back(), std::pair(150 * kMiB, std::uint64_t{1000}));
  object_.reset();
  EXPECT_THAT(Reads(), SizeIs(kPartsAhead + 2));
}

TEST_F(PartsAheadTest, ColumnsThatAreReadSideBySideComeSideBySide) {
  OpenObject(41 * kMiB);
  std::vector<ByteSpan> columns;
  for (std::uint64_t i = 0; i < 5; ++i) {
    columns.push_back({.offset = i * 8 * kMiB, .length = 8 * kMiB});
  }
  object_->WillRead({columns});
  for (std::uint64_t at = 0; at < 8 * kMiB; at += kMiB) {
    for (const ByteSpan column : columns) ASSERT_THAT(Read(column.offset + at, kMiB), IsOk());
  }
  EXPECT_THAT(Reads(), SizeIs(1 + 5 * 4));
}

TEST_F(PartsAheadTest, MoreColumnsThanAreHeldAreReadAllTheSame) {
  OpenObject(81 * kMiB);
  std::vector<ByteSpan> columns;
  for (std::uint64_t i = 0; i < kPartsAhead + 4; ++i) {
    columns.push_back({.offset = i * 4 * kMiB, .length = 4 * kMiB});
  }
  object_->WillRead({columns});
  for (std::uint64_t at = 0; at < 4 * kMiB; at += kMiB) {
    for (const ByteSpan column : columns) ASSERT_THAT(Read(column.offset + at, kMiB), IsOk());
  }
  EXPECT_LE(store_->noted.most_under_way, kRequestsAhead + 1);
  // Nothing of what was read is held: all that follows is read ahead again.
  Forget();
  object_->WillRead({{{.offset = 80 * kMiB, .length = kMiB / 2}}});
  EXPECT_THAT(Read(80 * kMiB, 1000), IsOk());
  EXPECT_EQ(Reads().back(), std::pair(80 * kMiB, kMiB / 2));
}

TEST_F(PartsAheadTest, SmallColumnsThatLieTogetherComeTogether) {
  OpenObject(100 * kMiB);
  object_->WillRead({{{.offset = 3000, .length = 1000},
                      {.offset = 0, .length = 1000},
                      {.offset = 2000, .length = 1000},
                      {.offset = 50 * kMiB, .length = 1000}}});
  EXPECT_THAT(Read(0, 1000), IsOk());
  EXPECT_THAT(Read(2000, 2000), IsOk());
  EXPECT_THAT(Read(50 * kMiB, 1000), IsOk());
  EXPECT_THAT(Reads(), UnorderedElementsAre(std::pair(100 * kMiB - kTailBytes, kTailBytes),
                                            std::pair(0, 4000), std::pair(50 * kMiB, 1000)));
}

TEST_F(PartsAheadTest, WhatWasNotToldIsReadAllTheSame) {
  OpenObject(10 * kMiB);
  Forget();
  object_->WillRead({{{.offset = 1000, .length = 1000}}});
  EXPECT_THAT(Read(0, 5000), IsOk());
  EXPECT_THAT(Reads(), UnorderedElementsAre(std::pair(0, 1000), std::pair(1000, 1000),
                                            std::pair(2000, 3000)));
  EXPECT_THAT(Read(1500, 100), IsOk());  // once more
  EXPECT_THAT(Read(10 * kMiB - kTailBytes - 10, 20), IsOk());
  EXPECT_THAT(Read(10 * kMiB, 0), IsOk());
  EXPECT_THAT(Read(10 * kMiB - 1, 2), FailsWith(ErrorCode::kInvalidArgument));
}

TEST_F(PartsAheadTest, PlanThatIsLongerThanTheObjectIsNone) {
  OpenObject(10 * kMiB);
  Forget();
  std::vector<ByteSpan> all;
  for (std::uint64_t i = 0; i < 1'000; ++i) all.push_back({.offset = i, .length = 9 * kMiB});
  object_->WillRead({all});
  EXPECT_THAT(Read(5, 10), IsOk());
  EXPECT_THAT(Reads(), UnorderedElementsAre(std::pair(5, 10)));
}

TEST_F(PartsAheadTest, FailureReachesTheReader) {
  OpenObject(20 * kMiB);
  store_->noted.fails_from = 8 * kMiB;
  object_->WillRead({{{.offset = 0, .length = 16 * kMiB}}});
  EXPECT_THAT(ReadThrough(0, 8 * kMiB), IsOk());
  EXPECT_THAT(Read(8 * kMiB, 1000), FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(Read(9 * kMiB, 1000), FailsWith(ErrorCode::kUnavailable));
}

}  // namespace
}  // namespace sluice::storage
