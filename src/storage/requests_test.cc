#include "storage/requests.h"

#include "base/testing.h"
#include "storage/fake_client_test_support.h"
#include "storage/store_health.h"

namespace sluice::storage {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Le;
using testing::SizeIs;

constexpr std::uint64_t kPlenty = 1 << 20;

class RequestsTest : public testing::Test {
 protected:
  Requests NewRequests(const RetryOptions& options = {}) {
    return Requests({.client = client_,
                     .clock = clock_,
                     .sleep =
                         [this](milliseconds delay) {
                           slept_.push_back(delay);
                           clock_.Advance(delay);
                         },
                     .metrics = NewMetrics(),
                     .on_end = [this](bool answered) { health_.Note("test", answered); }},
                    options);
  }
  std::shared_ptr<RequestMetrics> NewMetrics() {
    metrics_ = std::make_unique<observe::MetricRegistry>();
    return std::make_shared<RequestMetrics>(*metrics_, "test");
  }
  double Counted(std::string_view name) const { return StoreMetric(*metrics_, name); }
  double CountedRequests() const {
    double sum = 0;
    for (const char* status : {"2xx", "3xx", "4xx", "5xx", "none"}) {
      sum += Counted(Format("requests_total{{operation=\"read_data\",status=\"{}\",", status));
    }
    return sum;
  }
  StoreHealth health_;
  Result<http::ClientResponse> SendGet(Requests& requests) {
    return requests.Send(
        Operation::kReadData, [] { return http::ClientRequest{.url = "http://store/x"}; }, kPlenty);
  }

  // 1994-11-06 08:49:37
  ManualClock clock_{SystemTime(seconds(784111777))};
  std::shared_ptr<FakeClient> client_ = std::make_shared<FakeClient>();
  std::vector<milliseconds> slept_;
  std::unique_ptr<observe::MetricRegistry> metrics_;
};

TEST_F(RequestsTest, AnAnswerIsGivenWhateverItsStatus) {
  for (const int status : {200, 206, 301, 400, 403, 404, 409, 412, 416, 501}) {
    client_ = std::make_shared<FakeClient>();
    client_->Add(status, "text");
    Requests requests = NewRequests();
    const auto response = SendGet(requests);
    ASSERT_THAT(response, IsOk());
    EXPECT_EQ(response->status, status);
    EXPECT_EQ(response->body, "text");
    EXPECT_EQ(CountedRequests(), 1) << status;
    EXPECT_EQ(Counted("failures_total"), 0) << status;
  }
}

TEST_F(RequestsTest, StoreIsSilentFromARequestGivenUpToItsNextAnswer) {
  for (const int status : {503, 404, 500, 200}) client_->Add(status);
  client_->Add(FakeClient::Answer(Unavailable("no connection")));
  Requests requests = NewRequests({.max_attempts = 1});
  EXPECT_THAT(health_.Silent(), ElementsAre());
  for (const bool answers : {false, true, false, true, false}) {
    static_cast<void>(SendGet(requests));
    EXPECT_EQ(health_.Silent().empty(), answers);
  }
  EXPECT_THAT(health_.Silent(), ElementsAre("test"));
}

TEST_F(RequestsTest, StoreThatCannotBeAskedForWantOfCredentialsIsSilent) {
  Requests requests = NewRequests();
  const auto answer = requests.Send(
      Operation::kReadData,
      []() -> Result<http::ClientRequest> { return Unavailable("no credentials"); }, kPlenty);
  EXPECT_FALSE(answer.ok());
  EXPECT_THAT(health_.Silent(), ElementsAre("test"));
}

TEST_F(RequestsTest, AListThatIsTooLongIsTheStoresFault) {
  for (const Operation operation : {Operation::kList, Operation::kReadLog}) {
    client_ = std::make_shared<FakeClient>();
    client_->Add(FakeClient::Answer(TooLarge("the answer is longer than allowed")));
    Requests requests = NewRequests();
    const auto answer = requests.Send(
        operation, [] { return http::ClientRequest{.url = "http://store/x"}; }, kPlenty);
    EXPECT_THAT(answer, FailsWith(operation == Operation::kList ? ErrorCode::kUnavailable
                                                                : ErrorCode::kTooLarge));
    EXPECT_EQ(client_->asked().size(), 1U);
  }
}

TEST_F(RequestsTest, WhatMayPassIsSentAgain) {
  for (const int status : {408, 429, 500, 502, 503, 504}) {
    client_ = std::make_shared<FakeClient>();
    client_->Add(status);
    client_->Add(Unavailable("cut short"));
    client_->Add(200, "done");
    Requests requests = NewRequests();
    const auto response = SendGet(requests);
    ASSERT_THAT(response, IsOk());
    EXPECT_EQ(response->body, "done");
    EXPECT_EQ(CountedRequests(), 3) << status;
    EXPECT_EQ(Counted("retries_total"), 2) << status;
    EXPECT_EQ(Counted("failures_total"), 0) << status;
    EXPECT_EQ(Counted("received_bytes_total"), 4);
  }
}

TEST_F(RequestsTest, OtherErrorsAreNotSentAgain) {
  for (const Error& error :
       {PermissionDenied("private"), TooLarge("big"), InvalidArgument("url")}) {
    client_ = std::make_shared<FakeClient>();
    client_->Add(error);
    Requests requests = NewRequests();
    EXPECT_THAT(SendGet(requests), FailsWith(error.code));
    EXPECT_EQ(CountedRequests(), 1);
    EXPECT_EQ(Counted("failures_total"), 1);
  }
}

TEST_F(RequestsTest, TheLastAnswerIsGivenAfterAllAttempts) {
  client_->Add(500);
  client_->Add(503, "slow down");
  Requests requests = NewRequests({.max_attempts = 4});
  const auto response = SendGet(requests);
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->body, "slow down");
  EXPECT_THAT(client_->asked(), SizeIs(4));
  EXPECT_EQ(Counted("failures_total"), 1);
}

TEST_F(RequestsTest, DelaysDoubleUpToTheirMaximum) {
  client_->Add(Unavailable("away"));
  Requests requests = NewRequests({.max_attempts = 200,
                                   .first_delay = milliseconds(100),
                                   .max_delay = milliseconds(400),
                                   .deadline = std::chrono::hours(1)});
  EXPECT_THAT(SendGet(requests), FailsWith(ErrorCode::kUnavailable));
  ASSERT_THAT(slept_, SizeIs(199));
  EXPECT_THAT(slept_[0], Le(milliseconds(100)));
  EXPECT_THAT(slept_[1], Le(milliseconds(200)));
  EXPECT_THAT(slept_, Each(Le(milliseconds(400))));
  // By chance all 197 fall short of half once in 2^197 times.
  EXPECT_GT(*std::ranges::max_element(slept_), milliseconds(200));
  EXPECT_LT(*std::min_element(slept_.begin() + 2, slept_.end()), milliseconds(200));
}

TEST_F(RequestsTest, RetryAfterIsKeptToInSecondsAndByDate) {
  client_->Add(503, "", {{"Retry-After", "2"}});
  client_->Add(429, "", {{"retry-after", "Sun, 06 Nov 1994 08:49:42 GMT"}});  // in 3 more seconds
  client_->Add(503, "", {{"Retry-After", "Sun, 06 Nov 1994 08:00:00 GMT"}});
  client_->Add(503, "", {{"Retry-After", "3600"}});
  client_->Add(200);
  Requests requests = NewRequests();
  EXPECT_THAT(SendGet(requests), IsOk());
  EXPECT_THAT(slept_, ElementsAre(seconds(2), seconds(3), seconds(0), seconds(5)));
}

TEST_F(RequestsTest, RetryAfterThatIsNoneIsPassedOver) {
  client_->Add(503, "", {{"Retry-After", "soon"}});
  client_->Add(503, "", {{"Retry-After", "-1"}});
  client_->Add(200);
  Requests requests = NewRequests();
  EXPECT_THAT(SendGet(requests), IsOk());
  EXPECT_THAT(slept_, Each(Le(milliseconds(200))));
}

TEST_F(RequestsTest, NothingIsSentAfterTheDeadline) {
  client_->Add(503, "", {{"Retry-After", "4"}});
  client_->OnRequest([this] { clock_.Advance(seconds(1)); });
  Requests requests = NewRequests({.max_attempts = 100, .deadline = seconds(10)});
  EXPECT_THAT(SendGet(requests), IsOk());
  ASSERT_THAT(client_->asked(), SizeIs(2));  // at 0 and 5 s: the next would be at 10 s
  EXPECT_EQ(client_->asked()[0].limits.timeout, seconds(10));
  EXPECT_EQ(client_->asked()[1].limits.timeout, seconds(5));
  EXPECT_EQ(client_->asked()[0].limits.max_body_bytes, kPlenty);
}

TEST_F(RequestsTest, EachAttemptIsMadeAnew) {
  client_->Add(500);
  client_->Add(200);
  Requests requests = NewRequests();
  int made = 0;
  const auto make = [&]() -> Result<http::ClientRequest> {
    return http::ClientRequest{.url = Format("http://store/{}", ++made)};
  };
  EXPECT_THAT(requests.Send(Operation::kReadData, make, kPlenty), IsOk());
  EXPECT_EQ(client_->asked().back().request.url, "http://store/2");
}

TEST_F(RequestsTest, RequestThatCannotBeMadeIsNotSent) {
  client_->Add(200);
  Requests requests = NewRequests();
  const auto make = []() -> Result<http::ClientRequest> { return Unavailable("no credential"); };
  EXPECT_THAT(requests.Send(Operation::kReadData, make, kPlenty),
              FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(client_->asked(), SizeIs(0));
  EXPECT_EQ(CountedRequests(), 0);
}

TEST_F(RequestsTest, DownloadsAreStartedAgainAndTheirBytesCounted) {
  client_->Add(503, "busy");
  client_->Add(Unavailable("away"));
  client_->Add(206, "12345");
  Requests requests = NewRequests();
  const auto download = requests.Start(Operation::kReadData,
                                       [] { return http::ClientRequest{.url = "http://store/x"}; });
  ASSERT_THAT(download, IsOk());
  EXPECT_EQ((*download)->status(), 206);
  std::string part(4, '\0');
  EXPECT_THAT((*download)->Read(part), IsOkAnd(4U));
  EXPECT_EQ(Counted("received_bytes_total"), 4);
  EXPECT_THAT((*download)->Read(part), IsOkAnd(1U));
  EXPECT_EQ(Counted("received_bytes_total"), 5);
  EXPECT_EQ(CountedRequests(), 3);
}

TEST_F(RequestsTest, AreCountedByOperationAndStatus) {
  client_->Add(503);
  client_->Add(Unavailable("away"));
  client_->Add(404);
  Requests requests = NewRequests();
  const auto make = []() -> Result<http::ClientRequest> {
    return http::ClientRequest{.url = "http://store/x"};
  };
  EXPECT_THAT(requests.Send(Operation::kList, make, kPlenty), IsOk());
  for (const char* status : {"5xx", "none", "4xx"}) {
    EXPECT_EQ(Counted(Format("requests_total{{operation=\"list\",status=\"{}\",", status)), 1);
  }
  EXPECT_EQ(Counted("request_seconds_count{operation=\"list\","), 3);
  EXPECT_EQ(CountedRequests(), 0);
}

TEST_F(RequestsTest, AreInFlightWhileTheirDownloadIsThere) {
  client_->Add(200, "text");
  client_->OnRequest([this] { EXPECT_EQ(Counted("requests_in_flight"), 1); });
  Requests requests = NewRequests();
  EXPECT_THAT(SendGet(requests), IsOk());
  EXPECT_EQ(Counted("requests_in_flight"), 0);
  {
    const auto download = requests.Start(Operation::kReadData,
                                         [] { return http::ClientRequest{.url = "http://s/x"}; });
    EXPECT_EQ(Counted("requests_in_flight"), 1);
  }
  EXPECT_EQ(Counted("requests_in_flight"), 0);
}

TEST(ObjectOperation, KnowsALogByItsFolder) {
  EXPECT_EQ(ObjectOperation("GET", "t/_delta_log/00.json"), Operation::kReadLog);
  EXPECT_EQ(ObjectOperation("GET", "_delta_log/_sidecars/x.parquet"), Operation::kReadLog);
  EXPECT_EQ(ObjectOperation("GET", "t/x_delta_log/x.parquet"), Operation::kReadData);
  EXPECT_EQ(ObjectOperation("HEAD", "t/_delta_log/00.json"), Operation::kStat);
  EXPECT_EQ(ObjectOperation("PUT", "t/_delta_log/00.json"), Operation::kWrite);
}

TEST(StatusError, NamesTheObjectAndKeepsTheRestForTheLog) {
  const struct {
    int status;
    ErrorCode code;
  } kExpected[] = {{404, ErrorCode::kNotFound},         {401, ErrorCode::kPermissionDenied},
                   {403, ErrorCode::kPermissionDenied}, {409, ErrorCode::kAlreadyExists},
                   {412, ErrorCode::kAlreadyExists},    {400, ErrorCode::kUnavailable},
                   {301, ErrorCode::kUnavailable},      {500, ErrorCode::kUnavailable},
                   {503, ErrorCode::kUnavailable}};
  for (const auto& [status, code] : kExpected) {
    const Error error = StatusError(status, "s3://bucket/folder/x.parquet", "AccessDenied");
    EXPECT_EQ(error.code, code) << status;
    EXPECT_THAT(error.message, HasSubstr("x.parquet"));
    EXPECT_THAT(error.message, testing::Not(HasSubstr("bucket")));
    EXPECT_EQ(error.detail, Format("s3://bucket/folder/x.parquet: status {} AccessDenied", status));
  }
}

TEST(ListError, OfAListWithoutEndIsTheStoresFault) {
  const Error error = ListError(TooLarge("the answer is too long"), "s3://bucket/t/_delta_log");
  EXPECT_EQ(error.code, ErrorCode::kUnavailable);
  EXPECT_THAT(error.message, testing::Not(HasSubstr("bucket")));
  EXPECT_THAT(error.detail, HasSubstr("s3://bucket/t/_delta_log"));
  EXPECT_EQ(ListError(PermissionDenied("no"), "s3://bucket").code, ErrorCode::kPermissionDenied);
}

}  // namespace
}  // namespace sluice::storage
