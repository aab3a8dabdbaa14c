#include "audit/recipient_tables.h"

#include <filesystem>

#include "audit/delta_test_support.h"
#include "audit/journal_test_support.h"

namespace sluice::audit {
namespace {

using testing::IsEmpty;

class RecipientTablesTest : public JournalTest {
 protected:
  std::unique_ptr<Destination> Tables(const std::string& node = "node-1") {
    return NewRecipientTables({.folder = folder_, .node = node}, clock_);
  }
  /// Records of these recipients, from number `first` on.
  static std::vector<std::string> Of(Sequence first, const std::vector<std::string>& recipients,
                                     const std::string& node = "node-1") {
    std::vector<std::string> records;
    for (const std::string& recipient : recipients) {
      Record record = TypicalRecord("r");
      record.recipient = recipient;
      records.push_back(EncodeRecord(node, first + std::ssize(records), record));
    }
    return records;
  }
  /// The numbers of the records in a recipient's table, with their recipients.
  std::string In(const std::string& recipient) {
    return AskDeltalake(folder_ + "/" + recipient, root_ + "/ask.py", R"(
rows = sorted((r['seq'], r['recipient'], r['node']) for r in t.to_pyarrow_table().to_pylist())
print(*[f'{seq}:{who}' + ('' if node == 'node-1' else '@' + node) for seq, who, node in rows], end='')
)");
  }
  std::vector<std::string> Folders() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      if (entry.path().filename() != ".positions") names.push_back(entry.path().filename());
    }
    std::ranges::sort(names);
    return names;
  }

  const std::string folder_ = root_ + "/tables";
};

TEST_F(RecipientTablesTest, EachHasItsOwnRecordsAndNobodyElses) {
  if (!HasDeltalake()) GTEST_SKIP() << "no .venv with deltalake: ./dev setup makes it";
  const auto tables = Tables();
  EXPECT_THAT(tables->Next(), IsOkAnd(0));
  ASSERT_THAT(tables->Take(0, Of(0, {"acme", "bolt", "acme"})), IsOk());
  ASSERT_THAT(tables->Take(3, Of(3, {"bolt"})), IsOk());
  EXPECT_EQ(In("acme"), "0:acme 2:acme");
  EXPECT_EQ(In("bolt"), "1:bolt 3:bolt");
  EXPECT_THAT(Tables()->Next(), IsOkAnd(4));
}

TEST_F(RecipientTablesTest, WhatNoRecipientDidIsInNone) {
  const auto tables = Tables();
  ASSERT_THAT(tables->Next(), IsOk());
  std::vector<std::string> records = Of(0, {"", "../elsewhere", ".hidden", "a/b"});
  Record change = TypicalRecord("r");
  change.action = Action::kChange;
  change.recipient = "owner";
  records.push_back(EncodeRecord("node-1", 4, change));
  records.emplace_back("{\"unreadable\":1}");
  ASSERT_THAT(tables->Take(0, records), IsOk());
  EXPECT_THAT(Folders(), IsEmpty());
  EXPECT_THAT(Tables()->Next(), IsOkAnd(6)) << "they are passed over for good";
}

TEST_F(RecipientTablesTest, ABatchThatWasInterruptedIsTakenOnce) {
  if (!HasDeltalake()) GTEST_SKIP() << "no .venv with deltalake: ./dev setup makes it";
  ASSERT_THAT(Tables()->Next(), IsOk());
  {
    const auto tables = Tables();
    ASSERT_THAT(tables->Next(), IsOk());
    ASSERT_THAT(tables->Take(0, Of(0, {"acme", "bolt"})), IsOk());
  }
  const std::string day = folder_ + "/bolt/day=2026-11-21";
  std::filesystem::rename(day, day + ".away");
  Replace(day, "no folder");
  for (int i = 0; i < 2; ++i) {  // what is known of the first attempt outlives the second
    const auto tables = Tables();
    EXPECT_THAT(tables->Next(), IsOkAnd(2));
    EXPECT_THAT(tables->Take(2, Of(2, {"acme", "bolt", "acme"})),
                FailsWith(ErrorCode::kUnavailable));
  }
  std::filesystem::remove(day);
  std::filesystem::rename(day + ".away", day);
  const auto tables = Tables();
  EXPECT_THAT(tables->Next(), IsOkAnd(2));
  ASSERT_THAT(tables->Take(2, Of(2, {"acme", "bolt", "acme", "acme"})), IsOk());
  EXPECT_EQ(In("acme"), "0:acme 2:acme 4:acme 5:acme");
  EXPECT_EQ(In("bolt"), "1:bolt 3:bolt");
  EXPECT_THAT(Tables()->Next(), IsOkAnd(6));
}

TEST_F(RecipientTablesTest, NodesWriteToTheSameTables) {
  if (!HasDeltalake()) GTEST_SKIP() << "no .venv with deltalake: ./dev setup makes it";
  const auto one = Tables("node-1");
  const auto two = Tables("node-2");
  ASSERT_THAT(one->Next(), IsOk());
  EXPECT_THAT(two->Next(), IsOkAnd(0));
  ASSERT_THAT(one->Take(0, Of(0, {"acme"})), IsOk());
  ASSERT_THAT(two->Take(0, Of(0, {"acme"}, "node-2")), IsOk());
  ASSERT_THAT(one->Take(1, Of(1, {"acme"})), IsOk());
  EXPECT_EQ(In("acme"), "0:acme 0:acme@node-2 1:acme");
}

TEST_F(RecipientTablesTest, APositionThatCannotBeReadIsAnErrorAndNotABeginning) {
  ASSERT_THAT(Tables()->Next(), IsOk());
  for (const char* text : {"{", "[]", "{\"next\":\"1\",\"begun\":{}}", "{\"next\":1}",
                           "{\"next\":1,\"begun\":{\"acme\":\"2\"}}"}) {
    Replace(folder_ + "/.positions/node-1.json", text);
    EXPECT_FALSE(Tables()->Next().ok()) << text;
  }
}

}  // namespace
}  // namespace sluice::audit
