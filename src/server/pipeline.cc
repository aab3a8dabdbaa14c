#include "server/pipeline.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "base/json.h"
#include "protocol/error.h"

namespace sluice::server {
namespace {

constexpr std::size_t kNoRoute = 0;
constexpr std::size_t kStatusClasses = 5;
constexpr std::size_t kMaxLoggedPathBytes = 1024;

http::Response MethodNotAllowed(const std::vector<std::string_view>& allowed) {
  std::string methods;
  for (const std::string_view method : allowed)
    methods += (methods.empty() ? "" : ", ") + std::string(method);
  http::Response response = protocol::PlainErrorResponse(
      405, "METHOD_NOT_ALLOWED", Format("this path answers {} only", methods));
  response.headers.Add("Allow", methods);
  return response;
}

// The owner's socket counts too: nobody else can open it.
bool IsOnThisMachine(std::string_view peer_address) {
  return peer_address.starts_with("127.") || peer_address == "::1" || peer_address == "unix";
}

std::string_view StatusErrorCode(int status) {
  switch (status) {
    case 400: return "MALFORMED_REQUEST";
    case 408: return "REQUEST_TIMEOUT";
    case 413: return "REQUEST_TOO_LARGE";
    case 431: return "REQUEST_HEADERS_TOO_LARGE";
    case 503: return "UNAVAILABLE";
    default: return "INVALID_PARAMETER_VALUE";
  }
}

// HEAD is answered as GET, without the body, where it has no route of its own.
void AddHeadRoutes(std::vector<BoundRoute>& routes) {
  std::vector<BoundRoute> heads;
  for (const BoundRoute& route : routes) {
    const bool has_head = std::ranges::any_of(routes, [&](const BoundRoute& other) {
      return other.method == "HEAD" && other.path == route.path;
    });
    if (route.method != "GET" || has_head) continue;
    heads.push_back(route);
    heads.back().method = "HEAD";
  }
  std::ranges::move(heads, std::back_inserter(routes));
}

observe::LogLevel LevelOf(int status) {
  return status >= 500 ? observe::LogLevel::kError : observe::LogLevel::kInfo;
}

}  // namespace

Pipeline::Pipeline(observe::Logger& log, observe::MetricRegistry& metrics, Options options)
    : log_(log),
      metrics_(metrics),
      options_(std::move(options)),
      sent_bytes_(metrics.AddCounter({.name = "sluice_http_sent_bytes_total",
                                      .help = "Bytes of response bodies sent.",
                                      .labels = {}})) {
  route_metrics_.push_back(AddRouteMetrics("", "none"));
}

Pipeline::RouteMetrics Pipeline::AddRouteMetrics(const std::string& method,
                                                 const std::string& route) {
  std::vector<observe::Counter> by_class;
  for (std::size_t status_class = 1; status_class <= kStatusClasses; ++status_class) {
    by_class.push_back(metrics_.AddCounter(
        {.name = "sluice_http_requests_total",
         .help = "Requests answered.",
         .labels = {
             {"method", method}, {"route", route}, {"status", Format("{}xx", status_class)}}}));
  }
  auto seconds =
      metrics_.AddHistogram({.name = "sluice_http_request_seconds",
                             .help = "Time from a request's first byte to its answer's last.",
                             .labels = {{"method", method}, {"route", route}}},
                            observe::DurationBounds());
  return {.by_status_class = std::move(by_class), .seconds = seconds};
}

void Pipeline::AddSurface(const Surface& surface) {
  Served served{.routes = surface.routes(), .router = nullptr, .tags = {}};
  AddHeadRoutes(served.routes);
  std::vector<http::Router::Pattern> patterns;
  for (const BoundRoute& route : served.routes) {
    patterns.push_back({.method = route.method, .path = route.path});
    served.tags.push_back(route_metrics_.size());
    route_metrics_.push_back(AddRouteMetrics(route.method, route.path));
  }
  served.router = std::make_unique<http::Router>(patterns);
  served_.push_back(std::move(served));
}

void Pipeline::SetAuthenticators(std::shared_ptr<const auth::Authenticator> recipients,
                                 std::shared_ptr<const auth::Authenticator> owners) {
  Authenticators next{.recipients = std::move(recipients), .owners = std::move(owners)};
  const std::lock_guard lock(mutex_);
  std::swap(authenticators_, next);
}

http::Execution Pipeline::ExecutionOf(const http::Request& request, std::size_t listener) const {
  const Served& served = served_[listener];
  http::Router::Miss miss;
  const auto match = served.router->Find(request.method, request.path, miss);
  return match ? served.routes[match->index].execution : http::Execution::kInline;
}

http::Response Pipeline::Handle(http::Request& request, std::size_t listener) {
  const Served& served = served_[listener];
  http::Router::Miss miss;
  auto match = served.router->Find(request.method, request.path, miss);
  if (!match && !miss.allowed_methods.empty()) return MethodNotAllowed(miss.allowed_methods);
  if (!match) return protocol::ErrorResponse(miss.error, request.request_id);

  request.path_parameters = std::move(match->parameters);
  std::string recipient;
  auto result = Run(served.routes[match->index], request, recipient);
  http::Response response;
  std::string fault;  // for the log
  if (result.ok()) {
    response = std::move(result).value();
  } else {
    response = protocol::ErrorResponse(result.error(), request.request_id);
    fault = result.error().ToString();
  }
  response.tag = served.tags[match->index];
  if (!recipient.empty()) response.log_fields.emplace_back("recipient", std::move(recipient));
  if (!fault.empty()) response.log_fields.emplace_back("error", std::move(fault));
  return response;
}

Result<auth::Caller> Pipeline::Authenticate(auth::Who who, const http::Request& request) const {
  if (who == auth::Who::kAnyone) return auth::Caller{};
  if (who == auth::Who::kOwnerOrLoopback && IsOnThisMachine(request.peer_address))
    return auth::Caller{};
  Authenticators known;
  {
    const std::lock_guard lock(mutex_);
    known = authenticators_;
  }
  const std::string* const authorization = request.headers.Find("Authorization");
  const bool is_optional = who == auth::Who::kRecipientOrAnyone;
  if (is_optional && authorization == nullptr) return auth::Caller{};
  const bool is_recipient = is_optional || who == auth::Who::kRecipient;
  const auto& authenticator = is_recipient ? known.recipients : known.owners;
  if (authenticator == nullptr) return Unavailable("the server is starting");
  auto caller = authenticator->Authenticate(
      authorization != nullptr ? std::optional<std::string_view>(*authorization) : std::nullopt);
  if (is_optional && !caller.ok()) return auth::Caller{};
  return caller;
}

Result<http::Response> Pipeline::Run(const BoundRoute& route, const http::Request& request,
                                     std::string& recipient) const {
  const auth::Caller caller = TRY(Authenticate(route.who, request));
  recipient = caller.recipient;
  return RunInTime(route, request, caller);
}

Result<http::Response> Pipeline::RunInTime(const BoundRoute& route, const http::Request& request,
                                           const auth::Caller& caller) const {
  const MonotonicTime begin = options_.now();
  auto result = route.handle(request, caller);
  const auto taken = std::chrono::duration_cast<std::chrono::milliseconds>(options_.now() - begin);
  if (options_.request_timeout.count() == 0 || taken <= options_.request_timeout) return result;
  const std::string found =
      result.ok() ? Format("status {}", result->status) : result.error().ToString();
  return WithDetail(DeadlineExceeded("the request took longer than this server allows"),
                    Format("{} after {} ms", found, taken.count()));
}

void Pipeline::OnFinished(const Outcome& outcome) {
  const http::Request& request = outcome.request;
  const http::Response& response = outcome.response;
  const RouteMetrics& counts = route_metrics_[response.tag];
  const auto status_class = static_cast<std::size_t>(response.status / 100 - 1);
  if (status_class < kStatusClasses) {
    observe::Counter counter = counts.by_status_class[status_class];
    counter.Add();
  }
  observe::Histogram seconds = counts.seconds;
  seconds.Observe(static_cast<double>(outcome.duration.count()) / 1e6);
  sent_bytes_.Add(outcome.body_bytes);

  // Never the query: it holds page tokens and signatures.
  std::vector<observe::LogField> fields = {
      {"id", request.request_id},
      {"peer", request.peer_address},
      {"method", request.method},
      {"path", std::string_view(request.path).substr(0, kMaxLoggedPathBytes)},
      {"status", response.status},
      {"bytes", outcome.body_bytes},
      {"us", outcome.duration.count()}};
  if (!outcome.completed) fields.emplace_back("cut_short", true);
  if (request.trace != nullptr) {
    fields.emplace_back("trace_id", request.trace->id);
    fields.emplace_back("span_id", request.trace->span);
    if (!request.trace->parent_span.empty()) {
      fields.emplace_back("parent_span_id", request.trace->parent_span);
    }
  }
  for (const auto& [name, value] : response.log_fields)
    fields.emplace_back(name, std::string_view(value));
  if (const std::string* const agent = request.headers.Find("User-Agent")) {
    fields.emplace_back("agent", std::string_view(*agent));
  }
  log_.Log({.level = LevelOf(response.status), .event = "request", .fields = fields});
}

http::Response Pipeline::Refuse(int status, std::string_view message) {
  http::Response response =
      protocol::PlainErrorResponse(status, StatusErrorCode(status), std::string(message));
  response.tag = kNoRoute;
  return response;
}

}  // namespace sluice::server
