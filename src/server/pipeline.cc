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

const std::string* FindParameter(const decltype(http::Request::path_parameters)& parameters,
                                 std::string_view name) {
  for (const auto& [key, value] : parameters)
    if (key == name) return &value;
  return nullptr;
}

const std::string* FindPathParameter(const http::Request& request, std::string_view name) {
  return FindParameter(request.path_parameters, name);
}

/// "share", "share.schema" or "share.schema.table", as far as the path names them.
std::string ObjectOf(const http::Request& request) {
  std::string object;
  for (const char* const name : {"share", "schema", "table"}) {
    const std::string* const part = FindPathParameter(request, name);
    if (part == nullptr) break;
    if (!object.empty()) object += '.';
    object += *part;
  }
  return object;
}

/// Whether the path is not another recipient's own address (auth::kOwnAddress).
bool IsOwnAddress(auth::Who who, const http::Request& request, const auth::Caller& caller) {
  if (who != auth::Who::kRecipient) return true;
  const std::string* const owner = FindPathParameter(request, "recipient");
  return owner == nullptr || *owner == caller.recipient_id;
}

/// A path that holds a secret, that of an activation link, is cut before it.
std::string_view LoggedPath(const http::Request& request) {
  const std::string_view path = request.path;
  if (FindPathParameter(request, "code") != nullptr) return path.substr(0, path.rfind('/') + 1);
  return path.substr(0, kMaxLoggedPathBytes);
}

/// Tells a client in good time that its token ends, in days or less.
void WarnOfExpiry(const auth::Caller& caller, SystemTime now, http::Response& response) {
  constexpr auto kWarnBefore = std::chrono::days(14);
  if (!caller.token_expires_at || *caller.token_expires_at - now > kWarnBefore) return;
  std::string time;
  AppendUtc(*caller.token_expires_at, time);
  response.headers.Add("Sluice-Token-Expires", time);
}

observe::LogLevel LevelOf(int status) {
  return status >= 500 ? observe::LogLevel::kError : observe::LogLevel::kInfo;
}

}  // namespace

Pipeline::Pipeline(const Dependencies& dependencies, Options options)
    : dependencies_(dependencies),
      options_(std::move(options)),
      sent_bytes_(dependencies_.metrics.AddCounter({.name = "sluice_http_sent_bytes_total",
                                                    .help = "Bytes of response bodies sent.",
                                                    .labels = {}})),
      quota_refusals_(
          dependencies_.metrics.AddCounter({.name = "sluice_quota_refusals_total",
                                            .help = "Requests refused because a quota was used up.",
                                            .labels = {}})),
      failed_sign_ins_(
          dependencies_.metrics.AddCounter({.name = "sluice_failed_sign_ins_total",
                                            .help = "Requests without a good credential.",
                                            .labels = {}})),
      held_back_(dependencies_.metrics.AddCounter(
          {.name = "sluice_held_back_sign_ins_total",
           .help = "Those of them that were past what their address may make, summed in records.",
           .labels = {}})) {
  route_metrics_.push_back(AddRouteMetrics("", "none"));
}

Pipeline::RouteMetrics Pipeline::AddRouteMetrics(const std::string& method,
                                                 const std::string& route) {
  std::vector<observe::Counter> by_class;
  for (std::size_t status_class = 1; status_class <= kStatusClasses; ++status_class) {
    by_class.push_back(dependencies_.metrics.AddCounter(
        {.name = "sluice_http_requests_total",
         .help = "Requests answered.",
         .labels = {
             {"method", method}, {"route", route}, {"status", Format("{}xx", status_class)}}}));
  }
  auto seconds = dependencies_.metrics.AddHistogram(
      {.name = "sluice_http_request_seconds",
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
    route_metrics_.push_back(AddRouteMetrics(route.method, route.label));
  }
  served.router = std::make_unique<http::Router>(patterns);
  served_.push_back(std::move(served));
}

http::Execution Pipeline::ExecutionOf(const http::Request& request, std::size_t listener) const {
  const Served& served = served_[listener];
  http::Router::Miss miss;
  const auto match = served.router->Find(request.method, request.path, miss);
  if (!match) return http::Execution::kInline;
  const BoundRoute& route = served.routes[match->index];
  const bool is_recipients =
      route.who == auth::Who::kRecipient || route.who == auth::Who::kRecipientOrAnyone;
  const bool must_check = is_recipients && route.execution == http::Execution::kInline;
  const bool may_wait = must_check && (dependencies_.authenticator.CouldBlock(request) ||
                                       WouldWaitForLease(request, match->parameters));
  return may_wait ? http::Execution::kWorker : route.execution;
}

// Who asks is looked up twice then, which costs less than a change of threads.
bool Pipeline::WouldWaitForLease(const http::Request& request,
                                 const PathParameters& parameters) const {
  const audit::Quotas* const quotas = dependencies_.quotas;
  if (quotas == nullptr || !quotas->MayWait()) return false;
  const auto caller = dependencies_.authenticator.Recipient(request);
  if (!caller.ok()) return false;
  const std::string share_id = ShareIdIn(parameters);
  return quotas->WouldWait({.recipient_id = caller->recipient_id, .share_id = share_id});
}

/// Empty if the path names no share, or none that there is.
std::string Pipeline::ShareIdIn(const PathParameters& parameters) const {
  const std::string* const name = FindParameter(parameters, "share");
  if (name == nullptr) return {};
  const catalog::ViewPtr view = dependencies_.catalog.Current();
  const auto share = view->FindShare(protocol::ShareName(*name));
  return share == nullptr ? std::string() : share->id();
}

http::Response Pipeline::Handle(http::Request& request, std::size_t listener) {
  const Served& served = served_[listener];
  http::Router::Miss miss;
  auto match = served.router->Find(request.method, request.path, miss);
  if (!match && !miss.allowed_methods.empty()) return MethodNotAllowed(miss.allowed_methods);
  if (!match) return protocol::ErrorResponse(miss.error, request.request_id);

  request.path_parameters = std::move(match->parameters);
  auth::Caller caller = auth::Authenticator::Nobody(request);
  auto result = RunRecorded(served.routes[match->index], request, caller);
  http::Response response;
  std::string fault;  // for the log
  if (result.ok()) {
    response = std::move(result).value();
  } else {
    response = protocol::ErrorResponse(result.error(), request.request_id);
    fault = result.error().ToString();
  }
  response.tag = served.tags[match->index];
  WarnOfExpiry(caller, dependencies_.clock.Now(), response);
  if (!caller.recipient.empty())
    response.log_fields.emplace_back("recipient", std::move(caller.recipient));
  if (!fault.empty()) response.log_fields.emplace_back("error", std::move(fault));
  return response;
}

Result<auth::Caller> Pipeline::Authenticate(auth::Who who, const http::Request& request) const {
  switch (who) {
    case auth::Who::kAnyone: break;
    case auth::Who::kRecipient: return dependencies_.authenticator.Recipient(request);
    case auth::Who::kRecipientOrAnyone: {
      TRY(dependencies_.catalog.CheckUsable(dependencies_.clock.Now()));
      if (request.headers.Find("Authorization") == nullptr) break;
      auto caller = dependencies_.authenticator.Recipient(request);
      if (caller.ok()) return caller;
      break;
    }
    case auth::Who::kOwnerOrLoopback:
      if (IsOnThisMachine(request.peer_address)) break;
      [[fallthrough]];
    case auth::Who::kOwner: return dependencies_.authenticator.Principal(request);
  }
  return auth::Authenticator::Nobody(request);
}

// What recipients ask for is recorded; whoever asks for health or metrics learns no data.
Result<http::Response> Pipeline::RunRecorded(const BoundRoute& route, const http::Request& request,
                                             auth::Caller& caller) const {
  const bool is_recorded =
      route.who == auth::Who::kRecipient || route.who == auth::Who::kRecipientOrAnyone;
  if (!is_recorded) {
    auto result = Run(route, request, caller);
    if (!result.ok()) return HoldBack(caller, result.error(), /*decision=*/nullptr);
    return result;
  }
  audit::Decision decision(dependencies_.journal, options_.on_audit_failure,
                           dependencies_.clock.Now());
  audit::Record& record = decision.record();
  record.action = route.action;
  record.request_id = caller.request_id;
  record.peer = caller.peer;
  record.agent = caller.agent;
  record.object = ObjectOf(request);
  if (const std::string* const share = FindPathParameter(request, "share")) record.share = *share;
  caller.decision = &decision;
  auto result = Run(route, request, caller);
  caller.decision = nullptr;
  if (!result.ok()) result = HoldBack(caller, result.error(), &decision);
  TRY(decision.Finish(result.ok() ? nullptr : &result.error()));
  return result;
}

// Nobody is held back who shows a good credential, so partners behind one address do not suffer
// from each other. A link is no credential that is guessed at by mistake: whoever shows one that
// has expired must be told that, and is.
Error Pipeline::HoldBack(const auth::Caller& caller, Error refused,
                         audit::Decision* decision) const {
  const bool is_bad_token = refused.code == ErrorCode::kUnauthenticated;
  const bool is_bad_link = decision != nullptr && refused.code == ErrorCode::kPermissionDenied &&
                           decision->record().action == audit::Action::kDownload &&
                           caller.recipient.empty();
  if (!is_bad_token && !is_bad_link) return refused;
  observe::Counter failed = failed_sign_ins_;
  failed.Add();
  if (dependencies_.failed_sign_ins == nullptr) return refused;
  const auto wait = dependencies_.failed_sign_ins->Count(caller.peer);
  if (!wait) return refused;
  observe::Counter held_back = held_back_;
  held_back.Add();
  if (decision != nullptr) {
    dependencies_.failed_sign_ins->Sum(caller.peer, decision->record().action);
    decision->Drop();
  }
  if (is_bad_link) return refused;
  return WithRetryAfter(ResourceExhausted("too many requests without a good credential"), *wait);
}

Result<http::Response> Pipeline::Run(const BoundRoute& route, const http::Request& request,
                                     auth::Caller& caller) const {
  audit::Decision* const decision = caller.decision;
  caller = TRY(Authenticate(route.who, request));
  caller.decision = decision;
  if (!IsOwnAddress(route.who, request, caller)) {
    return Unauthenticated("the bearer token is not valid");
  }
  if (decision != nullptr) {
    audit::Record& record = decision->record();
    record.recipient = caller.recipient;
    record.token_id = caller.token_id;
    record.purpose = caller.purpose;
    TRY(AdmitRequest(request, caller));
  }
  return RunInTime(route, request, caller);
}

Result<void> Pipeline::AdmitRequest(const http::Request& request,
                                    const auth::Caller& caller) const {
  if (dependencies_.quotas == nullptr || caller.recipient_id.empty()) return {};
  const std::string share_id = ShareIdIn(request.path_parameters);
  auto admitted = dependencies_.quotas->AdmitRequest(
      {.recipient_id = caller.recipient_id, .share_id = share_id});
  if (!admitted.ok()) {
    observe::Counter refusals = quota_refusals_;
    refusals.Add();
  }
  return admitted;
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
      {"id", request.request_id},      {"peer", request.peer_address},
      {"method", request.method},      {"path", LoggedPath(request)},
      {"status", response.status},     {"bytes", outcome.body_bytes},
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
  dependencies_.log.Log({.level = LevelOf(response.status), .event = "request", .fields = fields});
}

http::Response Pipeline::Refuse(int status, std::string_view message) {
  http::Response response =
      protocol::PlainErrorResponse(status, StatusErrorCode(status), std::string(message));
  response.tag = kNoRoute;
  return response;
}

}  // namespace sluice::server
