#include "audit/record.h"

#include <algorithm>
#include <chrono>

#include "audit/record_test_support.h"
#include "base/encoding.h"
#include "base/testing.h"

namespace sluice::audit {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Record Decoded(const Record& record) {
  return DecodeRecord(EncodeRecord("n", 0, record)).value().record;
}

TEST(Record, IsOneLineOfJsonInAFixedOrder) {
  EXPECT_EQ(
      EncodeRecord("node-1", 42, TypicalRecord()),
      R"({"node":"node-1","seq":42,"time":"2026-11-21T10:00:00.123Z","action":"query",)"
      R"("allowed":true,"request_id":"4f1c2a9be07d4c55","recipient":"acme",)"
      R"("token_id":"5f0e6d0e-8f43-4a5c-9d0f-3a1f8c1f6f10","peer":"203.0.113.7",)"
      R"("agent":"Delta-Sharing-Python/1.2.0 pandas/2.2.3 PyArrow/17.0.0",)"
      R"("share":"sales","object":"sales.retail.orders","table_id":"0f4b6d8e-1c2d-4e5f-8a9b-0c1d2e3f4a5b",)"
      R"("version":1042,"predicate":"{\"op\":\"equal\",\"children\":[{\"op\":\"column\",)"
      R"(\"name\":\"country\"}]}","files":37,"bytes":1234567890,"delivery":"url"})");
}

TEST(Record, IsReadAsItWasWritten) {
  Record record = TypicalRecord();
  record.allowed = false;
  record.action = Action::kChange;
  record.reason = "1000 requests a day";
  record.purpose = "fraud \"detection\"\n";
  record.version = 0;
  record.end_version = 7;
  record.columns = {"id", "naïve", ""};
  record.link_id = "l";
  record.before = R"({"a":1})";
  record.after = R"({"a":2})";
  const auto decoded = DecodeRecord(EncodeRecord("node\n1", 1'234'567'890'123, record));
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(decoded->node, "node\n1");
  EXPECT_EQ(decoded->sequence, 1'234'567'890'123);
  EXPECT_EQ(decoded->record, record);
}

TEST(Record, IsReadTheSameWhateverTheSpacesInTheLine) {
  Record record = TypicalRecord();
  record.columns = {"id", "na\tïve", ""};
  record.end_version = 0;
  for (const char* purpose : {"", "plain", "a \"b\" \\ \b\f\n\r\t", "\x01\x1f", "\u2028", "é€😀"}) {
    record.purpose = purpose;
    const std::string line = EncodeRecord("n", 7, record);
    for (const std::string& text : {line, " " + line, line + " "}) {
      const auto decoded = DecodeRecord(text);
      ASSERT_THAT(decoded, IsOk()) << text;
      EXPECT_EQ(decoded->record, record);
      EXPECT_EQ(decoded->sequence, 7);
    }
  }
}

TEST(Record, IsRefusedTheSameWhateverTheSpacesInTheLine) {
  const std::string head = R"({"node":"n","seq":0,"time":"1970-01-01T00:00:00.000Z",)";
  for (const char* rest :
       {R"("action":"list","allowed":true,"version":01})",
        R"("action":"list","allowed":true,"version":9223372036854775808})",
        R"("action":"list","allowed":truee})", R"("action":"list","allowed":true,})",
        R"("action":"list","allowed":true}})", R"("action":"list","allowed":true)",
        "\"action\":\"list\",\"allowed\":true,\"agent\":\"a\nb\"}",
        "\"action\":\"list\",\"allowed\":true,\"agent\":\"\x80\"}",
        R"("action":"list","allowed":true,"agent":"\x"})",
        R"("action":"list","allowed":true,"columns":["a",]})"}) {
    EXPECT_THAT(DecodeRecord(head + rest), FailsWith(ErrorCode::kMalformed)) << rest;
    EXPECT_THAT(DecodeRecord(" " + head + rest), FailsWith(ErrorCode::kMalformed)) << rest;
  }
}

TEST(Record, LeavesOutWhatIsEmpty) {
  EXPECT_EQ(EncodeRecord("n", 0, {}),
            R"({"node":"n","seq":0,"time":"1970-01-01T00:00:00.000Z","action":"list",)"
            R"("allowed":false})");
}

TEST(Record, TextFromOutsideForgesNoRecord) {
  Record record;
  record.agent = "x\",\"allowed\":true}\r\n{\"node\":\"n\"\u2028\u0085";
  const std::string line = EncodeRecord("n", 0, record);
  EXPECT_EQ(std::ranges::count_if(line, [](char c) { return c == '\n' || c == '\r'; }), 0);
  EXPECT_THAT(line, Not(HasSubstr("\u2028")));
  EXPECT_EQ(Decoded(record), record);
}

TEST(Record, CutsTextsWhereACharacterEnds) {
  for (const std::string& character :
       {std::string("a"), std::string("ä"), std::string("€"), std::string("😀")}) {
    for (std::size_t shift = 0; shift < 4; ++shift) {
      Record record;
      record.agent = std::string(shift, 'x');
      while (record.agent.size() <= Record::kMaxTextBytes + 8) record.agent += character;
      const std::string kept = Decoded(record).agent;
      EXPECT_LE(kept.size(), Record::kMaxTextBytes);
      EXPECT_GT(kept.size() + character.size(), Record::kMaxTextBytes);
      EXPECT_THAT(record.agent, StartsWith(kept));
      EXPECT_EQ((kept.size() - shift) % character.size(), 0U);
    }
  }
}

TEST(Record, BytesThatAreNoTextAreReplaced) {
  Record record;
  record.agent = std::string(10'000, '\x80');
  const std::string line = EncodeRecord("n", 0, record);
  EXPECT_TRUE(IsValidUtf8(line));
  EXPECT_THAT(Decoded(record).agent, StartsWith("\uFFFD"));
}

TEST(Record, WritesHowManyColumnsItLeftOut) {
  Record record;
  record.columns.assign(Record::kMaxColumns + 5, std::string(300, 'c'));
  EXPECT_THAT(EncodeRecord("n", 0, record), EndsWith(R"(],"more_columns":5})"));
  const Record decoded = Decoded(record);
  EXPECT_EQ(decoded.columns.size(), Record::kMaxColumns);
  EXPECT_EQ(decoded.columns[0].size(), Record::kMaxColumnBytes);
}

TEST(Record, IsNeverLongerThanItsBound) {
  const std::string long_text(100'000, '\x01');
  Record record = TypicalRecord();
  for (std::string* text :
       {&record.reason, &record.request_id, &record.recipient, &record.token_id, &record.peer,
        &record.agent, &record.purpose, &record.object, &record.table_id, &record.predicate,
        &record.delivery, &record.link_id, &record.before, &record.after}) {
    *text = long_text;
  }
  record.columns.assign(3'000, long_text.substr(0, 300));
  const std::string line = EncodeRecord("n", 0, record);
  EXPECT_LT(line.size(), kMaxRecordBytes);
  EXPECT_THAT(DecodeRecord(line), IsOk());
}

TEST(Record, TimesOutOfRangeAreTheNearestThatCanBeWritten) {
  Record record;
  record.time = SystemTime::max();
  EXPECT_THAT(EncodeRecord("n", 0, record), HasSubstr(R"("time":"9999-12-31T)"));
  record.time = SystemTime::min();
  EXPECT_THAT(EncodeRecord("n", 0, record), HasSubstr(R"("time":"0000-01-01T)"));
}

TEST(Record, SkipsKeysOfLaterVersions) {
  std::string line = EncodeRecord("n", 3, TypicalRecord());
  line.insert(1, R"("region":{"from":["eu"]},)");
  const auto decoded = DecodeRecord(line);
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(decoded->record, TypicalRecord());
}

TEST(Record, RefusesWhatIsNoRecord) {
  for (const char* line :
       {"", "[]", "{}", R"({"node":"n","seq":-1,"time":"1970-01-01T00:00:00.000Z"})",
        R"({"node":"n","seq":0,"time":"yesterday","action":"list","allowed":true})",
        R"({"node":"n","seq":0,"time":"1970-01-01T00:00:00.000Z","action":"x","allowed":true})",
        R"({"node":"n","seq":0,"time":"1970-01-01T00:00:00.000Z","action":"list"})",
        R"({"node":"n","seq":0,"time":"1970-01-01T00:00:00.000Z","action":"list","allowed":1})",
        R"({"node":"n","seq":"0","time":"1970-01-01T00:00:00.000Z","action":"list",)"
        R"("allowed":true})"}) {
    EXPECT_THAT(DecodeRecord(line), FailsWith(ErrorCode::kMalformed)) << line;
  }
  for (const char* member : {R"("agent":1)", R"("version":"1")", R"("version":1.5)",
                             R"("columns":{})", R"("columns":[1])"}) {
    std::string line = EncodeRecord("n", 0, {});
    line.insert(line.size() - 1, std::string(",") + member);
    EXPECT_THAT(DecodeRecord(line), FailsWith(ErrorCode::kMalformed)) << line;
  }
}

TEST(Action, NamesAreReadAsTheyAreWritten) {
  for (int i = 0; i <= static_cast<int>(Action::kChange); ++i) {
    const auto action = static_cast<Action>(i);
    EXPECT_THAT(ParseAction(ActionName(action)), IsOkAnd(action));
  }
  EXPECT_EQ(ActionName(Action::kCredentials), "credentials");
  EXPECT_THAT(ParseAction(""), FailsWith(ErrorCode::kMalformed));
}

}  // namespace
}  // namespace sluice::audit
