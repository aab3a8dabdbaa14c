#include "server/pipeline.h"

#include <optional>

#include "base/testing.h"
#include "observe/collecting_logger.h"

namespace sluice::server {
namespace {

using auth::Authenticator;
using auth::Caller;
using auth::Who;
using http::Execution;
using http::Request;
using http::Response;
using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char kRecipientToken[] = "recipients-token-0123456789";
constexpr char kOwnerToken[] = "owners-token-0123456789";

/// What the routes below do when they are called.
struct FakeService {
  std::optional<Error> fault;
  std::string caller;
  std::string parameter;
  std::function<void()> meanwhile = [] {};
};

Result<Response> Answer(const Request& request, const Caller& caller, FakeService& service) {
  service.caller = caller.recipient;
  if (!request.path_parameters.empty()) service.parameter = request.PathParameter("name");
  service.meanwhile();
  if (service.fault) return *service.fault;
  Response response;
  response.body = "answer";
  response.log_fields.emplace_back("table", "a.b.c");
  return response;
}

Result<Response> AnswerHead(const Request&, const Caller&, FakeService&) {
  return Response{.status = 204};
}

constexpr auth::Route<FakeService> kRoutes[] = {
    {"GET", "/open", Who::kAnyone, Execution::kInline, Answer},
    {"GET", "/things/{name}", Who::kRecipient, Execution::kWorker, Answer},
    {"POST", "/things/{name}", Who::kRecipient, Execution::kWorker, Answer},
    {"GET", "/files", Who::kRecipientOrAnyone, Execution::kWorker, Answer},
    {"GET", "/own-head", Who::kAnyone, Execution::kInline, Answer},
    {"HEAD", "/own-head", Who::kAnyone, Execution::kInline, AnswerHead},
    {"GET", "/admin", Who::kOwner, Execution::kWorker, Answer},
    {"GET", "/metrics", Who::kOwnerOrLoopback, Execution::kWorker, Answer},
    {"GET", "/recipients/{recipient}/things", Who::kRecipient, Execution::kWorker, AnswerHead},
};

class PipelineTest : public testing::Test {
 protected:
  PipelineTest() {
    catalog_.UseUntil(SystemTime());  // nobody is known before LoadIdentities
    Surface surface;
    surface.Add("/p", kRoutes, service_);
    pipeline_.AddSurface(surface);
    pipeline_.AddSurface(Surface());
  }

  void LoadIdentities() {
    catalog::ManagedRecipient acme{.id = "1", .name = "acme"};
    acme.tokens = {auth::Know(Secret(kRecipientToken), "t")};
    catalog::OwnerSettings settings;
    settings.principals = {{.name = "owner", .tokens = {auth::Know(Secret(kOwnerToken), "t")}}};
    catalog_.Replace(
        catalog::View::Of({.recipients = {catalog::MakeRecipient(acme)},
                           .settings = std::make_shared<const catalog::OwnerSettings>(settings)}));
    catalog_.UseUntil(clock_.Now() + std::chrono::hours(1));
  }

  static Request RequestOf(const std::string& method, const std::string& target,
                           const std::string& token = "") {
    Request request{.method = method, .target = target, .path = target.substr(0, target.find('?'))};
    request.peer_address = "10.1.2.3";
    request.request_id = "r-1";
    if (!token.empty()) request.headers.Add("Authorization", "Bearer " + token);
    return request;
  }
  Response Handle(Request request, std::size_t listener = 0) {
    return pipeline_.Handle(request, listener);
  }
  Response Get(const std::string& path, const std::string& token = "") {
    return Handle(RequestOf("GET", path, token));
  }
  /// The whole way of a request, as http::Server takes it. Returns its log line.
  std::string Finish(Request request, bool completed = true) {
    const Response response = pipeline_.Handle(request, 0);
    return LogOf(request, response, completed);
  }
  std::string LogOf(const Request& request, const Response& response, bool completed = true) {
    pipeline_.OnFinished({.request = request,
                          .response = response,
                          .body_bytes = 6,
                          .duration = std::chrono::microseconds(1'500),
                          .completed = completed});
    const std::vector<std::string> lines = log_.TakeLines();
    return lines.size() == 1 ? lines[0] : Format("{} lines", lines.size());
  }
  static std::string BodyOf(const Response& response) {
    return std::get<std::string>(response.body);
  }

  observe::CollectingLogger log_;
  observe::MetricRegistry metrics_;
  Pipeline::MonotonicTime now_;
  FakeService service_;
  ManualClock clock_{SystemTime(std::chrono::seconds(1'795'255'200))};
  catalog::Catalog catalog_{catalog::View::Of({})};
  Authenticator authenticator_{catalog_, clock_};
  const Pipeline::Dependencies dependencies_{.log = log_,
                                             .metrics = metrics_,
                                             .authenticator = authenticator_,
                                             .catalog = catalog_,
                                             .clock = clock_};
  Pipeline pipeline_{dependencies_,
                     {.request_timeout = milliseconds(100), .now = [this] { return now_; }}};
};

TEST_F(PipelineTest, WhoMayComeUnknownIsKnownByAGoodTokenAlone) {
  LoadIdentities();
  EXPECT_THAT(Finish(RequestOf("GET", "/p/files", kRecipientToken)), HasSubstr("recipient=acme"));
  for (const char* token : {"", "wrong", kOwnerToken}) {
    const Request request = RequestOf("GET", "/p/files", token);
    EXPECT_EQ(Handle(request).status, 200) << token;
    EXPECT_THAT(Finish(request), Not(HasSubstr("recipient="))) << token;
  }
}

TEST_F(PipelineTest, FindsRoutesOfTheListenerAlone) {
  EXPECT_EQ(BodyOf(Get("/p/open")), "answer");
  EXPECT_EQ(Get("/open").status, 404);
  EXPECT_EQ(Get("/p/open/").status, 404);
  EXPECT_EQ(Handle(RequestOf("GET", "/p/open"), /*listener=*/1).status, 404);
  EXPECT_THAT(BodyOf(Get("/p/nothing")), StartsWith(R"({"errorCode":"RESOURCE_DOES_NOT_EXIST",)"));
}

TEST_F(PipelineTest, NamesTheMethodsThatAPathAnswers) {
  const Response response = Handle(RequestOf("DELETE", "/p/things/a"));
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(*response.headers.Find("Allow"), "GET, POST, HEAD");
  EXPECT_THAT(BodyOf(response), StartsWith(R"({"errorCode":"METHOD_NOT_ALLOWED","message":)"));
}

TEST_F(PipelineTest, AnswersHeadAsGetUnlessItHasARouteOfItsOwn) {
  EXPECT_EQ(Handle(RequestOf("HEAD", "/p/open")).status, 200);
  EXPECT_EQ(Handle(RequestOf("HEAD", "/p/own-head")).status, 204);
}

TEST_F(PipelineTest, SaysWhichRequestsMayBlock) {
  EXPECT_EQ(pipeline_.ExecutionOf(RequestOf("GET", "/p/open"), 0), Execution::kInline);
  EXPECT_EQ(pipeline_.ExecutionOf(RequestOf("GET", "/p/things/a"), 0), Execution::kWorker);
  EXPECT_EQ(pipeline_.ExecutionOf(RequestOf("HEAD", "/p/things/a"), 0), Execution::kWorker);
  EXPECT_EQ(pipeline_.ExecutionOf(RequestOf("GET", "/nothing"), 0), Execution::kInline);
  EXPECT_EQ(pipeline_.ExecutionOf(RequestOf("PUT", "/p/open"), 0), Execution::kInline);
}

TEST_F(PipelineTest, HandsCallerAndParametersToTheHandler) {
  LoadIdentities();
  EXPECT_EQ(Get("/p/things/a%2Fb", kRecipientToken).status, 200);
  EXPECT_EQ(service_.caller, "acme");
  EXPECT_EQ(service_.parameter, "a/b");
}

TEST_F(PipelineTest, AsksWhoCallsBeforeTheHandlerRuns) {
  LoadIdentities();
  service_.caller = "never called";
  for (const std::string token : {"", "wrong", kOwnerToken}) {
    const Response response = Get("/p/things/a", token);
    EXPECT_EQ(response.status, 401) << token;
    EXPECT_EQ(*response.headers.Find("WWW-Authenticate"), "Bearer");
    EXPECT_THAT(BodyOf(response), StartsWith(R"({"errorCode":"UNAUTHENTICATED",)"));
  }
  EXPECT_EQ(service_.caller, "never called");
}

TEST_F(PipelineTest, IsUnavailableUntilItKnowsAnybody) {
  const Response response = Get("/p/things/a", kRecipientToken);
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(*response.headers.Find("Retry-After"), "1");
  EXPECT_EQ(Get("/p/open").status, 200);
}

TEST_F(PipelineTest, OwnersRoutesTakeTheOwnersTokenAlone) {
  LoadIdentities();
  EXPECT_EQ(Get("/p/admin", kOwnerToken).status, 200);
  EXPECT_EQ(service_.caller, "owner");
  EXPECT_EQ(Get("/p/admin", kRecipientToken).status, 401);
  EXPECT_EQ(Get("/p/metrics", kOwnerToken).status, 200);
  EXPECT_EQ(Get("/p/metrics", kRecipientToken).status, 401);
  EXPECT_EQ(Get("/p/metrics").status, 401);
}

TEST_F(PipelineTest, WhoIsOnThisMachineNeedsNoTokenForMetrics) {
  LoadIdentities();
  const auto status_from = [this](const std::string& peer, const std::string& path) {
    Request request = RequestOf("GET", path);
    request.peer_address = peer;
    return Handle(std::move(request)).status;
  };
  for (const char* peer : {"127.0.0.1", "127.8.8.8", "::1", "unix"}) {
    EXPECT_EQ(status_from(peer, "/p/metrics"), 200) << peer;
    EXPECT_EQ(status_from(peer, "/p/admin"), 401) << peer;
  }
  for (const char* peer : {"128.0.0.1", "12.127.0.1", "::2", "1::1", "", "unix2"}) {
    EXPECT_EQ(status_from(peer, "/p/metrics"), 401) << peer;
  }
}

TEST_F(PipelineTest, NewIdentitiesCountAtOnce) {
  LoadIdentities();
  EXPECT_EQ(Get("/p/admin", kOwnerToken).status, 200);
  catalog_.Replace(
      catalog::View::Of({.recipients = {catalog::BuiltInRecipient(auth::kAnonymous)}}));
  authenticator_.AllowAnonymous(true);
  EXPECT_EQ(Get("/p/things/a").status, 200);
  EXPECT_EQ(service_.caller, auth::kAnonymous);
  EXPECT_EQ(Get("/p/admin", kOwnerToken).status, 401);
}

TEST_F(PipelineTest, KeepsInternalsFromRecipientsAndTellsTheLog) {
  service_.fault = WithDetail(CorruptData("commit 7 is broken"), "/data/orders/7.json:3");
  Request request = RequestOf("GET", "/p/open");
  const Response response = pipeline_.Handle(request, 0);
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(BodyOf(response),
            R"({"errorCode":"INTERNAL_ERROR","message":"internal error, request id r-1"})"
            "\n");
  const std::string line = LogOf(request, response);
  EXPECT_THAT(line, StartsWith("error request id=r-1 "));
  EXPECT_THAT(line, HasSubstr("/data/orders/7.json:3"));
}

TEST_F(PipelineTest, TellsRecipientsTheirOwnMistakes) {
  service_.fault = WithDetail(InvalidArgument("limitHint is negative"), "detail");
  const Response response = Get("/p/open");
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(BodyOf(response), HasSubstr("limitHint is negative"));
  EXPECT_THAT(BodyOf(response), Not(HasSubstr("detail")));
}

TEST_F(PipelineTest, LogsOneLineARequest) {
  LoadIdentities();
  Request request = RequestOf("GET", "/p/things/a", kRecipientToken);
  request.headers.Add("User-Agent", "spark/1");
  EXPECT_EQ(Finish(std::move(request)),
            "info request id=r-1 peer=10.1.2.3 method=GET path=/p/things/a status=200 bytes=6 "
            "us=1500 table=a.b.c recipient=acme agent=spark/1");
}

TEST_F(PipelineTest, LogsTheTrace) {
  Request request = RequestOf("GET", "/p/open");
  EXPECT_THAT(Finish(request), Not(HasSubstr("trace_id")));
  request.trace = std::make_shared<const observe::Trace>(
      observe::Trace{.id = "4bf92f35", .span = "00f067aa", .state = "never=logged"});
  EXPECT_THAT(Finish(request), HasSubstr(" trace_id=4bf92f35 span_id=00f067aa table="));
  request.trace = std::make_shared<const observe::Trace>(
      observe::Trace{.id = "4bf92f35", .span = "00f067aa", .parent_span = "b7ad6b71"});
  EXPECT_THAT(Finish(request), HasSubstr(" span_id=00f067aa parent_span_id=b7ad6b71 "));
}

TEST_F(PipelineTest, LogsWhatWasCutShort) {
  EXPECT_THAT(Finish(RequestOf("GET", "/p/open"), /*completed=*/false),
              HasSubstr(" cut_short=true"));
}

TEST_F(PipelineTest, LogsNeitherTokenNorQuery) {
  LoadIdentities();
  const std::string signed_url = "/p/things/a?X-Amz-Signature=sig123&pageToken=page123";
  for (const std::string token : {kRecipientToken, "wrong-token"}) {
    const std::string line = Finish(RequestOf("GET", signed_url, token));
    EXPECT_THAT(line, HasSubstr("path=/p/things/a "));
    for (const std::string secret : {"sig123", "page123", kRecipientToken, "wrong-token"})
      EXPECT_THAT(line, Not(HasSubstr(secret)));
  }
  Request basic = RequestOf("GET", "/p/things/a");
  basic.headers.Add("Authorization", "Basic c2VjcmV0");
  EXPECT_THAT(Finish(std::move(basic)), Not(HasSubstr("c2VjcmV0")));
}

TEST_F(PipelineTest, LogsNoMoreOfAPathThanALineNeeds) {
  const std::string line = Finish(RequestOf("GET", "/" + std::string(60'000, 'x')));
  EXPECT_LT(line.size(), 2'000u);
}

TEST_F(PipelineTest, CountsByRouteAndStatus) {
  LoadIdentities();
  Finish(RequestOf("GET", "/p/things/a", kRecipientToken));
  Finish(RequestOf("GET", "/p/things/b", kRecipientToken));
  Finish(RequestOf("GET", "/p/things/c", "wrong"));
  Finish(RequestOf("POST", "/p/things/a", kRecipientToken));
  Finish(RequestOf("GET", "/p/no-such-path/secret-name"));
  Finish(RequestOf("DELETE", "/p/open"));
  const std::string metrics = metrics_.Render();
  const auto has = [&](const std::string& labels, int value) {
    return HasSubstr("sluice_http_requests_total{" + labels + "} " + std::to_string(value) + "\n");
  };
  EXPECT_THAT(metrics, has(R"(method="GET",route="/p/things/{name}",status="2xx")", 2));
  EXPECT_THAT(metrics, has(R"(method="GET",route="/p/things/{name}",status="4xx")", 1));
  EXPECT_THAT(metrics, has(R"(method="POST",route="/p/things/{name}",status="2xx")", 1));
  EXPECT_THAT(metrics, has(R"(method="",route="none",status="4xx")", 2));
  EXPECT_THAT(metrics, Not(HasSubstr("secret-name")));
  EXPECT_THAT(metrics, HasSubstr("sluice_http_sent_bytes_total 36\n"));
  EXPECT_THAT(metrics, HasSubstr(R"(sluice_http_request_seconds_count{method="POST",)"
                                 R"(route="/p/things/{name}"} 1)"));
}

TEST_F(PipelineTest, RefusesInTheProtocolsWordsWhatNeverBecameARequest) {
  const std::pair<int, std::string> cases[] = {{400, "MALFORMED_REQUEST"},
                                               {408, "REQUEST_TIMEOUT"},
                                               {413, "REQUEST_TOO_LARGE"},
                                               {431, "REQUEST_HEADERS_TOO_LARGE"},
                                               {503, "UNAVAILABLE"}};
  for (const auto& [status, code] : cases) {
    const Response response = pipeline_.Refuse(status, "too much");
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(BodyOf(response),
              Format(R"({{"errorCode":"{}","message":"too much"}})", code) + "\n");
    EXPECT_THAT(LogOf(Request{}, response), HasSubstr(Format(" status={} ", status)));
  }
  EXPECT_THAT(metrics_.Render(),
              HasSubstr(R"(sluice_http_requests_total{method="",route="none",status="4xx"} 4)"));
}

TEST_F(PipelineTest, AnswersNothingButLateToWhoHadToWaitTooLong) {
  service_.meanwhile = [this] { now_ += milliseconds(101); };
  Request request = RequestOf("GET", "/p/open");
  const Response response = pipeline_.Handle(request, 0);
  EXPECT_EQ(response.status, 504);
  EXPECT_THAT(BodyOf(response), StartsWith(R"({"errorCode":"DEADLINE_EXCEEDED",)"));
  const std::string line = LogOf(request, response);
  EXPECT_THAT(line, StartsWith("error request "));
  EXPECT_THAT(line, HasSubstr("status 200 after 101 ms"));
  EXPECT_THAT(metrics_.Render(), HasSubstr(R"({method="GET",route="/p/open",status="5xx"} 1)"));

  service_.fault = Unavailable("the store is away");
  EXPECT_EQ(Get("/p/open").status, 504);
}

TEST_F(PipelineTest, AnswersWhoWaitedNoLongerThanTheLimit) {
  service_.meanwhile = [this] { now_ += milliseconds(100); };
  EXPECT_EQ(Get("/p/open").status, 200);
}

TEST_F(PipelineTest, HasNoLimitUnlessThereIsOne) {
  Pipeline pipeline(dependencies_, {.now = [this] { return now_; }});
  Surface surface;
  surface.Add("", kRoutes, service_);
  pipeline.AddSurface(surface);
  service_.meanwhile = [this] { now_ += std::chrono::hours(1); };
  Request request = RequestOf("GET", "/open");
  EXPECT_EQ(pipeline.Handle(request, 0).status, 200);
}

TEST_F(PipelineTest, AnAddressOfARecipientIsNoOthers) {
  LoadIdentities();
  EXPECT_EQ(Get("/p/recipients/1/things", kRecipientToken).status, 204);
  const Response other = Get("/p/recipients/2/things", kRecipientToken);
  EXPECT_EQ(other.status, 401);
  EXPECT_EQ(BodyOf(other), BodyOf(Get("/p/recipients/2/things", "wrong")));
}

TEST_F(PipelineTest, GuessesPastTheBoundAreHeldBackAndNobodyElse) {
  FailedSignIns failures(/*journal=*/nullptr, clock_,
                         {.per_minute = 3, .sweep_interval = std::chrono::hours(1)});
  Pipeline::Dependencies dependencies = dependencies_;
  dependencies.failed_sign_ins = &failures;
  Pipeline pipeline(dependencies, {});
  Surface surface;
  surface.Add("", kRoutes, service_);
  pipeline.AddSurface(surface);
  LoadIdentities();
  const auto ask = [&](const std::string& path, const std::string& token) {
    Request request = RequestOf("GET", path, token);
    return pipeline.Handle(request, 0);
  };
  for (const char* const path : {"/things/a", "/admin", "/things/b"}) {
    EXPECT_EQ(ask(path, "wrong").status, 401) << path;
  }
  for (const char* const path : {"/things/a", "/admin"}) {
    const Response response = ask(path, "wrong");
    EXPECT_EQ(response.status, 429) << path;
    EXPECT_EQ(*response.headers.Find("Retry-After"), "20");
  }
  EXPECT_EQ(ask("/things/a", kRecipientToken).status, 200);
  EXPECT_EQ(ask("/admin", kOwnerToken).status, 200);
  EXPECT_EQ(ask("/open", "").status, 200);
  EXPECT_THAT(metrics_.Render(), HasSubstr("sluice_held_back_sign_ins_total 2"));
  service_.fault = NotFound("it is not there");
  EXPECT_EQ(ask("/things/a", kRecipientToken).status, 404);
}

}  // namespace
}  // namespace sluice::server
