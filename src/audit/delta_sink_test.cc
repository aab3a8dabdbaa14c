#include "audit/delta_sink.h"

#include <sys/stat.h>

#include <thread>

#include "audit/delta_test_support.h"
#include "audit/journal_test_support.h"
#include "delta/delta_table.h"
#include "storage/object_store.h"

namespace sluice::audit {
namespace {

using namespace std::chrono_literals;

class DeltaSinkTest : public JournalTest {
 protected:
  std::unique_ptr<Destination> Sink(const std::string& node = "node-1") {
    return NewDeltaSink({.folder = folder_, .node = node}, clock_);
  }
  static std::vector<std::string> Records(Sequence first, int count,
                                          const std::string& node = "node-1") {
    std::vector<std::string> records;
    for (int i = 0; i < count; ++i) {
      Record record = TypicalRecord("r" + std::to_string(first + i));
      record.columns = {"id", "naïve"};
      records.push_back(EncodeRecord(node, first + i, record));
    }
    return records;
  }
  table::SnapshotPtr Latest() {
    const auto table = delta::NewDeltaTable(storage::NewLocalStore(), folder_);
    auto snapshot = table->Latest();
    EXPECT_THAT(snapshot, IsOk());
    return std::move(snapshot).value();
  }
  const std::string folder_ = root_ + "/audit_table";
};

TEST_F(DeltaSinkTest, IsATableThatOurReaderReads) {
  const auto sink = Sink();
  EXPECT_THAT(sink->Next(), IsOkAnd(0));
  ASSERT_THAT(sink->Take(0, Records(0, 3)), IsOk());
  ASSERT_THAT(sink->Take(3, Records(3, 2)), IsOk());
  const auto snapshot = Latest();
  EXPECT_EQ(snapshot->version().value(), 2);
  EXPECT_EQ(snapshot->file_count(), 2);
  EXPECT_GT(snapshot->total_bytes(), 0);
}

TEST_F(DeltaSinkTest, GoesOnBehindItsLastTransactionWhateverOthersWrote) {
  ASSERT_THAT(Sink()->Next(), IsOk());
  {
    const auto one = Sink("node-1");
    const auto two = Sink("node-2");
    ASSERT_THAT(one->Next(), IsOk());
    ASSERT_THAT(two->Next(), IsOk());
    ASSERT_THAT(one->Take(0, Records(0, 4)), IsOk());
    ASSERT_THAT(two->Take(0, Records(0, 7, "node-2")), IsOk());
    ASSERT_THAT(two->Take(7, Records(7, 1, "node-2")), IsOk());
  }
  EXPECT_THAT(Sink("node-1")->Next(), IsOkAnd(4));
  EXPECT_THAT(Sink("node-2")->Next(), IsOkAnd(8));
  EXPECT_THAT(Sink("node-3")->Next(), IsOkAnd(0));
}

TEST_F(DeltaSinkTest, NodesThatBeginAtOnceMakeOneTable) {
  std::vector<std::thread> nodes;
  for (int node = 0; node < 4; ++node) {
    nodes.emplace_back([this, name = "n" + std::to_string(node)] {
      const auto sink = Sink(name);
      EXPECT_THAT(sink->Next(), IsOk());
      for (int i = 0; i < 5; ++i) EXPECT_THAT(sink->Take(i, Records(i, 1, name)), IsOk());
    });
  }
  for (std::thread& node : nodes) node.join();
  const auto snapshot = Latest();
  EXPECT_EQ(snapshot->version().value(), 20);
  EXPECT_EQ(snapshot->file_count(), 20);
}

TEST_F(DeltaSinkTest, DeltalakeReadsEveryColumn) {
  if (!HasDeltalake()) GTEST_SKIP() << "no .venv with deltalake: ./dev setup makes it";
  const auto sink = Sink();
  ASSERT_THAT(sink->Next(), IsOk());
  std::vector<std::string> records = Records(0, 2);
  Record late = TypicalRecord("late \"x\"\n");
  late.time += 24h;
  late.allowed = false;
  late.files = {};
  records.push_back(EncodeRecord("node-1", 2, late));
  records.emplace_back("{\"unreadable\":1}");
  ASSERT_THAT(sink->Take(0, records), IsOk());
  EXPECT_EQ(AskDeltalake(folder_, root_ + "/ask.py", R"(
rows = sorted(t.to_pyarrow_table().to_pylist(), key=lambda r: r['seq'])
print(t.version(), len(rows), t.metadata().name, t.metadata().partition_columns)
print(*[str(r['day']) for r in rows])
for key in ('node', 'time', 'action', 'allowed', 'recipient', 'share', 'columns', 'version', 'files'):
    print(key, rows[0][key])
print(rows[2]['allowed'], rows[2]['files'], rows[2]['columns'], repr(rows[2]['request_id']))
print(rows[3]['record'], rows[3]['recipient'])
print(t.to_pandas(filters=[('seq', '>=', 2)]).shape[0])
)"),
            "1 4 sluice_audit ['day']\n"
            "2026-11-21 2026-11-21 2026-11-22 1970-01-01\n"
            "node node-1\n"
            "time 2026-11-21 10:00:00.123000+00:00\n"
            "action query\n"
            "allowed True\n"
            "recipient acme\n"
            "share sales\n"
            "columns ['id', 'naïve']\n"
            "version 1042\n"
            "files 37\n"
            "False None None 'late \"x\"\\n'\n"
            "{\"unreadable\":1} None\n"
            "2\n");
}

TEST_F(DeltaSinkTest, GoesOnAfterAnotherProgramCompactedTheTable) {
  if (!HasDeltalake()) GTEST_SKIP() << "no .venv with deltalake: ./dev setup makes it";
  const auto sink = Sink();
  ASSERT_THAT(sink->Next(), IsOk());
  for (int i = 0; i < 3; ++i) ASSERT_THAT(sink->Take(i, Records(i, 1)), IsOk());
  const std::string script = root_ + "/ask.py";
  EXPECT_EQ(AskDeltalake(folder_, script,
                         "print(t.optimize.compact()['numFilesRemoved'])\nt.create_checkpoint()"),
            "3\n");
  ASSERT_THAT(sink->Take(3, Records(3, 1)), IsOk());
  EXPECT_THAT(Sink()->Next(), IsOkAnd(4));
  EXPECT_EQ(Latest()->file_count(), 2);
  EXPECT_EQ(AskDeltalake(folder_, script,
                         "print(sorted(t.to_pyarrow_table().column('seq').to_pylist()))"),
            "[0, 1, 2, 3]\n");
}

TEST_F(DeltaSinkTest, NothingIsTornWhereACrashCameBetween) {
  const auto sink = Sink();
  ASSERT_THAT(sink->Next(), IsOk());
  ASSERT_THAT(sink->Take(0, Records(0, 3)), IsOk());
  // A commit half written, and a file that no commit names.
  Replace(folder_ + "/_delta_log/.new-crashed", R"({"txn":{"appId":"node-1","ver)");
  Replace(folder_ + "/day=2026-11-21/orphan.parquet", "PAR1");
  const auto again = Sink();
  EXPECT_THAT(again->Next(), IsOkAnd(3));
  EXPECT_THAT(again->Take(3, Records(3, 1)), IsOk());
  EXPECT_EQ(Latest()->file_count(), 2);
}

TEST_F(DeltaSinkTest, ItsFilesAreForTheServerAlone) {
  const auto sink = Sink();
  ASSERT_THAT(sink->Next(), IsOk());
  ASSERT_THAT(sink->Take(0, Records(0, 1)), IsOk());
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
    struct stat status {};
    ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 077, 0) << entry.path();
  }
}

}  // namespace
}  // namespace sluice::audit
