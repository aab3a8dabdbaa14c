#include "storage/hedge.h"

#include <condition_variable>
#include <mutex>

#include "base/testing.h"
#include "storage/fake_client_test_support.h"
#include "storage/requests.h"

namespace sluice::storage {
namespace {

using Answer = Result<http::ClientResponse>;

constexpr std::chrono::hours kNever{1};
constexpr std::chrono::milliseconds kSoon{1};

/// Answers by what a test says of the first request and of the second, which may wait for each
/// other.
class RacingClient final : public http::Client {
 public:
  std::function<Answer(RacingClient&, const Limits&)> first;
  std::function<Answer(RacingClient&, const Limits&)> second = first;

  Answer Send(const http::ClientRequest&, const Limits& limits) override {
    bool is_first = false;
    {
      const std::lock_guard lock(mutex_);
      is_first = ++sent_ == 1;
      can_be_stopped_ = limits.stop.stop_possible();
    }
    changed_.notify_all();
    return is_first ? first(*this, limits) : second(*this, limits);
  }
  Result<std::unique_ptr<http::Download>> Start(const http::ClientRequest&,
                                                const Limits&) override {
    return Unavailable("no download");
  }

  void AwaitSecond() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return sent_ > 1; });
  }
  /// The outcome of a request that nobody answers until it is given up.
  Answer AwaitStop(const Limits& limits) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, limits.stop, [] { return false; });
    return Unavailable("given up");
  }
  int sent() const { return sent_; }
  bool can_be_stopped() const { return can_be_stopped_; }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  int sent_ = 0;
  bool can_be_stopped_ = false;
};

Answer Reply(int status, std::string body) {
  return http::ClientResponse{.status = status, .body = std::move(body)};
}

class HedgeTest : public testing::Test {
 protected:
  Answer Send(std::chrono::milliseconds hedge_after, Operation operation = Operation::kReadLog,
              const std::string& method = "GET") {
    Requests requests({.client = client_,
                       .clock = clock_,
                       .sleep = [](std::chrono::milliseconds) {},
                       .metrics = std::make_shared<RequestMetrics>(metrics_, "test")},
                      {.max_attempts = 1, .hedge_after = hedge_after});
    return requests.Send(
        operation, [&] { return http::ClientRequest{.method = method, .url = "http://s/x"}; },
        /*max_body_bytes=*/100);
  }
  double Counted(std::string_view status) const {
    return StoreMetric(metrics_,
                       Format("requests_total{{operation=\"read_log\",status=\"{}\",", status));
  }

  ManualClock clock_{SystemTime(std::chrono::hours(500'000))};
  observe::MetricRegistry metrics_;
  std::shared_ptr<RacingClient> client_ = std::make_shared<RacingClient>();
};

TEST_F(HedgeTest, RequestWithoutAnAnswerIsSentOnceMoreAndTheFasterCounts) {
  client_->first = [](RacingClient& client, const auto& limits) {
    return client.AwaitStop(limits);
  };
  client_->second = [](RacingClient&, const auto&) { return Reply(200, "second"); };
  const auto answer = Send(kSoon);
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->body, "second");
  EXPECT_EQ(client_->sent(), 2);
  EXPECT_EQ(StoreMetric(metrics_, "hedges_total"), 1);
  EXPECT_EQ(Counted("2xx"), 1);
  EXPECT_EQ(Counted("given_up"), 1);
  EXPECT_EQ(Counted("none"), 0);
  EXPECT_EQ(StoreMetric(metrics_, "requests_in_flight"), 0);
}

TEST_F(HedgeTest, SecondIsGivenUpIfTheFirstIsFasterAfterAll) {
  client_->first = [](RacingClient& client, const auto&) {
    client.AwaitSecond();
    return Reply(404, "first");
  };
  client_->second = [](RacingClient& client, const auto& limits) {
    return client.AwaitStop(limits);
  };
  const auto answer = Send(kSoon);
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->body, "first");
  EXPECT_EQ(Counted("4xx"), 1);
  EXPECT_EQ(Counted("given_up"), 1);
}

TEST_F(HedgeTest, AnswerInTimeIsTheOnlyOne) {
  client_->first = [](RacingClient&, const auto&) { return Reply(200, "first"); };
  EXPECT_THAT(Send(kNever), IsOk());
  EXPECT_EQ(client_->sent(), 1);
  EXPECT_EQ(StoreMetric(metrics_, "hedges_total"), 0);
}

TEST_F(HedgeTest, FaultOfOneLeavesTheOtherItsTime) {
  client_->first = [](RacingClient& client, const auto&) {
    client.AwaitSecond();
    return Reply(200, "first");
  };
  client_->second = [](RacingClient&, const auto&) { return Reply(503, "second"); };
  EXPECT_EQ(Send(kSoon)->body, "first");
  client_ = std::make_shared<RacingClient>();
  client_->first = [](RacingClient& client, const auto&) -> Answer {
    client.AwaitSecond();
    return Unavailable("cut short");
  };
  client_->second = [](RacingClient&, const auto&) { return Reply(200, "second"); };
  EXPECT_EQ(Send(kSoon)->body, "second");
}

TEST_F(HedgeTest, FaultOfBothIsThatOfTheFirst) {
  client_->first = [](RacingClient& client, const auto&) {
    client.AwaitSecond();
    return Reply(500, "first");
  };
  client_->second = [](RacingClient&, const auto&) { return Reply(503, "second"); };
  EXPECT_EQ(Send(kSoon)->body, "first");
}

TEST_F(HedgeTest, OnlyReadsOfALogAreSentTwice) {
  client_->first = [](RacingClient&, const auto&) { return Reply(200, ""); };
  client_->second = client_->first;
  EXPECT_THAT(Send(kNever), IsOk());
  EXPECT_TRUE(client_->can_be_stopped());
  for (const Operation operation : {Operation::kList, Operation::kStat, Operation::kReadData,
                                    Operation::kWrite, Operation::kCredentials}) {
    EXPECT_THAT(Send(kNever, operation), IsOk());
    EXPECT_FALSE(client_->can_be_stopped());
  }
  EXPECT_THAT(Send(kNever, Operation::kReadLog, "POST"), IsOk());
  EXPECT_FALSE(client_->can_be_stopped());
  EXPECT_THAT(Send(std::chrono::milliseconds(0)), IsOk());
  EXPECT_FALSE(client_->can_be_stopped());
}

}  // namespace
}  // namespace sluice::storage
