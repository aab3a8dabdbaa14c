// Older versions, ranges of versions, the change data feed, and pages of all of them.
#include <sys/stat.h>
#include <utime.h>

#include "protocol/query.h"
#include "sharing/commit_range.h"
#include "sharing/service.h"
#include "sharing/testing.h"

namespace sluice::sharing {
namespace {

using std::chrono::seconds;
using table::Version;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr char kFeedProperties[] = R"({"delta.enableChangeDataFeed":"true"})";

std::string MetadataOf(const std::string& properties) {
  std::string line = delta::MetadataLine();
  const std::string none = R"("configuration":{})";
  return line.replace(line.find(none), none.size(), R"("configuration":)" + properties);
}

std::string ChangeLine(const std::string& path) {
  return R"({"cdc":{"path":"_change_data/)" + path +
         R"(","partitionValues":{},"size":3,"dataChange":false}})";
}

std::string RemoveOf(const std::string& path, bool data_change = true) {
  return R"({"remove":{"path":")" + path + R"(","deletionTimestamp":1,"dataChange":)" +
         (data_change ? "true" : "false") +
         R"(,"extendedFileMetadata":true,"partitionValues":{},"size":1}})";
}

MATCHER_P(IsVersion, number, "is version " + std::to_string(number)) {
  return testing::ExplainMatchResult(
      IsOkAnd(testing::Field(&SharingService::TableVersion::version, Version(number))), arg,
      result_listener);
}

/// The members of `key` in the lines of an answer, such as "add a" for each line that adds file a.
std::vector<std::string> ActionsOf(const Result<std::string>& answer) {
  if (!answer.ok()) return {answer.error().message};
  std::vector<std::string> actions;
  std::string_view rest = *answer;
  for (std::size_t line_end; (line_end = rest.find('\n')) != std::string_view::npos;
       rest.remove_prefix(line_end + 1)) {
    const std::string_view line = rest.substr(0, line_end);
    std::string action(line.substr(2, line.find('"', 2) - 2));
    if (const std::size_t path = line.find("/files/Retail/d/orders/"); path != line.npos) {
      const std::size_t begin = path + 23;
      action += " " + std::string(line.substr(begin, line.find('?') - begin));
    }
    actions.push_back(std::move(action));
  }
  return actions;
}

std::string TokenOf(const Result<std::string>& page, const std::string& key = "nextPageToken") {
  if (!page.ok()) return page.error().message;
  const std::string marker = "\"" + key + "\":\"";
  const std::size_t found = page->find(marker);
  if (found == std::string::npos) return "";
  const std::size_t begin = found + marker.size();
  return page->substr(begin, page->find('"', begin) - begin);
}

/// One table, Retail.d.orders, with its history shared unless a test says otherwise. Commit N is
/// made at second 1000 + 10 N.
class HistoryTest : public SharedTables {
 protected:
  HistoryTest() { ShareOrders(/*history_shared=*/true, /*start_version=*/0); }

  void ShareOrders(bool history_shared, std::int64_t start_version) {
    config::ConfiguredTable table = TableAt("orders", "orders", history_shared);
    table.start_version = start_version;
    Share({{.name = "Retail", .schemas = {{.name = "d", .tables = {table}}}}});
  }
  void Commit(std::int64_t version, const std::vector<std::string>& lines) {
    const std::string name = "orders/_delta_log/" + delta::CommitName(version);
    Write(name, delta::Lines(lines));
    const time_t seconds_of_commit = 1'000 + 10 * version;
    const utimbuf times{.actime = seconds_of_commit, .modtime = seconds_of_commit};
    ASSERT_EQ(::utime((folder_ / name).c_str(), &times), 0);
  }
  /// Three commits: a, then b for a, then c.
  void MakeOrders(const std::string& properties = "{}") {
    Commit(0, {delta::kProtocolLine, MetadataOf(properties), delta::AddLine("a")});
    Commit(1, {delta::AddLine("b"), RemoveOf("a")});
    Commit(2, {delta::AddLine("c")});
  }
  Result<std::string> Ask(const protocol::QueryBody& body) {
    return Query(*service_, me_, orders_, body);
  }
  Result<std::string> Changes(protocol::TableChangesRequest request) {
    request.table = orders_;
    return Whole(service_->ReadChanges(me_, request));
  }
  /// All lines of an answer, however long.
  static Result<std::string> LinesOf(TableAnswer& answer) {
    std::string text = answer.head_lines;
    while (TRY(answer.files->Append(text))) continue;
    return text;
  }
  static SystemTime At(std::int64_t second) { return SystemTime(seconds(second)); }

  const protocol::TableRef orders_ = Ref("Retail", "d", "orders");
};

TEST_F(HistoryTest, VersionAndTimestampGiveTheFilesOfThatTime) {
  MakeOrders();
  EXPECT_THAT(ActionsOf(Ask({.version = Version(0)})),
              ElementsAre("protocol", "metaData", "file a"));
  EXPECT_THAT(ActionsOf(Ask({.timestamp = At(1'019)})),
              ElementsAre("protocol", "metaData", "file b"));
  EXPECT_THAT(ActionsOf(Ask({.timestamp = At(1'020)})),
              ElementsAre("protocol", "metaData", "file c", "file b"));
}

// Mistake 3: version and timestamp are always present in answers about a version.
TEST_F(HistoryTest, LinesOfAVersionTellItsNumberAndTime) {
  MakeOrders();
  const auto answer = Ask({.version = Version(1)});
  ASSERT_THAT(answer, IsOk());
  EXPECT_THAT(*answer, HasSubstr(R"("version":1,"timestamp":1010000)"));
}

// Mistake 16: too early and too late are told apart.
TEST_F(HistoryTest, TimesOutsideTheLogAreRefused) {
  MakeOrders();
  EXPECT_THAT(ActionsOf(Ask({.timestamp = At(999)}))[0],
              testing::AllOf(HasSubstr("The provided timestamp ("),
                             HasSubstr("Please use a timestamp greater than or equal to")));
  EXPECT_THAT(ActionsOf(Ask({.timestamp = At(1'021)}))[0],
              HasSubstr("Please use a timestamp less than or equal to"));
  EXPECT_THAT(service_->GetTableVersion(me_, {.table = orders_, .starting_timestamp = At(1)}),
              IsVersion(0));
  EXPECT_THAT(service_->GetTableVersion(me_, {.table = orders_, .starting_timestamp = At(1'011)}),
              IsVersion(2));
  EXPECT_THAT(service_->GetTableVersion(me_, {.table = orders_, .starting_timestamp = At(1'021)}),
              FailsWith(ErrorCode::kInvalidArgument));
}

// Mistake 20: the gate is on every route.
TEST_F(HistoryTest, WithoutSharedHistoryOnlyTheLatestVersionIsThere) {
  MakeOrders(kFeedProperties);
  ShareOrders(/*history_shared=*/false, 0);
  const auto gated = HasSubstr("history sharing is not enabled on table: Retail.d.orders");
  EXPECT_THAT(ActionsOf(Ask({}))[0], "protocol");
  EXPECT_THAT(ActionsOf(Ask({.version = Version(0)})), ElementsAre(gated));
  EXPECT_THAT(ActionsOf(Ask({.timestamp = At(1'020)})), ElementsAre(gated));
  EXPECT_THAT(ActionsOf(Ask({.starting_version = Version(2)})), ElementsAre(gated));
  EXPECT_THAT(ActionsOf(Changes({.starting_version = Version(0)})),
              ElementsAre(HasSubstr("cdf is not enabled on table Retail.d.orders")));
  for (const protocol::TableMetadataRequest& request :
       {protocol::TableMetadataRequest{.table = orders_, .version = Version(2)},
        protocol::TableMetadataRequest{.table = orders_, .timestamp = At(1'020)}}) {
    EXPECT_THAT(service_->GetTableMetadata(me_, request), FailsWith(ErrorCode::kInvalidArgument));
  }
  EXPECT_THAT(service_->GetTableVersion(me_, {.table = orders_, .starting_timestamp = At(1)}),
              FailsWith(ErrorCode::kInvalidArgument));
}

TEST_F(HistoryTest, NothingBeforeTheStartVersionIsThere) {
  MakeOrders(kFeedProperties);
  ShareOrders(/*history_shared=*/true, 1);
  EXPECT_THAT(ActionsOf(Ask({.version = Version(0)})),
              ElementsAre(HasSubstr("You can only query table data since version 1")));
  EXPECT_THAT(ActionsOf(Ask({.timestamp = At(1'000)})),
              ElementsAre(HasSubstr("You can only query table data since version 1")));
  EXPECT_THAT(ActionsOf(Ask({.starting_version = Version(0)})),
              ElementsAre(HasSubstr("You can only query table data since version 1")));
  EXPECT_THAT(ActionsOf(Changes({.starting_version = Version(0)})),
              ElementsAre(HasSubstr("You can only query table changes since version 1")));
  EXPECT_THAT(service_->GetTableMetadata(me_, {.table = orders_, .version = Version(0)}),
              FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(service_->GetTableVersion(me_, {.table = orders_, .starting_timestamp = At(1)}),
              FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(ActionsOf(Ask({.version = Version(1)})),
              ElementsAre("protocol", "metaData", "file b"));
}

TEST_F(HistoryTest, RangeTellsWhatEachCommitAddedAndRemoved) {
  MakeOrders();
  EXPECT_THAT(ActionsOf(Ask({.starting_version = Version(0)})),
              ElementsAre("protocol", "metaData", "add a", "add b", "remove a", "add c"));
  EXPECT_THAT(ActionsOf(Ask({.starting_version = Version(1), .ending_version = Version(1)})),
              ElementsAre("protocol", "metaData", "add b", "remove a"));
}

TEST_F(HistoryTest, CommitsOfAHugeRangeAreReadAgainWhileTheyAreSent) {
  std::vector<std::string> lines = {delta::kProtocolLine, MetadataOf("{}")};
  std::vector<std::string> expected = {"protocol", "metaData"};
  for (std::size_t i = 0; i < kKeptRangeFiles; ++i) {
    lines.push_back(delta::AddLine(std::to_string(i)));
    expected.push_back("add " + std::to_string(i));
  }
  Commit(0, lines);
  Commit(1, {RemoveOf("7"), delta::AddLine("b"), RemoveOf("8")});
  Commit(2, {delta::AddLine("c"), RemoveOf("b", /*data_change=*/false), RemoveOf("9")});
  expected.insert(expected.end(), {"add b", "remove 7", "remove 8", "add c", "remove 9"});
  auto range =
      service_->QueryTable(me_, {.table = orders_, .body = {.starting_version = Version(0)}});
  ASSERT_THAT(range, IsOk());
  EXPECT_TRUE(ActionsOf(LinesOf(*range)) == expected);

  range = service_->QueryTable(me_, {.table = orders_, .body = {.starting_version = Version(0)}});
  ASSERT_THAT(range, IsOk());
  std::filesystem::remove(folder_ / "orders/_delta_log" / delta::CommitName(1));
  EXPECT_THAT(LinesOf(*range), FailsWith(ErrorCode::kMissingData));
}

TEST_F(HistoryTest, RangeTellsLaterMetadataWithItsVersion) {
  MakeOrders();
  Commit(3, {MetadataOf(R"({"a":"b"})"), RemoveOf("c", /*data_change=*/false)});
  const auto answer = Ask({.starting_version = Version(2)});
  EXPECT_THAT(ActionsOf(answer), ElementsAre("protocol", "metaData", "add c", "metaData"));
  EXPECT_THAT(*answer, HasSubstr(R"("version":3)"));
}

TEST_F(HistoryTest, RangeOutsideTheTableIsRefused) {
  MakeOrders();
  EXPECT_THAT(ActionsOf(Ask({.starting_version = Version(3)})),
              ElementsAre(HasSubstr(
                  "Start version cannot be greater than the latest version of the table(2)")));
  EXPECT_THAT(ActionsOf(Ask({.starting_version = Version(1), .ending_version = Version(3)})),
              ElementsAre(HasSubstr("End version cannot be greater")));
  EXPECT_THAT(ActionsOf(Ask({.version = Version(3)})),
              ElementsAre(HasSubstr("Cannot load table version 3")));
}

TEST_F(HistoryTest, CleanedUpCommitsAreNamed) {
  MakeOrders();
  std::filesystem::remove(folder_ / "orders/_delta_log" / delta::CommitName(0));
  EXPECT_THAT(ActionsOf(Ask({.version = Version(0)})).size(), 1u);
  EXPECT_THAT(ActionsOf(Ask({.starting_version = Version(0)})).size(), 1u);
}

// Mistake 17: the rules of the feed.
TEST_F(HistoryTest, FeedPrefersChangeDataToFiles) {
  MakeOrders(kFeedProperties);
  Commit(3, {delta::AddLine("d"), RemoveOf("c"), ChangeLine("x")});
  Commit(4, {delta::AddLine("e"), RemoveOf("d", /*data_change=*/false)});
  EXPECT_THAT(ActionsOf(Changes({.starting_version = Version(2)})),
              ElementsAre("protocol", "metaData", "add c", "cdf _change_data/x", "add e"));
}

TEST_F(HistoryTest, FeedIsEmptyForAMergeThatChangedNothing) {
  MakeOrders(kFeedProperties);
  Commit(3, {R"({"commitInfo":{"operation":"MERGE","operationMetrics":{)"
             R"("numTargetRowsInserted":"0","numTargetRowsUpdated":"0",)"
             R"("numTargetRowsDeleted":"0"}}})",
             delta::AddLine("d"), RemoveOf("c")});
  EXPECT_THAT(ActionsOf(Changes({.starting_version = Version(3)})),
              ElementsAre("protocol", "metaData"));
}

TEST_F(HistoryTest, FeedMustBeOnInTheWholeRange) {
  MakeOrders("{}");
  EXPECT_THAT(ActionsOf(Changes({.starting_version = Version(0)})),
              ElementsAre(HasSubstr("change data was not recorded for version [0]")));
  Commit(3, {MetadataOf(kFeedProperties)});
  Commit(4, {delta::AddLine("d")});
  EXPECT_THAT(ActionsOf(Changes({.starting_version = Version(3)})),
              ElementsAre("protocol", "metaData", "add d"));
  Commit(5, {MetadataOf("{}")});
  EXPECT_THAT(ActionsOf(Changes({.starting_version = Version(3)})),
              ElementsAre(HasSubstr("change data was not recorded for version [5]")));
  EXPECT_THAT(ActionsOf(Changes({.starting_version = Version(3), .ending_version = Version(4)})),
              ElementsAre("protocol", "metaData", "add d"));
}

TEST_F(HistoryTest, FeedByTimeRoundsItsStartUpAndItsEndDown) {
  MakeOrders(kFeedProperties);
  EXPECT_THAT(ActionsOf(Changes({.starting_timestamp = At(1'005), .ending_timestamp = At(1'015)})),
              ElementsAre("protocol", "metaData", "add b", "remove a"));
  EXPECT_THAT(ActionsOf(Changes({.starting_timestamp = At(1)}))[0],
              HasSubstr("Please use a timestamp greater than or equal to"));
  EXPECT_THAT(
      ActionsOf(Changes({.starting_version = Version(0), .ending_timestamp = At(2'000)}))[0],
      HasSubstr("Please use a timestamp less than or equal to"));
  EXPECT_THAT(
      ActionsOf(Changes({.starting_timestamp = At(1'012), .ending_timestamp = At(1'015)}))[0],
      HasSubstr("End cannot be before start"));
}

TEST_F(HistoryTest, EndOfTheFeedIsClampedToTheLatestVersion) {
  MakeOrders(kFeedProperties);
  EXPECT_THAT(ActionsOf(Changes({.starting_version = Version(2), .ending_version = Version(9)})),
              ElementsAre("protocol", "metaData", "add c"));
}

// Mistake 17: metaData is the latest's unless historical metadata was asked for.
TEST_F(HistoryTest, FeedHasTheLatestMetadataOrThatOfEachVersion) {
  MakeOrders(kFeedProperties);
  Commit(3, {MetadataOf(R"({"delta.enableChangeDataFeed":"true","k":"v"})")});
  const auto latest = Changes({.starting_version = Version(0)});
  EXPECT_EQ(std::ranges::count(ActionsOf(latest), "metaData"), 1);
  EXPECT_THAT(*latest, HasSubstr(R"("version":3,)"));
  const auto each = Changes({.starting_version = Version(0), .include_historical_metadata = true});
  EXPECT_EQ(std::ranges::count(ActionsOf(each), "metaData"), 2);
}

// Mistake 10: pages repeat the head byte by byte and are pinned to one version.
TEST_F(HistoryTest, PagesOfASnapshotArePinnedAndRepeatTheHead) {
  MakeOrders();
  const auto first = Ask({.max_files = 1});
  EXPECT_THAT(ActionsOf(first), ElementsAre("protocol", "metaData", "file c", "endStreamAction"));
  Commit(3, {delta::AddLine("d"), RemoveOf("b")});
  const auto second = Ask({.max_files = 1, .page_token = TokenOf(first)});
  EXPECT_THAT(ActionsOf(second), ElementsAre("protocol", "metaData", "file b", "endStreamAction"));
  const auto head = [](const std::string& page) { return page.substr(0, page.find("{\"file\"")); };
  EXPECT_EQ(head(*first), head(*second));
  EXPECT_EQ(TokenOf(second), "");
}

TEST_F(HistoryTest, PagesOfARangeAreTheWholeRange) {
  MakeOrders(kFeedProperties);
  Commit(3, {MetadataOf(R"({"delta.enableChangeDataFeed":"true","k":"v"})"), delta::AddLine("d"),
             delta::AddLine("e")});
  std::vector<std::string> actions;
  protocol::QueryBody body{.starting_version = Version(0), .max_files = 1};
  for (int pages = 0; pages < 10; ++pages) {
    const auto page = Ask(body);
    for (const std::string& action : ActionsOf(page)) actions.push_back(action);
    const std::string token = TokenOf(page);
    if (token.empty()) break;
    body.page_token = token;
    if (pages == 0) Commit(4, {delta::AddLine("late")});
  }
  std::erase(actions, "protocol");
  std::erase(actions, "endStreamAction");
  EXPECT_EQ(std::ranges::count(actions, "metaData"), 6 + 1);  // a head each, and that of commit 3
  std::erase(actions, "metaData");
  EXPECT_THAT(actions, ElementsAre("add a", "add b", "remove a", "add c", "add d", "add e"));
}

TEST_F(HistoryTest, TokenOfOneQueryIsNoGoodForAnother) {
  MakeOrders();
  const std::string token = TokenOf(Ask({.max_files = 1}));
  EXPECT_THAT(ActionsOf(Ask({.limit_hint = 5, .max_files = 1, .page_token = token})),
              ElementsAre(HasSubstr("Query parameter mismatch")));
  EXPECT_THAT(ActionsOf(Ask({.starting_version = Version(0), .max_files = 1, .page_token = token})),
              ElementsAre(HasSubstr("Query parameter mismatch")));
}

TEST_F(HistoryTest, TokenOfATableThatWasReplacedIsRefused) {
  MakeOrders();
  const std::string token = TokenOf(Ask({.max_files = 1}));
  std::filesystem::remove_all(folder_ / "orders");
  Commit(0, {delta::kProtocolLine, delta::MetadataLine("another"), delta::AddLine("a")});
  Commit(1, {delta::AddLine("b")});
  Commit(2, {delta::AddLine("c"), delta::AddLine("cc")});
  EXPECT_THAT(ActionsOf(Ask({.max_files = 1, .page_token = token})),
              ElementsAre(HasSubstr("does not match the table")));
}

// Mistake 19: a refreshed answer is of the same version, and a superset.
TEST_F(HistoryTest, RefreshTokenPinsTheVersion) {
  MakeOrders();
  const auto first = Ask({.limit_hint = 0, .include_refresh_token = true});
  EXPECT_THAT(ActionsOf(first), ElementsAre("protocol", "metaData", "endStreamAction"));
  Commit(3, {delta::AddLine("d"), RemoveOf("b")});
  const auto refreshed =
      Ask({.include_refresh_token = true, .refresh_token = TokenOf(first, "refreshToken")});
  EXPECT_THAT(ActionsOf(refreshed),
              ElementsAre("protocol", "metaData", "file c", "file b", "endStreamAction"));
  EXPECT_THAT(TokenOf(refreshed, "refreshToken"), Not(IsEmpty()));
}

protocol::QueryTableRequest AsyncRequest(const protocol::TableRef& table) {
  protocol::QueryTableRequest request{.table = table};
  request.capabilities.async_query = true;
  request.body.idempotency_key = "key";
  return request;
}

// Mistake 14: an asynchronous query is authorised at submit and at poll.
TEST_F(HistoryTest, PendingQueryIsThereForItsRecipientWhileTheGrantLasts) {
  MakeOrders();
  const auto service =
      MakeService({.async_wait = std::chrono::milliseconds(0), .async = {.threads = 0}});
  EXPECT_THAT(service->SubmitQuery({.recipient = "nobody"}, AsyncRequest(orders_)),
              FailsWith(ErrorCode::kNotFound));
  const auto submitted = service->SubmitQuery(me_, AsyncRequest(orders_)).value();
  const auto& pending = std::get<SharingService::PendingQuery>(submitted);
  EXPECT_EQ(pending.version, Version(2));
  const protocol::PollQueryRequest poll{.table = orders_, .query_id = pending.id};
  const auto again = service->PollQuery(me_, poll).value();
  EXPECT_EQ(std::get<SharingService::PendingQuery>(again).id, pending.id);
  EXPECT_THAT(service->PollQuery(acme_, poll), FailsWith(ErrorCode::kNotFound));
  Share({});
  EXPECT_THAT(service->PollQuery(me_, poll), FailsWith(ErrorCode::kNotFound));
}

TEST_F(HistoryTest, AsynchronousQueryIsAboutTheVersionOfItsSubmission) {
  MakeOrders();
  const auto service = MakeService({.async_wait = std::chrono::milliseconds(0)});
  auto answer = service->SubmitQuery(me_, AsyncRequest(orders_));
  Commit(3, {delta::AddLine("d")});
  while (answer.ok() && std::holds_alternative<SharingService::PendingQuery>(*answer)) {
    const std::string id = std::get<SharingService::PendingQuery>(*answer).id;
    answer = service->PollQuery(me_, {.table = orders_, .query_id = id});
  }
  ASSERT_THAT(answer, IsOk());
  EXPECT_THAT(ActionsOf(Whole(std::get<TableAnswer>(std::move(*answer)))),
              ElementsAre("protocol", "metaData", "file c", "file b"));
}

}  // namespace
}  // namespace sluice::sharing
