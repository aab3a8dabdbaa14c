// The limits of ServerOptions, each seen from the client's side.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/server_test_support.h"

namespace sluice::http {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kSoon{150};  // a timeout the test waits for
constexpr milliseconds kNever = std::chrono::minutes(10);

class LimitsTest : public ServerTest {
 protected:
  LimitsTest() {
    options_.header_timeout = kNever;
    options_.idle_timeout = kNever;
    options_.write_timeout = kNever;
  }

  /// A request whose handler has begun and waits for `release_`.
  TestClient SendBlockedRequest() {
    TestClient client(address());
    client.Send(Get("/block"));
    entered_.Wait();
    return client;
  }
  void AnswerBlockWhenReleased() {
    handler_.On("/block", Execution::kWorker, [this](Request&) {
      entered_.Open();
      release_.Wait();
      return Text("released");
    });
  }

  Gate entered_;
  Gate release_;
};

TEST_F(LimitsTest, AHeaderTooLargeIs431AndTheConnectionEnds) {
  Start();
  TestClient client(address());
  const ReceivedResponse response =
      client.Exchange(Get("/hello", "X-Big: " + std::string(70'000, 'a') + "\r\n"));
  EXPECT_EQ(response.status, 431);
  EXPECT_EQ(response.headers.at("connection"), "close");
  EXPECT_EQ(response.headers.at("content-type"), "application/json");
}

TEST_F(LimitsTest, TenThousandHeadersAre431) {
  std::string fields;
  for (int i = 0; i < 10'000; ++i) fields += "X-" + std::to_string(i) + ": y\r\n";
  Start();
  EXPECT_EQ(TestClient(address()).Exchange(Get("/hello", fields)).status, 431);
}

TEST_F(LimitsTest, ABodyTooLargeIs413BeforeItIsSent) {
  options_.max_body_bytes = 1'000;
  Start();
  EXPECT_EQ(TestClient(address())
                .Exchange("POST /hello HTTP/1.1\r\nHost: t\r\nContent-Length: 1001\r\n\r\n")
                .status,
            413);
  EXPECT_EQ(TestClient(address())
                .Exchange("POST /hello HTTP/1.1\r\nHost: t\r\nContent-Length: 1001\r\n"
                          "Expect: 100-continue\r\n\r\n")
                .status,
            413);
}

TEST_F(LimitsTest, AClientThatSendsAHugeBodyRegardlessStillGetsItsAnswer) {
  Start();
  TestClient client(address());
  client.Send("POST /hello HTTP/1.1\r\nHost: t\r\nContent-Length: 100000000\r\n\r\n");
  const std::string piece(1'000'000, 'x');
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(client.Send(piece));
  EXPECT_EQ(client.Receive().status, 413);
}

TEST_F(LimitsTest, AMalformedRequestIs400AndTheConnectionEnds) {
  Start();
  TestClient client(address());
  const ReceivedResponse response = client.Exchange("GET / HTTP/1.1\r\nbad\r\n\r\n");
  EXPECT_EQ(response.status, 400);
  EXPECT_TRUE(client.IsClosedByServer());
  EXPECT_EQ(handler_.WaitForEnded(1)[0].status, 400);
}

TEST_F(LimitsTest, AmbiguousFramingIs400AndWhatFollowsIsNeverARequest) {
  Start();
  TestClient client(address());
  const ReceivedResponse response = client.Exchange(
      "POST /hello HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
      "0\r\n\r\n" +
      Get("/hello"));
  EXPECT_EQ(response.status, 400);
  EXPECT_TRUE(client.IsClosedByServer());
}

TEST_F(LimitsTest, AHeaderThatDoesNotEndIs408) {
  options_.header_timeout = kSoon;
  Start();
  TestClient client(address());
  EXPECT_EQ(client.Exchange("GET /hello HTTP/1.1\r\nHost:").status, 408);
  EXPECT_TRUE(client.IsClosedByServer());
}

TEST_F(LimitsTest, ABodyThatDoesNotComeIs408) {
  options_.header_timeout = kSoon;
  Start();
  TestClient client(address());
  EXPECT_EQ(
      client.Exchange("POST /hello HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\nabc").status,
      408);
}

TEST_F(LimitsTest, AnIdleConnectionIsClosedWithoutAWord) {
  options_.idle_timeout = kSoon;
  Start();
  TestClient fresh(address());
  TestClient used(address());
  EXPECT_EQ(used.Exchange(Get("/hello")).status, 200);
  EXPECT_TRUE(fresh.IsClosedByServer());
  EXPECT_TRUE(used.IsClosedByServer());
}

TEST_F(LimitsTest, AClientThatStopsReadingIsCutOff) {
  options_.write_timeout = kSoon;
  Gate destroyed;
  handler_.On("/endless", Execution::kWorker, [&destroyed](Request&) {
    return Stream(
        [](int, std::string& out) -> Result<void> {
          out.assign(1 << 20, 'x');
          return {};
        },
        &destroyed);
  });
  Start();
  TestClient client(address());
  client.Send(Get("/endless"));
  destroyed.Wait();
  EXPECT_FALSE(handler_.WaitForEnded(1)[0].completed);
}

TEST_F(LimitsTest, ASlowHandlerIsNotTheClientsFault) {
  options_.header_timeout = milliseconds(1);
  options_.idle_timeout = milliseconds(1);
  options_.write_timeout = milliseconds(1);
  AnswerBlockWhenReleased();
  Start();
  TestClient client = SendBlockedRequest();
  // A connection that idles meanwhile shows that deadlines were looked at.
  EXPECT_TRUE(TestClient(address()).IsClosedByServer());
  release_.Open();
  EXPECT_EQ(client.Receive().body, "released");
}

TEST_F(LimitsTest, OneConnectionTooManyIs503AndTheOthersGoOn) {
  options_.max_connections = 1;
  Start();
  TestClient first(address());
  EXPECT_EQ(first.Exchange(Get("/hello")).status, 200);
  TestClient second(address());
  const ReceivedResponse response = second.Exchange(Get("/hello"));
  EXPECT_EQ(response.status, 503);
  EXPECT_TRUE(response.headers.contains("retry-after"));
  EXPECT_EQ(response.headers.at("connection"), "close");
  EXPECT_EQ(first.Exchange(Get("/hello")).status, 200);
  EXPECT_EQ(server_->open_connections(), 1);
}

TEST_F(LimitsTest, ManyConnectionsTooManyAreClosed) {
  options_.max_connections = 1;
  Start();
  TestClient first(address());
  EXPECT_EQ(first.Exchange(Get("/hello")).status, 200);
  std::vector<std::unique_ptr<TestClient>> others;
  for (int i = 0; i < 200; ++i) others.push_back(std::make_unique<TestClient>(address()));
  for (const auto& other : others) {
    const int status = other->Receive().status;
    EXPECT_TRUE(status == 503 || status == 0) << status;
  }
  EXPECT_EQ(first.Exchange(Get("/hello")).status, 200);
}

TEST_F(LimitsTest, ARequestTooManyIs503AndTheConnectionGoesOn) {
  options_.worker_threads = 1;
  options_.max_queued_requests = 0;
  AnswerBlockWhenReleased();
  // With no room in the queue even an idle worker is refused, so this needs none to be busy.
  Start();
  TestClient client(address());
  const ReceivedResponse response = client.Exchange(Get("/block"));
  EXPECT_EQ(response.status, 503);
  EXPECT_TRUE(response.headers.contains("retry-after"));
  EXPECT_EQ(client.Exchange(Get("/hello")).status, 200);
}

TEST_F(LimitsTest, InlineRequestsAreAnsweredWhileAllWorkersAreTaken) {
  options_.worker_threads = 1;
  AnswerBlockWhenReleased();
  Start();
  TestClient blocked = SendBlockedRequest();
  EXPECT_EQ(TestClient(address()).Exchange(Get("/hello")).body, "hello");
  release_.Open();
  EXPECT_EQ(blocked.Receive().body, "released");
}

}  // namespace
}  // namespace sluice::http
