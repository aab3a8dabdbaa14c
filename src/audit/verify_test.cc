// Two verifiers, ours and tools/audit_verify.py, which shares no code with it, must say the same of
// the same journals and receipts.

#include "audit/verify.h"

#include <sys/wait.h>

#include <cstdio>

#include "audit/journal_test_support.h"
#include "audit/receipt.h"
#include "base/encoding.h"

namespace sluice::audit {
namespace {

using testing::AnyOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Verdict {
  bool is_good = false;
  std::string text;
};

class VerifyTest : public JournalTest {
 protected:
  VerifyTest() { options_.segment_bytes = 3'000; }

  static Verdict RunPython(const std::string& arguments) {
    const std::string key = HexEncode(crypto::AsText(TestKey().public_key()));
    const std::string command = "python3 " SLUICE_SOURCE_DIR "/tools/audit_verify.py --key " + key +
                                " " + arguments + " 2>&1";
    FILE* const pipe = ::popen(command.c_str(), "r");
    Verdict verdict;
    for (int c = 0; (c = std::fgetc(pipe)) != EOF;) verdict.text.push_back(static_cast<char>(c));
    const int status = ::pclose(pipe);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) <= 1) << verdict.text;
    EXPECT_THAT(verdict.text, HasSubstr("audit_verify: ")) << "it did not come to its end";
    verdict.is_good = status == 0;
    return verdict;
  }

  VerifyReport Report() {
    const auto report = VerifyJournal(
        {.directory = options_.directory, .keys = {TestVerifyKey()}, .gathered = gathered_});
    EXPECT_THAT(report, IsOk());
    return report.value();
  }
  Verdict PythonOnJournal() {
    std::string lines;
    for (const TreeHead& head : gathered_) lines += EncodeTreeHead(head) + "\n";
    Replace(root_ + "/gathered", lines);
    return RunPython("--journal " + options_.directory + " --heads " + root_ + "/gathered");
  }

  void ExpectGood() {
    EXPECT_THAT(Report().findings, IsEmpty());
    const Verdict python = PythonOnJournal();
    EXPECT_TRUE(python.is_good) << python.text;
  }
  /// Both must find it, and one of our findings must say so.
  void ExpectFinding(const std::string& words) {
    EXPECT_THAT(Report().findings, Contains(HasSubstr(words)));
    const Verdict python = PythonOnJournal();
    EXPECT_FALSE(python.is_good) << words << ": " << python.text;
  }

  std::vector<SegmentFile> Segments() { return ListSegments(options_.directory).value(); }
  std::vector<std::string> Texts(const std::string& segment) {
    std::vector<std::string> texts;
    SegmentReader reader = SegmentReader::Open(segment).value();
    while (const auto text = reader.Next().value()) texts.emplace_back(*text);
    return texts;
  }
  /// Writes the segment anew of these records, with checks that are right.
  static void Rewrite(const std::string& segment, const std::vector<std::string>& texts) {
    std::string bytes;
    for (const std::string& text : texts) {
      const DecodedRecord record = DecodeRecord(text).value();
      std::string body;
      AppendRecordBody(record.record, body);
      AppendFrame({.node = record.node, .sequence = record.sequence, .body = body}, bytes);
    }
    Replace(segment, bytes);
  }
  static std::string Altered(std::string text) {
    const std::size_t at = text.find("acme");
    return text.replace(at, 4, "evil");
  }
  void RemakeTree() {
    std::vector<Hash> hashes;
    const ReadHash read = [&](std::int64_t i) -> Result<Hash> {
      return hashes[static_cast<std::size_t>(i)];
    };
    Sequence number = 0;
    for (const SegmentFile& segment : Segments()) {
      for (const std::string& text : Texts(segment.path)) {
        const auto more = HashesToAppend(number++, LeafHash(text), read).value();
        hashes.insert(hashes.end(), more.begin(), more.end());
      }
    }
    std::string bytes;
    for (const Hash& hash : hashes) bytes += crypto::AsText(hash);
    Replace(Path("tree"), bytes);
  }

  std::vector<TreeHead> gathered_;
};

TEST_F(VerifyTest, AGoodJournalIsGood) {
  Fill(0);
  ExpectGood();
  Fill(1);
  ExpectGood();
  Fill(30);
  ExpectGood();
  const VerifyReport report = Report();
  EXPECT_EQ(report.size, 31);
  EXPECT_GT(report.heads, 3);
  const auto journal = Open();
  gathered_ = {journal->Head().value()};
  const std::int64_t heads = Report().heads;
  gathered_.push_back(gathered_.front());
  EXPECT_EQ(Report().heads, heads) << "each counts once";
  ASSERT_THAT(journal->DropBefore(12), IsOk());
  ExpectGood();  // in use, and without the oldest records
  EXPECT_GT(Report().first, 6);
}

TEST_F(VerifyTest, ATornEndAndALostEndOfTheTreeAreNoFindings) {
  Fill(30);
  const std::string last = Segments().back().path;
  Replace(last, Contents(last) + std::string("\x50\0\0\0torn", 8));
  std::string tree = Contents(Path("tree"));
  Replace(Path("tree"), tree.substr(0, tree.size() - 40));
  ExpectGood();
  EXPECT_THAT(Report().remarks, ElementsAre(HasSubstr("not written to its end")));
}

TEST_F(VerifyTest, FindsAnAlteredRecord) {
  Fill(30);
  std::vector<std::string> texts = Texts(FirstSegment());
  texts[2] = Altered(texts[2]);
  Rewrite(FirstSegment(), texts);
  ExpectFinding("record 2 was altered");
  RemakeTree();
  ExpectFinding("not those for which the head");
}

TEST_F(VerifyTest, TellsBetweenWhichHeadsARecordWasAltered) {
  Fill(30);
  const SegmentFile second = Segments()[1];
  std::vector<std::string> texts = Texts(second.path);
  texts[0] = Altered(texts[0]);
  Rewrite(second.path, texts);
  RemakeTree();
  ExpectFinding("from record " + std::to_string(second.first) + " on");
}

TEST_F(VerifyTest, FindsARemovedRecord) {
  Fill(30);
  std::vector<std::string> texts = Texts(FirstSegment());
  texts.erase(texts.begin() + 1);
  Rewrite(FirstSegment(), texts);
  ExpectFinding("record 2 stands where record 1 should");
}

TEST_F(VerifyTest, FindsRecordsThatChangedPlaces) {
  Fill(30);
  std::vector<std::string> texts = Texts(FirstSegment());
  std::swap(texts[1], texts[2]);
  Rewrite(FirstSegment(), texts);
  ExpectFinding("record 2 stands where record 1 should");
}

TEST_F(VerifyTest, FindsARecordThatWasAdded) {
  Fill(30);
  const std::string last = Segments().back().path;
  std::vector<std::string> texts = Texts(last);
  texts.push_back(texts.back());
  Rewrite(last, texts);
  ExpectFinding("record 29 stands where record 30 should");
}

TEST_F(VerifyTest, FindsThatTheEndIsMissing) {
  Fill(30);
  const std::string last = Segments().back().path;
  std::vector<std::string> texts = Texts(last);
  ASSERT_GT(texts.size(), 1U);
  texts.resize(1);
  Rewrite(last, texts);
  ExpectFinding("missing at the end: a head of 30 records was signed");
}

TEST_F(VerifyTest, FindsAMissingSegment) {
  Fill(30);
  const auto segments = Segments();
  std::filesystem::remove(segments[1].path);
  ExpectFinding("missing");
}

TEST_F(VerifyTest, FindsDamage) {
  Fill(30);
  std::string bytes = Contents(FirstSegment());
  bytes[FrameOffset(FirstSegment(), 3) + 60] ^= 1;
  Replace(FirstSegment(), bytes);
  ExpectFinding("record 3 is damaged");
}

TEST_F(VerifyTest, FindsAnAlteredTree) {
  Fill(30);
  std::string tree = Contents(Path("tree"));
  tree[static_cast<std::size_t>(StoredHashIndex(1, 0)) * sizeof(Hash)] ^= 1;
  Replace(Path("tree"), tree);
  ExpectFinding("the tree was altered");
}

TEST_F(VerifyTest, FindsHeadsThatTheNodeDidNotSign) {
  Fill(5);
  TreeHead head = Open()->Head().value();
  const std::string good = EncodeTreeHead(head) + "\n";
  const auto expect = [&](const TreeHead& other) {
    Replace(Path("heads"), good + EncodeTreeHead(other) + "\n");
    ExpectFinding("not signed by the node's key");
  };
  TreeHead other = head;
  other.size = 4;
  expect(other);
  other = head;
  other.root[5] ^= 1;
  expect(other);
  other = head;
  other.time += std::chrono::milliseconds(1);
  expect(other);
  other = head;
  other.node = "node-2";
  expect(other);
  other = head;
  ASSERT_THAT(SignTreeHead(TestKey('x'), other), IsOk());
  expect(other);
  Replace(Path("heads"), "{}\n" + good);
  ExpectFinding("line 1 of heads cannot be read");
}

TEST_F(VerifyTest, AGatheredHeadShowsThatAllWasWrittenAnew) {
  Fill(20);
  gathered_ = {Open()->Head().value()};
  std::filesystem::remove_all(options_.directory);
  {
    const auto journal = Open();  // by somebody who has the node's key
    for (int i = 0; i < 20; ++i) ASSERT_THAT(journal->Append(TypicalRecord("new")), IsOk());
  }
  ExpectFinding("not those for which the head");
  gathered_.clear();
  ExpectGood();
}

TEST_F(VerifyTest, AKeyOfBeforeIsTakenToo) {
  Fill(5);
  const auto report = VerifyJournal(
      {.directory = options_.directory, .keys = {TestVerifyKey('x'), TestVerifyKey()}});
  ASSERT_THAT(report, IsOk());
  EXPECT_THAT(report->findings, IsEmpty());
}

TEST_F(VerifyTest, WhatIsNotThereCannotBeVerified) {
  EXPECT_FALSE(VerifyJournal({.directory = root_ + "/none"}).ok());
}

TEST_F(VerifyTest, ExportedRecordsAreCheckedByPythonToo) {
  Fill(20);
  std::string lines;
  const std::vector<std::string> texts = Open()->Read(0, 100).value();
  for (const std::string& text : texts) lines += text + "\n";
  const std::string arguments = "--records " + root_ + "/records --heads " + Path("heads");
  Replace(root_ + "/records", lines);
  EXPECT_TRUE(RunPython(arguments).is_good);
  Replace(root_ + "/records", Altered(lines));
  EXPECT_FALSE(RunPython(arguments).is_good);
}

TEST_F(VerifyTest, BothTakeAReceiptAndRefuseAnAlteredOne) {
  Fill(20);
  const auto journal = Open();
  const Receipt receipt = MakeReceipt(*journal, 7).value();
  const auto holds = [&](const Receipt& other) {
    const Receipt read = DecodeReceipt(EncodeReceipt(other)).value();
    Replace(root_ + "/receipt", EncodeReceipt(other));
    const Verdict python = RunPython("--receipt " + root_ + "/receipt");
    const bool is_good = VerifyReceipt(read, {TestVerifyKey()}).ok();
    EXPECT_EQ(python.is_good, is_good) << python.text;
    return is_good;
  };
  EXPECT_TRUE(holds(receipt));
  Receipt other = receipt;
  other.record = Altered(other.record);
  EXPECT_FALSE(holds(other));
  other = receipt;
  other.sequence = 8;
  EXPECT_FALSE(holds(other));
  other = receipt;
  other.proof[2][0] ^= 1;
  EXPECT_FALSE(holds(other));
  other = receipt;
  other.proof.pop_back();
  EXPECT_FALSE(holds(other));
  other = receipt;
  other.head.size = 19;
  EXPECT_FALSE(holds(other));
  other = receipt;
  ASSERT_THAT(SignTreeHead(TestKey('x'), other.head), IsOk());
  EXPECT_FALSE(holds(other));
  EXPECT_THAT(MakeReceipt(*journal, 20), FailsWith(ErrorCode::kNotFound));
}

TEST_F(VerifyTest, BothTakeAConsistencyProof) {
  Fill(20);
  const auto journal = Open();
  const std::vector<TreeHead> heads = journal->Heads().value();
  const auto proof = journal->Consistency(heads[0].size, heads.back().size).value();
  std::string text = R"({"older":)" + EncodeTreeHead(heads[0]) + R"(,"newer":)" +
                     EncodeTreeHead(heads.back()) + R"(,"proof":[)";
  for (const Hash& hash : proof) text += JsonString(Base64Encode(crypto::AsText(hash))) + ",";
  text.back() = ']';
  Replace(root_ + "/proof", text + "}");
  EXPECT_TRUE(RunPython("--consistency " + root_ + "/proof").is_good);
  Replace(root_ + "/proof", text.substr(0, text.rfind(',')) + "]}");
  EXPECT_FALSE(RunPython("--consistency " + root_ + "/proof").is_good);
}

TEST(Receipt, RefusesWhatIsNone) {
  for (const char* text : {"", "[]", "{}", R"({"record":"x","sequence":1})",
                           R"({"record":"x","sequence":1,"head":{},"proof":[]})"}) {
    EXPECT_THAT(DecodeReceipt(text), FailsWith(ErrorCode::kMalformed)) << text;
  }
}

}  // namespace
}  // namespace sluice::audit
