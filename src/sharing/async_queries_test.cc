#include "sharing/async_queries.h"

#include <future>

#include "base/testing.h"

namespace sluice::sharing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kLong{60'000};  // A test that waits so long has failed.

class AsyncQueriesTest : public testing::Test {
 protected:
  static protocol::TableRef Orders(const std::string& table = "orders") {
    return {protocol::ShareName("s"), protocol::SchemaName("d"), protocol::TableName(table)};
  }
  static AsyncQuery Query(const std::string& recipient = "acme",
                          const std::string& parameters = "all") {
    return {.recipient = recipient, .table = Orders(), .parameters = parameters};
  }
  /// Queries that end when `open_` is set.
  AsyncQueries Make(const AsyncQueries::Options& options) {
    return AsyncQueries(options, clock_, [this](const AsyncQuery& query) -> Result<void> {
      gate_.wait();
      ++prepared_;
      if (query.parameters == "bad") return MissingData("table files missing");
      return {};
    });
  }
  void Open() { open_.set_value(); }

  ManualClock clock_{SystemTime(seconds(1'000))};
  std::promise<void> open_;
  std::shared_future<void> gate_ = open_.get_future().share();
  std::atomic<int> prepared_ = 0;
};

TEST_F(AsyncQueriesTest, IsPendingUntilItsTableIsReady) {
  AsyncQueries queries = Make({});
  const auto query = queries.Submit(Query(), "key").value();
  EXPECT_THAT(queries.WaitUntilReady(*query, milliseconds(0)), IsOkAnd(false));
  Open();
  EXPECT_THAT(queries.WaitUntilReady(*query, kLong), IsOkAnd(true));
  EXPECT_THAT(queries.WaitUntilReady(*query, milliseconds(0)), IsOkAnd(true));
}

TEST_F(AsyncQueriesTest, FailureIsToldToEveryPoll) {
  AsyncQueries queries = Make({});
  Open();
  const auto query = queries.Submit(Query("acme", "bad"), "key").value();
  EXPECT_THAT(queries.WaitUntilReady(*query, kLong), FailsWith(ErrorCode::kMissingData));
  EXPECT_THAT(queries.WaitUntilReady(*query, kLong), FailsWith(ErrorCode::kMissingData));
}

TEST_F(AsyncQueriesTest, QueryThatFailedIsMadeAnewUnderItsKey) {
  AsyncQueries queries = Make({});
  Open();
  const auto failed = queries.Submit(Query("acme", "bad"), "key").value();
  EXPECT_THAT(queries.WaitUntilReady(*failed, kLong), FailsWith(ErrorCode::kMissingData));
  const auto again = queries.Submit(Query("acme", "bad"), "key").value();
  EXPECT_NE(again->id, failed->id);
  EXPECT_THAT(queries.WaitUntilReady(*again, kLong), FailsWith(ErrorCode::kMissingData));
  EXPECT_EQ(prepared_, 2);
}

TEST_F(AsyncQueriesTest, SameKeyIsTheSameQueryAndPreparedOnce) {
  AsyncQueries queries = Make({});
  Open();
  const auto first = queries.Submit(Query(), "key").value();
  EXPECT_THAT(queries.WaitUntilReady(*first, kLong), IsOkAnd(true));
  EXPECT_EQ(queries.Submit(Query(), "key").value()->id, first->id);
  EXPECT_EQ(prepared_, 1);
  EXPECT_NE(queries.Submit(Query(), "other").value()->id, first->id);
  EXPECT_NE(queries.Submit(Query("umbrella"), "key").value()->id, first->id);
  EXPECT_THAT(queries.Submit(Query("acme", "limit 1"), "key"),
              FailsWith(ErrorCode::kInvalidArgument));
}

TEST_F(AsyncQueriesTest, QueryOfAnotherRecipientOrTableDoesNotExist) {
  AsyncQueries queries = Make({});
  Open();
  const std::string id = queries.Submit(Query(), "key").value()->id;
  EXPECT_THAT(queries.Find("acme", Orders("ORDERS"), id), IsOk());
  EXPECT_THAT(queries.Find("umbrella", Orders(), id), FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(queries.Find("acme", Orders("customers"), id), FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(queries.Find("acme", Orders(), id + "x"), FailsWith(ErrorCode::kNotFound));
}

TEST_F(AsyncQueriesTest, QueryExpires) {
  AsyncQueries queries = Make({.lifetime = seconds(60)});
  const std::string id = queries.Submit(Query(), "key").value()->id;
  clock_.Advance(seconds(59));
  EXPECT_THAT(queries.Find("acme", Orders(), id), IsOk());
  clock_.Advance(seconds(1));
  EXPECT_THAT(queries.Find("acme", Orders(), id), FailsWith(ErrorCode::kNotFound));
  Open();
}

TEST_F(AsyncQueriesTest, OnlyQueriesThatAreNotReadyCountAgainstTheirRecipient) {
  AsyncQueries queries = Make({.max_of_recipient = 1});
  const auto first = queries.Submit(Query(), "first").value();
  EXPECT_THAT(queries.Submit(Query(), "second"), FailsWith(ErrorCode::kResourceExhausted));
  EXPECT_THAT(queries.Submit(Query("umbrella"), "second"), IsOk());
  Open();
  EXPECT_THAT(queries.WaitUntilReady(*first, kLong), IsOkAnd(true));
  EXPECT_THAT(queries.Submit(Query(), "second"), IsOk());
}

TEST_F(AsyncQueriesTest, OldestReadyQueryMakesRoom) {
  AsyncQueries queries = Make({.max_queries = 1});
  const auto first = queries.Submit(Query("a"), "key").value();
  EXPECT_THAT(queries.Submit(Query("b"), "key"), FailsWith(ErrorCode::kResourceExhausted));
  Open();
  EXPECT_THAT(queries.WaitUntilReady(*first, kLong), IsOkAnd(true));
  EXPECT_THAT(queries.Submit(Query("b"), "key"), IsOk());
  EXPECT_THAT(queries.Find("a", Orders(), first->id), FailsWith(ErrorCode::kNotFound));
}

}  // namespace
}  // namespace sluice::sharing
