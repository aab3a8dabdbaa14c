#include "http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "http/server_test_support.h"

namespace sluice::http {
namespace {

using testing::HasSubstr;

TEST_F(ServerTest, AnswersOnOneConnectionAgainAndAgain) {
  Start();
  TestClient client(address());
  for (int i = 0; i < 100; ++i) {
    const ReceivedResponse response = client.Exchange(Get("/hello"));
    ASSERT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "hello");
    EXPECT_EQ(response.headers.at("content-length"), "5");
    EXPECT_TRUE(response.headers.contains("date"));
  }
}

TEST_F(ServerTest, EveryRequestHasItsOwnId) {
  Start();
  TestClient client(address());
  const std::string first = client.Exchange(Get("/hello")).headers["x-request-id"];
  const std::string second = client.Exchange(Get("/hello")).headers["x-request-id"];
  EXPECT_EQ(first.size(), 16u);
  EXPECT_NE(first, second);
}

TEST_F(ServerTest, TheHandlerSeesTheRequestWhole) {
  handler_.On("/a", Execution::kWorker, [](Request& request) {
    return Text(request.method + " " + *request.FindQuery("q") + " " + request.body + " " +
                *request.headers.Find("x-field") + " " + request.peer_address +
                (request.over_tls ? " tls" : " plain"));
  });
  Start();
  TestClient client(address());
  EXPECT_EQ(client
                .Exchange("POST /a?q=1%202 HTTP/1.1\r\nHost: t\r\nX-Field: f\r\n"
                          "Content-Length: 4\r\n\r\nbody")
                .body,
            "POST 1 2 body f 127.0.0.1 plain");
}

TEST_F(ServerTest, HandlersAndBodiesAreMadeOnBehalfOfTheCallersTrace) {
  const auto describe = [] {
    const observe::TracePointer& trace = observe::CurrentTrace();
    return trace == nullptr ? "none" : trace->id + " " + trace->parent_span + " " + trace->state;
  };
  for (const Execution execution : {Execution::kInline, Execution::kWorker}) {
    handler_.On(execution == Execution::kInline ? "/inline" : "/worker", execution,
                [&](Request& request) {
                  EXPECT_EQ(request.trace, observe::CurrentTrace());
                  return Text(describe());
                });
  }
  handler_.On("/stream", Execution::kInline, [&](Request&) {
    return Stream([&](int turn, std::string& out) -> Result<void> {
      out = turn < 2 ? describe() + "\n" : "";
      return {};
    });
  });
  Start();
  TestClient client(address());
  const std::string id = "4bf92f3577b34da6a3ce929d0e0e4736";
  const std::string parent = "TraceParent: 00-" + id + "-00f067aa0ba902b7-01\r\n";
  const std::string fields = parent + "tracestate: a=b\r\nTracestate: c=d\r\n";
  const std::string expected = id + " 00f067aa0ba902b7 a=b,c=d";
  EXPECT_EQ(client.Exchange(Get("/inline", fields)).body, expected);
  EXPECT_EQ(client.Exchange(Get("/worker", fields)).body, expected);
  EXPECT_EQ(client.Exchange(Get("/stream", fields)).body, expected + "\n" + expected + "\n");
  for (const std::string& without : {std::string(), parent + parent}) {
    const std::string made = client.Exchange(Get("/worker", without)).body;
    EXPECT_THAT(made, testing::MatchesRegex("[0-9a-f]{32}  "));
    EXPECT_FALSE(made.starts_with(id));
  }
}

TEST_F(ServerTest, PipelinedRequestsAreAnsweredInOrder) {
  handler_.On("/slow", Execution::kWorker, [](Request&) { return Text("slow"); });
  Start();
  TestClient client(address());
  client.Send(Get("/slow") + Get("/hello") + Get("/slow"));
  EXPECT_EQ(client.Receive().body, "slow");
  EXPECT_EQ(client.Receive().body, "hello");
  EXPECT_EQ(client.Receive().body, "slow");
}

TEST_F(ServerTest, HeadGetsTheHeadOfGet) {
  Start();
  TestClient client(address());
  const ReceivedResponse head = client.Exchange("HEAD /hello HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.at("content-length"), "5");
  EXPECT_EQ(client.Exchange(Get("/hello")).body, "hello");  // no body came between
}

TEST_F(ServerTest, ConnectionCloseIsHonoured) {
  Start();
  TestClient client(address());
  const ReceivedResponse response = client.Exchange(Get("/hello", "Connection: close\r\n"));
  EXPECT_EQ(response.headers.at("connection"), "close");
  EXPECT_TRUE(client.IsClosedByServer());
}

TEST_F(ServerTest, Http10IsAnsweredAndClosed) {
  Start();
  TestClient client(address());
  EXPECT_EQ(client.Exchange("GET /hello HTTP/1.0\r\n\r\n").body, "hello");
  EXPECT_TRUE(client.IsClosedByServer());
}

TEST_F(ServerTest, ExpectContinueIsAnsweredBeforeTheBody) {
  handler_.On("/echo", Execution::kWorker, [](Request& request) { return Text(request.body); });
  Start();
  TestClient client(address());
  client.Send(
      "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.Receive().status, 100);
  EXPECT_EQ(client.Exchange("ok").body, "ok");
}

TEST_F(ServerTest, AnswersWithoutABodyHaveNoLength) {
  handler_.On("/empty", Execution::kInline, [](Request&) {
    Response response;
    response.status = 204;
    return response;
  });
  Start();
  TestClient client(address());
  EXPECT_FALSE(client.Exchange(Get("/empty")).headers.contains("content-length"));
  EXPECT_EQ(client.Exchange(Get("/hello")).body, "hello");
}

TEST_F(ServerTest, BigTextIsCompressedForWhoTakesIt) {
  handler_.On("/big", Execution::kInline,
              [](Request&) { return Text(std::string(100'000, 'x'), "application/json"); });
  handler_.On("/binary", Execution::kInline,
              [](Request&) { return Text(std::string(100'000, 'x'), "application/octet-stream"); });
  Start();
  TestClient client(address());
  ReceivedResponse response = client.Exchange(Get("/big", "Accept-Encoding: br, gzip\r\n"));
  EXPECT_EQ(response.headers["content-encoding"], "gzip");
  EXPECT_EQ(response.headers["vary"], "Accept-Encoding");
  EXPECT_LT(response.body.size(), 2'000u);

  response = client.Exchange(Get("/big"));
  EXPECT_EQ(response.headers["vary"], "Accept-Encoding");
  EXPECT_EQ(response.body.size(), 100'000u);

  response = client.Exchange(Get("/binary", "Accept-Encoding: gzip\r\n"));
  EXPECT_FALSE(response.headers.contains("content-encoding"));
  EXPECT_FALSE(response.headers.contains("vary"));

  response = client.Exchange(Get("/hello", "Accept-Encoding: gzip\r\n"));
  EXPECT_EQ(response.body, "hello");
}

TEST_F(ServerTest, TheHandlerLearnsHowARequestEnded) {
  Start();
  TestClient client(address());
  client.Exchange(Get("/hello"));
  const auto ended = handler_.WaitForEnded(1);
  EXPECT_EQ(ended[0].path, "/hello");
  EXPECT_EQ(ended[0].status, 200);
  EXPECT_EQ(ended[0].body_bytes, 5u);
  EXPECT_TRUE(ended[0].completed);
}

TEST_F(ServerTest, TrustedProxiesVouchForTheClient) {
  handler_.On("/who", Execution::kInline, [](Request& request) {
    return Text(request.peer_address + (request.over_tls ? " tls" : " plain"));
  });
  const std::string request =
      Get("/who", "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\n");
  Start();
  EXPECT_EQ(TestClient(address()).Exchange(request).body, "127.0.0.1 plain");
  options_.trusted_proxies = {"127.0.0.1"};
  Start();
  EXPECT_EQ(TestClient(address()).Exchange(request).body, "1.2.3.4 tls");
}

TEST_F(ServerTest, AHandlerThatThrowsCostsOnlyItsConnection) {
  handler_.On("/throws", Execution::kWorker, [](Request&) -> Response { throw std::bad_alloc(); });
  Start();
  TestClient client(address());
  client.Send(Get("/throws"));
  EXPECT_TRUE(client.IsClosedByServer());
  EXPECT_EQ(TestClient(address()).Exchange(Get("/hello")).body, "hello");
}

TEST_F(ServerTest, APortInUseIsAClearError) {
  Start();
  const auto second = Server::Start(options_, {{.address = address(), .tls = nullptr}}, handler_);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(second.error().message,
            address() + " is already in use: stop the other program or choose another --listen");
}

TEST_F(ServerTest, AnAddressOfAnotherFormIsRefused) {
  for (const char* wrong : {"8080", "localhost", ":8080", "localhost:", "::1:8080", "unix:"}) {
    const auto server = Server::Start(options_, {{.address = wrong, .tls = nullptr}}, handler_);
    ASSERT_FALSE(server.ok()) << wrong;
    EXPECT_EQ(server.error().code, ErrorCode::kInvalidArgument) << wrong;
  }
}

class UnixServerTest : public ServerTest {
 protected:
  UnixServerTest() {
    char pattern[] = "/tmp/sluice_http_XXXXXX";
    folder_ = ::mkdtemp(pattern);
    listener_.address = "unix:" + folder_ + "/s.sock";
  }
  ~UnixServerTest() override { std::filesystem::remove_all(folder_); }

  std::string folder_;
  ListenerOptions listener_;
};

TEST_F(UnixServerTest, ServesOnASocketThatOnlyItsUserMayOpen) {
  Start(listener_);
  EXPECT_EQ(address(), listener_.address);
  EXPECT_EQ(TestClient(address()).Exchange(Get("/hello")).body, "hello");
  struct stat status;
  ASSERT_EQ(::stat((folder_ + "/s.sock").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  server_.reset();
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/s.sock"));
}

TEST_F(UnixServerTest, ASocketSomeoneAnswersOnIsLeftAlone) {
  Start(listener_);
  const auto second = Server::Start(options_, {listener_}, handler_);
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(second.error().message, HasSubstr("already in use"));
  EXPECT_EQ(TestClient(address()).Exchange(Get("/hello")).body, "hello");
}

TEST_F(UnixServerTest, AStaleSocketIsReplaced) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  (folder_ + "/s.sock").copy(name.sun_path, sizeof(name.sun_path) - 1);
  {
    const FileDescriptor dead(::socket(AF_UNIX, SOCK_STREAM, 0));
    ASSERT_EQ(::bind(dead.get(), reinterpret_cast<sockaddr*>(&name), sizeof(name)), 0);
  }
  Start(listener_);
  EXPECT_EQ(TestClient(address()).Exchange(Get("/hello")).body, "hello");
}

TEST_F(UnixServerTest, AFileThatIsNoSocketIsLeftAlone) {
  const std::string path = folder_ + "/s.sock";
  ASSERT_NE(::mkdir(path.c_str(), 0700), -1);
  EXPECT_FALSE(Server::Start(options_, {listener_}, handler_).ok());
  EXPECT_TRUE(std::filesystem::is_directory(path));
}

TEST_F(ServerTest, DrainClosesIdleConnectionsAndLetsRequestsEnd) {
  Gate entered;
  Gate release;
  handler_.On("/slow", Execution::kWorker, [&](Request&) {
    entered.Open();
    release.Wait();
    return Text("done");
  });
  Start();
  const std::string bound = address();
  TestClient idle(bound);
  idle.Exchange(Get("/hello"));
  TestClient busy(bound);
  busy.Send(Get("/slow"));
  entered.Wait();

  server_->Drain(std::chrono::milliseconds(1));  // too short for the busy one
  EXPECT_TRUE(idle.IsClosedByServer());
  // A client hears of it a moment before the server has counted.
  for (int i = 0; i < 10'000 && server_->open_connections() > 1; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(server_->open_connections(), 1);
  release.Open();
  const ReceivedResponse response = busy.Receive();
  EXPECT_EQ(response.body, "done");
  EXPECT_EQ(response.headers.at("connection"), "close");
  server_->Drain(std::chrono::minutes(1));
  EXPECT_EQ(server_->open_connections(), 0);
}

TEST_F(ServerTest, DestructionCutsConnectionsButWaitsForHandlers) {
  Gate entered;
  Gate release;
  handler_.On("/slow", Execution::kWorker, [&](Request&) {
    entered.Open();
    release.Wait();
    return Text("done");
  });
  Start();
  TestClient busy(address());
  busy.Send(Get("/slow"));
  entered.Wait();
  std::thread destroyer([this] { server_.reset(); });
  EXPECT_TRUE(busy.IsClosedByServer());
  release.Open();
  destroyer.join();
  EXPECT_FALSE(handler_.WaitForEnded(1)[0].completed);
}

}  // namespace
}  // namespace sluice::http
