#pragma once

// A folder, a key and a clock for tests of journals.

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "audit/journal.h"
#include "audit/record_test_support.h"
#include "audit/segment.h"
#include "base/testing.h"
#include "crypto/hash.h"

namespace sluice::audit {

inline crypto::SigningKey TestKey(char seed = 'k') {
  return crypto::SigningKey::FromSeed(Secret(std::string(crypto::kSigningSeedBytes, seed))).value();
}

inline crypto::VerifyKey TestVerifyKey(char seed = 'k') {
  return crypto::VerifyKey::FromBytes(crypto::AsText(TestKey(seed).public_key())).value();
}

class JournalTest : public testing::Test {
 protected:
  JournalTest() {
    std::string pattern = testing::TempDir() + "audit_XXXXXX";
    root_ = ::mkdtemp(pattern.data());
    options_.directory = root_ + "/audit";
    options_.node = "node-1";
    options_.retry_delay = std::chrono::milliseconds(0);
  }
  ~JournalTest() override { std::filesystem::remove_all(root_); }

  Result<std::unique_ptr<Journal>> TryOpen() { return Journal::Open(options_, TestKey(), clock_); }
  std::unique_ptr<Journal> Open() {
    auto journal = TryOpen();
    CHECK(journal.ok(), journal.ok() ? "" : journal.error().ToString().c_str());
    return std::move(journal).value();
  }
  /// A journal of so many records, closed again. Their request ids are "r0", "r1", ...
  void Fill(int count) {
    const auto journal = Open();
    const auto begin = journal->size();
    for (auto i = begin; i < begin + count; ++i) {
      ASSERT_THAT(journal->Append(TypicalRecord("r" + std::to_string(i))), IsOk());
    }
  }
  static std::vector<std::string> RequestIds(const Journal& journal) {
    std::vector<std::string> ids;
    Sequence expected = 0;
    const std::vector<std::string> texts = journal.Read(0, 1'000'000).value();
    for (const std::string& text : texts) {
      const DecodedRecord decoded = DecodeRecord(text).value();
      EXPECT_EQ(decoded.sequence, expected++);
      ids.push_back(decoded.record.request_id);
    }
    return ids;
  }

  std::string Path(const std::string& name) const { return options_.directory + "/" + name; }
  std::string FirstSegment() const { return SegmentPath(options_.directory, 0); }
  static std::string Contents(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static void Replace(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }
  /// Where frame `n` of a segment begins.
  static std::size_t FrameOffset(const std::string& path, int n) {
    SegmentReader reader = SegmentReader::Open(path).value();
    for (int i = 0; i < n; ++i) CHECK(reader.Next().value().has_value(), "the frame is there");
    return static_cast<std::size_t>(reader.offset());
  }

  std::string root_;
  JournalOptions options_;
  ManualClock clock_{SystemTime(std::chrono::milliseconds(1'795'255'200'000))};
};

}  // namespace sluice::audit
