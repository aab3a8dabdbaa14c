#include "http/client.h"

#include <atomic>
#include <latch>
#include <stop_token>
#include <thread>

#include "base/testing.h"
#include "http/raw_server_test_support.h"
#include "http/server_test_support.h"

namespace sluice::http {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Then = RawReply::Then;

const Client::Limits kLimits{.timeout = std::chrono::seconds(60)};
/// For a server that never answers: the client must give up, however slow the machine is.
constexpr std::chrono::milliseconds kShort{50};

Client::Options Loopback() {
  Client::Options options;
  options.private_networks = {"127.0.0.0/8"};
  return options;
}

std::unique_ptr<Client> NewClient(const Client::Options& options = Loopback()) {
  return Client::New(options).value();
}

Result<std::string> GetBody(Client& client, const std::string& url) {
  auto response = client.Send({.url = url}, kLimits);
  if (!response.ok()) return std::move(response).error();
  return response->body;
}

/// Everything that is left of a download.
Result<std::string> ReadRest(Download& download, std::size_t step = 1000) {
  std::string all;
  while (true) {
    const std::size_t before = all.size();
    all.resize(before + step);
    const std::size_t count = TRY(download.Read(std::span(all).subspan(before)));
    all.resize(before + count);
    if (count < step) return all;
  }
}

TEST(Client, SendsTheUrlAsItIsSpelledAndNoFieldThatWasNotAskedFor) {
  RawServer server([](const std::string& request) { return RawText(request); });
  const auto client = NewClient();
  ClientRequest request{.url = server.Url("/a/../b%2f%2F//x?sig=a%3d&&y=+")};
  request.headers.Add("x-amz-date", "now");
  request.headers.Add("x-empty", "");
  const auto response = client->Send(request, kLimits);
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->body, Format("GET /a/../b%2f%2F//x?sig=a%3d&&y=+ HTTP/1.1\r\nHost: {}\r\n"
                                   "User-Agent: sluice\r\nx-amz-date: now\r\nx-empty:\r\n\r\n",
                                   server.address()));
}

TEST(Client, SendsBodiesWhateverTheMethod) {
  RawServer server([](const std::string& request) { return RawText(request); });
  const auto client = NewClient();
  for (const std::string method : {"PUT", "POST", "DELETE"}) {
    const std::string_view body("a\0b", 3);
    const auto response =
        client->Send({.method = method, .url = server.Url("/x"), .body = body}, kLimits);
    ASSERT_THAT(response, IsOk());
    EXPECT_EQ(response->body, Format("{} /x HTTP/1.1\r\nHost: {}\r\nUser-Agent: sluice\r\n"
                                     "Content-Length: 3\r\n\r\n{}",
                                     method, server.address(), body));
  }
  const auto empty = client->Send({.method = "PUT", .url = server.Url("/x")}, kLimits);
  EXPECT_THAT(empty->body, HasSubstr("\r\nContent-Length: 0\r\n"));
}

TEST(Client, SendsLargeBodiesWithoutAskingFirst) {
  std::string received;
  RawServer server([&](const std::string& request) {
    received = request;
    return RawText("done");
  });
  const std::string body(5 << 20, 'x');
  const auto response =
      NewClient()->Send({.method = "PUT", .url = server.Url("/x"), .body = body}, kLimits);
  ASSERT_THAT(response, IsOk());
  EXPECT_TRUE(received.ends_with("\r\n\r\n" + body));
  EXPECT_THAT(received.substr(0, received.size() - body.size()), Not(HasSubstr("Expect")));
}

TEST(Client, GivesStatusFieldsAndBody) {
  RawServer server([](const std::string&) {
    return RawReply{.bytes =
                        "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n"
                        "HTTP/1.1 404 Not Here\r\nContent-Length: 4\r\nX-A:  one \r\n"
                        "x-a: two\r\nX-Empty:\r\n\r\ngone"};
  });
  const auto response = NewClient()->Send({.url = server.Url("/")}, kLimits);
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->status, 404);
  EXPECT_EQ(response->body, "gone");
  ASSERT_EQ(response->headers.fields().size(), 4U);
  EXPECT_EQ(*response->headers.Find("X-A"), "one");
  EXPECT_EQ(*response->headers.Find("x-empty"), "");
  EXPECT_EQ(response->headers.Find("Link"), nullptr);
}

TEST(Client, HeadHasLengthButNoBody) {
  RawServer server([](const std::string& request) {
    EXPECT_THAT(request, StartsWith("HEAD / "));
    return RawReply{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n"};
  });
  const auto client = NewClient();
  for (int i = 0; i < 3; ++i) {
    const auto response = client->Send({.method = "HEAD", .url = server.Url("/")}, kLimits);
    ASSERT_THAT(response, IsOk());
    EXPECT_EQ(*response->headers.Find("Content-Length"), "999999999999");
    EXPECT_EQ(response->body, "");
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST(Client, FollowsNoRedirectAndDecodesNothing) {
  RawServer server([](const std::string&) {
    return RawReply{.bytes =
                        "HTTP/1.1 307 Away\r\nLocation: http://other.example/\r\n"
                        "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nraw"};
  });
  const auto response = NewClient()->Send({.url = server.Url("/")}, kLimits);
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->status, 307);
  EXPECT_EQ(response->body, "raw");
}

TEST(Client, RefusesRequestsThatAreNone) {
  const auto client = NewClient();
  ClientRequest injected{.url = "http://127.0.0.1:1/"};
  injected.headers.Add("x-a", "b\r\nx-c: d");
  ClientRequest misnamed{.url = "http://127.0.0.1:1/"};
  misnamed.headers.Add("x a", "b");
  for (const ClientRequest& request :
       {injected, misnamed, ClientRequest{.url = "no url"},
        ClientRequest{.method = "GET / HTTP/1.1\r\n", .url = "http://127.0.0.1:1/"}}) {
    EXPECT_THAT(client->Send(request, kLimits), FailsWith(ErrorCode::kInvalidArgument));
  }
}

TEST(Client, KeepsItsConnections) {
  RawServer server([](const std::string&) { return RawText("x"); });
  const auto client = NewClient();
  for (int i = 0; i < 20; ++i) EXPECT_THAT(GetBody(*client, server.Url("/")), IsOkAnd("x"));
  EXPECT_EQ(server.connections(), 1);
}

TEST(Client, KeepsAConnectionForEachOrigin) {
  RawServer one([](const std::string&) { return RawText("1"); });
  RawServer other([](const std::string&) { return RawText("2"); });
  const auto client = NewClient();
  for (int i = 0; i < 10; ++i) {
    EXPECT_THAT(GetBody(*client, one.Url("/")), IsOkAnd("1"));
    EXPECT_THAT(GetBody(*client, other.Url("/")), IsOkAnd("2"));
  }
  EXPECT_EQ(one.connections(), 1);
  EXPECT_EQ(other.connections(), 1);
}

TEST(Client, TakesALineFromAnotherOriginWhenAllAreTaken) {
  RawServer one([](const std::string&) { return RawText("1"); });
  RawServer other([](const std::string&) { return RawText("2"); });
  Client::Options options = Loopback();
  options.max_connections = 1;
  const auto client = NewClient(options);
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(GetBody(*client, one.Url("/")), IsOkAnd("1"));
    EXPECT_THAT(GetBody(*client, other.Url("/")), IsOkAnd("2"));
  }
}

TEST(Client, ReplacesAConnectionThatTheServerClosedMeanwhile) {
  RawServer server([](const std::string&) {
    RawReply reply = RawText("x");
    reply.then = Then::kClose;
    return reply;
  });
  const auto client = NewClient();
  for (int i = 0; i < 5; ++i) EXPECT_THAT(GetBody(*client, server.Url("/")), IsOkAnd("x"));
}

TEST(Client, GivesUpOnAServerThatNeverAnswers) {
  RawServer server([](const std::string&) { return RawReply{.then = Then::kStaySilent}; });
  const auto client = NewClient();
  const Client::Limits limits{.timeout = kShort};
  EXPECT_THAT(client->Send({.url = server.Url("/")}, limits), FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(client->Start({.url = server.Url("/")}, limits), FailsWith(ErrorCode::kUnavailable));
}

TEST(Client, GivesARequestUpWhenItIsToldTo) {
  for (const bool streams : {false, true}) {
    std::stop_source stop;
    std::latch given_up(1);
    RawServer server([&](const std::string&) {
      stop.request_stop();
      given_up.wait();
      return RawText("x");
    });
    const auto client = NewClient();
    const ClientRequest request{.url = server.Url("/")};
    const Client::Limits limits{.stop = stop.get_token()};
    if (streams) {
      EXPECT_THAT(client->Start(request, limits), FailsWith(ErrorCode::kUnavailable));
    } else {
      EXPECT_THAT(client->Send(request, limits), FailsWith(ErrorCode::kUnavailable));
    }
    given_up.count_down();
  }
}

TEST(Client, GivesARequestUpThatStillWaitsForALine) {
  RawServer server([](const std::string&) { return RawText("a long answer"); });
  Client::Options options = Loopback();
  options.max_connections = 1;
  const auto client = NewClient(options);
  const auto download = client->Start({.url = server.Url("/")}, kLimits);
  ASSERT_THAT(download, IsOk());
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THAT(client->Send({.url = server.Url("/")}, {.stop = stop.get_token()}),
              FailsWith(ErrorCode::kUnavailable));
}

TEST(Client, GivesUpOnASilentServerAfterTheIdleTimeout) {
  RawServer server([](const std::string&) {
    return RawReply{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n123",
                    .then = Then::kStaySilent};
  });
  Client::Options options = Loopback();
  options.idle_timeout = kShort;
  const auto client = NewClient(options);
  EXPECT_THAT(client->Send({.url = server.Url("/")}, kLimits), FailsWith(ErrorCode::kUnavailable));
  const auto download = client->Start({.url = server.Url("/")}, kLimits);
  ASSERT_THAT(download, IsOk());
  EXPECT_THAT(ReadRest(**download), FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(ReadRest(**download), FailsWith(ErrorCode::kUnavailable));
}

TEST(Client, TellsThatNobodyListens) {
  std::string url;
  {
    const RawServer gone([](const std::string&) { return RawReply{}; });
    url = gone.Url("/");
  }
  EXPECT_THAT(GetBody(*NewClient(), url), FailsWith(ErrorCode::kUnavailable));
}

TEST(Client, RefusesAnswersThatAreCutShort) {
  const std::string head = "HTTP/1.1 200 OK\r\n";
  for (const std::string& bytes :
       {std::string(), std::string("HTTP/1.1 20"), head + "Content-Length: 5\r\n",
        head + "Content-Length: 5\r\n\r\n", head + "Content-Length: 5\r\n\r\n1234",
        head + "Transfer-Encoding: chunked\r\n\r\n5\r\n123",
        head + "Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n"}) {
    RawServer server(
        [&](const std::string&) { return RawReply{.bytes = bytes, .then = Then::kClose}; });
    const auto client = NewClient();
    EXPECT_THAT(GetBody(*client, server.Url("/")), FailsWith(ErrorCode::kUnavailable)) << bytes;
    const auto download = client->Start({.url = server.Url("/")}, kLimits);
    const auto read = download.ok() ? ReadRest(**download) : Result<std::string>(download.error());
    EXPECT_THAT(read, FailsWith(ErrorCode::kUnavailable)) << bytes;
  }
}

TEST(Client, RefusesAnswersThatAreNoHttp) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  std::string many_fields = ok;
  for (int i = 0; i < 300; ++i) many_fields += Format("x-{}: y\r\n", i);
  for (const std::string& bytes :
       {std::string("SSH-2.0-OpenSSH\r\n\r\n"), std::string("{\"json\": true}\n\n"),
        ok + " folded: x\r\n\r\n", ok + "no colon\r\n\r\n",
        ok + "x-long: " + std::string(65 << 10, 'x') + "\r\n\r\n", many_fields + "\r\n",
        ok + "Content-Length: -1\r\n\r\n"}) {
    RawServer server(
        [&](const std::string&) { return RawReply{.bytes = bytes, .then = Then::kClose}; });
    EXPECT_THAT(GetBody(*NewClient(), server.Url("/")), FailsWith(ErrorCode::kUnavailable))
        << bytes.substr(0, 40);
  }
}

TEST(Client, TakesNothingBeyondTheLength) {
  RawServer server([](const std::string&) {
    return RawReply{.bytes =
                        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n12HTTP/1.1 200 OK\r\n\r\n"};
  });
  const auto client = NewClient();
  for (int i = 0; i < 3; ++i) EXPECT_THAT(GetBody(*client, server.Url("/")), IsOkAnd("12"));
}

TEST(Client, KeepsTheBoundOfABodyWhetherOrNotItsLengthIsTold) {
  std::atomic<bool> tells_length = true;
  RawServer server([&](const std::string&) {
    return tells_length ? RawText("12345")
                        : RawReply{.bytes =
                                       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                       "3\r\n123\r\n2\r\n45\r\n0\r\n\r\n"};
  });
  const auto client = NewClient();
  for (const bool told : {true, false}) {
    tells_length = told;
    const ClientRequest request{.url = server.Url("/")};
    EXPECT_THAT(client->Send(request, {.max_body_bytes = 5}), IsOk());
    EXPECT_THAT(client->Send(request, {.max_body_bytes = 4}), FailsWith(ErrorCode::kTooLarge));
    EXPECT_THAT(client->Send(request, {.max_body_bytes = 0}), FailsWith(ErrorCode::kTooLarge));
  }
}

TEST(Client, DetailOfAnErrorNamesTheHostAndNothingElseOfTheRequest) {
  RawServer server([](const std::string& request) {
    if (request.find("/silent") != std::string::npos) return RawReply{.then = Then::kStaySilent};
    if (request.find("/large") != std::string::npos) return RawText("12345");
    return RawReply{.bytes = "nonsense\r\n\r\n", .then = Then::kClose};
  });
  const auto open_client = NewClient();
  const auto closed_client = NewClient({});
  for (const std::string target : {"/silent", "/large", "/nonsense"}) {
    for (Client* client : {open_client.get(), closed_client.get()}) {
      ClientRequest request{.url = server.Url(target + "?sig=secret")};
      request.headers.Add("Authorization", "secret");
      const auto response = client->Send(request, {.timeout = kShort, .max_body_bytes = 1});
      ASSERT_FALSE(response.ok());
      EXPECT_THAT(response.error().message, Not(HasSubstr("127.0.0.1")));
      EXPECT_THAT(response.error().detail, HasSubstr("127.0.0.1"));
      EXPECT_THAT(response.error().ToString(), Not(HasSubstr("secret")));
      EXPECT_THAT(response.error().ToString(), Not(HasSubstr(target)));
    }
  }
}

// Which addresses may be reached.

TEST(ClientAddresses, OfThisMachineAreRefusedUnlessListed) {
  RawServer server([](const std::string&) { return RawText("x"); });
  const std::string port = server.address().substr(server.address().find(':'));
  const auto client = NewClient({});
  for (const std::string host : {"127.0.0.1", "localhost", "2130706433", "0x7f.1", "0.0.0.0",
                                 "[::1]", "[::ffff:127.0.0.1]", "[::]"}) {
    EXPECT_THAT(GetBody(*client, Format("http://{}{}/", host, port)),
                FailsWith(ErrorCode::kPermissionDenied))
        << host;
  }
  EXPECT_EQ(server.connections(), 0);
  EXPECT_THAT(GetBody(*NewClient(), server.Url("/")), IsOkAnd("x"));
}

TEST(ClientAddresses, AreTriedInTurnAndThoseNotListedLeftOut) {
  RawServer server([](const std::string&) { return RawText("x"); });
  const std::string port = server.address().substr(server.address().find(':'));
  // That name is both ::1 and 127.0.0.1.
  EXPECT_THAT(GetBody(*NewClient(), Format("http://localhost{}/", port)), IsOkAnd("x"));
}

TEST(Client, HostThatTheOwnerNamedMayHaveAnyAddress) {
  RawServer server([](const std::string&) { return RawText("hello"); });
  const auto client = NewClient({.private_hosts = {"127.0.0.1"}});
  EXPECT_THAT(GetBody(*client, server.Url("/")), IsOkAnd(std::string("hello")));
  EXPECT_THAT(GetBody(*client, "http://localhost:1/"), FailsWith(ErrorCode::kPermissionDenied));
}

TEST(ClientAddresses, ThatAreNoNetworksAreAnError) {
  EXPECT_THAT(Client::New({.private_networks = {"localhost"}}),
              FailsWith(ErrorCode::kInvalidArgument));
}

// Proxies.

TEST(ClientProxy, IsToldTheWholeUrlAsItIsSpelledWhereverItMayLie) {
  RawServer proxy([](const std::string& request) { return RawText(request); });
  Client::Options options;
  options.proxy = "http://user:pass@" + proxy.address();
  const auto body = GetBody(*NewClient(options), "http://10.0.0.1:81/a/../b%2f?x=%3d");
  ASSERT_THAT(body, IsOk());
  EXPECT_THAT(*body, StartsWith("GET http://10.0.0.1:81/a/../b%2f?x=%3d HTTP/1.1\r\n"
                                "Host: 10.0.0.1:81\r\nProxy-Authorization: Basic "));
}

TEST(ClientProxy, ThatIsNoUrlIsAnErrorThatDoesNotRepeatIt) {
  for (const char* proxy : {"s3cret host", "http://", "http://user:s3cret@host:99999", "::"}) {
    const auto client = Client::New({.proxy = proxy});
    ASSERT_THAT(client, FailsWith(ErrorCode::kInvalidArgument)) << proxy;
    EXPECT_THAT(client.error().ToString(), Not(HasSubstr("s3cret")));
  }
  for (const char* proxy :
       {"proxy.example.com:3128", "socks5h://proxy:1080", "https://u:p@[::1]"}) {
    EXPECT_THAT(Client::New({.proxy = proxy}), IsOk()) << proxy;
  }
}

TEST(ClientProxy, TunnelsTlsAndSeesNoFieldOfTheRequest) {
  std::string seen;
  RawServer proxy([&](const std::string& request) {
    seen = request;
    return RawReply{.bytes = "HTTP/1.1 403 No\r\nX-Proxy: 1\r\n\r\n", .then = Then::kClose};
  });
  Client::Options options;
  options.proxy = "http://" + proxy.address();
  ClientRequest request{.url = "https://store.example/x?sig=secret"};
  request.headers.Add("Authorization", "secret");
  EXPECT_THAT(NewClient(options)->Send(request, kLimits), FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(seen, StartsWith("CONNECT store.example:443 HTTP/1.1\r\n"));
  EXPECT_THAT(seen, Not(HasSubstr("secret")));
}

// Many at once.

TEST_F(ServerTest, ClientServesManyThreads) {
  handler_.On("/echo", Execution::kWorker, [](Request& request) { return Text(request.body); });
  Start();
  Client::Options options = Loopback();
  options.max_connections = 3;
  const auto client = NewClient(options);
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&, thread] {
      for (int turn = 0; turn < 50; ++turn) {
        const std::string body = Format("{} {}", thread, turn);
        const auto response = client->Send(
            {.method = "POST", .url = "http://" + address() + "/echo", .body = body}, kLimits);
        if (response.ok() && response->body == body) ++right;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 400);
  EXPECT_LE(server_->open_connections(), 3);
}

TEST(Client, OneMoreThanItsConnectionsWaitsForItsTimeout) {
  RawServer server([](const std::string&) { return RawText("x"); });
  Client::Options options = Loopback();
  options.max_connections = 1;
  const auto client = NewClient(options);
  auto download = client->Start({.url = server.Url("/")}, kLimits);
  ASSERT_THAT(download, IsOk());
  const auto refused = client->Send({.url = server.Url("/")}, {.timeout = kShort});
  ASSERT_THAT(refused, FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(refused.error().message, HasSubstr("at once"));
  std::thread waiter([&] { EXPECT_THAT(GetBody(*client, server.Url("/")), IsOkAnd("x")); });
  download->reset();
  waiter.join();
}

TEST(Client, HandsOnTheTraceOfTheCallingThread) {
  RawServer server([](const std::string& request) { return RawText(request); });
  const auto client = NewClient();
  EXPECT_THAT(GetBody(*client, server.Url("/")), IsOkAnd(Not(HasSubstr("trace"))));
  const auto trace = std::make_shared<const observe::Trace>(
      observe::BeginSpan({.trace_parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                          .trace_state = "congo=t61r"}));
  const observe::TraceScope scope(trace);
  EXPECT_THAT(
      GetBody(*client, server.Url("/")),
      IsOkAnd(testing::AllOf(HasSubstr("\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-" +
                                       trace->span + "-01\r\n"),
                             HasSubstr("\r\ntracestate: congo=t61r\r\n"))));
}

}  // namespace
}  // namespace sluice::http
