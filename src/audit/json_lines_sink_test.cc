#include "audit/json_lines_sink.h"

#include <sys/stat.h>

#include "audit/journal_test_support.h"

namespace sluice::audit {
namespace {

using namespace std::chrono_literals;

class JsonLinesSinkTest : public JournalTest {
 protected:
  std::unique_ptr<Destination> Sink() {
    return NewJsonLinesSink({.path = path_, .node = "node-1", .max_bytes = max_bytes_}, clock_);
  }
  static std::vector<std::string> Records(Sequence first, int count) {
    std::vector<std::string> records;
    for (int i = 0; i < count; ++i) {
      records.push_back(EncodeRecord("node-1", first + i, TypicalRecord()));
    }
    return records;
  }
  static std::string Lines(Sequence first, int count) {
    std::string lines;
    for (const std::string& record : Records(first, count)) lines += record + "\n";
    return lines;
  }
  /// All files of records, as they stand beside each other, oldest first, and the current one.
  std::vector<std::string> Files() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(root_)) {
      const std::string path = entry.path();
      if (path.starts_with(path_ + ".2")) names.push_back(path);
    }
    std::ranges::sort(names);
    names.push_back(path_);
    std::vector<std::string> contents;
    for (const std::string& name : names) contents.push_back(Contents(name));
    return contents;
  }

  const std::string path_ = root_ + "/audit.jsonl";
  std::int64_t max_bytes_ = 1 << 20;
};

TEST_F(JsonLinesSinkTest, WritesALineForEachRecordIntoAPrivateFile) {
  const auto sink = Sink();
  EXPECT_THAT(sink->Next(), IsOkAnd(0));
  ASSERT_THAT(sink->Take(0, Records(0, 3)), IsOk());
  ASSERT_THAT(sink->Take(3, Records(3, 2)), IsOk());
  EXPECT_EQ(Contents(path_), Lines(0, 5));
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600);
}

TEST_F(JsonLinesSinkTest, GoesOnWhereItWas) {
  EXPECT_THAT(Sink()->Next(), IsOkAnd(0));
  {
    const auto sink = Sink();
    ASSERT_THAT(sink->Next(), IsOk());
    ASSERT_THAT(sink->Take(0, Records(0, 3)), IsOk());
  }
  EXPECT_THAT(Sink()->Next(), IsOkAnd(3));
  std::filesystem::remove(path_);  // the position's own file tells it
  EXPECT_THAT(Sink()->Next(), IsOkAnd(3));
}

TEST_F(JsonLinesSinkTest, AfterACrashTheLastWholeLineTellsWhereItWas) {
  const std::string whole = Lines(0, 4);
  Replace(path_, whole + R"({"node":"node-1","se)");
  EXPECT_THAT(Sink()->Next(), IsOkAnd(4));
  EXPECT_EQ(Contents(path_), whole);
  Replace(path_, R"({"node":"node-1","se)");
  EXPECT_THAT(Sink()->Next(), IsOkAnd(0));
  EXPECT_EQ(Contents(path_), "");
}

TEST_F(JsonLinesSinkTest, LinesOfAnotherNodeAreNotItsOwn) {
  Replace(path_, EncodeRecord("node-2", 7, TypicalRecord()) + "\n");
  Replace(path_ + ".position", "node-10 12\n");
  EXPECT_THAT(Sink()->Next(), IsOkAnd(0));
}

TEST_F(JsonLinesSinkTest, AFileThatIsLargeEnoughIsRenamed) {
  max_bytes_ = std::ssize(Lines(0, 2));
  const auto sink = Sink();
  ASSERT_THAT(sink->Next(), IsOk());
  ASSERT_THAT(sink->Take(0, Records(0, 5)), IsOk());
  EXPECT_THAT(Files(), testing::ElementsAre(Lines(0, 2), Lines(2, 2), Lines(4, 1)));
}

TEST_F(JsonLinesSinkTest, AFileThatIsOldEnoughIsRenamed) {
  const auto sink = Sink();
  ASSERT_THAT(sink->Next(), IsOk());
  ASSERT_THAT(sink->Take(0, Records(0, 1)), IsOk());
  ASSERT_THAT(sink->Rest(), IsOk());
  clock_.Advance(25h);
  ASSERT_THAT(sink->Rest(), IsOk());
  ASSERT_THAT(sink->Rest(), IsOk());
  EXPECT_THAT(Files(), testing::ElementsAre(Lines(0, 1), ""));
  EXPECT_THAT(Sink()->Next(), IsOkAnd(1));
}

TEST_F(JsonLinesSinkTest, AFileThatWasMovedAwayIsBegunAgain) {
  const auto sink = Sink();
  ASSERT_THAT(sink->Next(), IsOk());
  ASSERT_THAT(sink->Take(0, Records(0, 1)), IsOk());
  std::filesystem::rename(path_, root_ + "/moved");
  ASSERT_THAT(sink->Take(1, Records(1, 1)), IsOk());
  EXPECT_EQ(Contents(root_ + "/moved"), Lines(0, 1));
  EXPECT_EQ(Contents(path_), Lines(1, 1));
}

TEST_F(JsonLinesSinkTest, AFolderThatIsNotThereIsAnErrorOnEachTry) {
  const auto sink = NewJsonLinesSink({.path = root_ + "/none/a", .node = "node-1"}, clock_);
  EXPECT_THAT(sink->Next(), FailsWith(ErrorCode::kUnavailable));
}

}  // namespace
}  // namespace sluice::audit
