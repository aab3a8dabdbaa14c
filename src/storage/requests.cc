#include "storage/requests.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <random>
#include <span>
#include <stop_token>
#include <string_view>
#include <utility>

#include "http/date.h"
#include "storage/hedge.h"
#include "storage/object_store.h"

namespace sluice::storage {
namespace {

using std::chrono::milliseconds;

/// A request that has not ended.
class InFlight {
 public:
  explicit InFlight(std::shared_ptr<RequestMetrics> metrics) : metrics_(std::move(metrics)) {
    metrics_->AddInFlight(1);
  }
  ~InFlight() { metrics_->AddInFlight(-1); }
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;

 private:
  const std::shared_ptr<RequestMetrics> metrics_;
};

/// Counts the bytes that are read.
class CountedDownload final : public http::Download {
 public:
  CountedDownload(std::unique_ptr<http::Download> inner, std::shared_ptr<RequestMetrics> metrics)
      : metrics_(std::move(metrics)), in_flight_(metrics_), inner_(std::move(inner)) {}

  int status() const override { return inner_->status(); }
  const http::Headers& headers() const override { return inner_->headers(); }
  Result<std::size_t> Read(std::span<char> out) override {
    auto count = inner_->Read(out);
    if (count.ok()) metrics_->CountReceived(*count);
    return count;
  }

 private:
  const std::shared_ptr<RequestMetrics> metrics_;
  const InFlight in_flight_;
  const std::unique_ptr<http::Download> inner_;
};

int StatusOf(const http::ClientResponse& response) { return response.status; }
int StatusOf(const std::unique_ptr<http::Download>& download) { return download->status(); }
const http::Headers& HeadersOf(const http::ClientResponse& response) { return response.headers; }
const http::Headers& HeadersOf(const std::unique_ptr<http::Download>& download) {
  return download->headers();
}

bool MayPass(int status) {
  switch (status) {
    case 408:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504: return true;
    default: return false;
  }
}

template <typename Answer>
bool MayPass(const Result<Answer>& answer) {
  return answer.ok() ? MayPass(StatusOf(*answer)) : answer.error().code == ErrorCode::kUnavailable;
}

/// What the answer asks to wait; nothing if it does not. Source: RFC 9110, section 10.2.3.
std::optional<milliseconds> RetryAfter(const http::Headers& headers, SystemTime now) {
  const std::string* const text = headers.Find("Retry-After");
  if (text == nullptr) return std::nullopt;
  std::uint32_t seconds = 0;
  const char* const end = text->data() + text->size();
  const auto [stop, failure] = std::from_chars(text->data(), end, seconds);
  if (failure == std::errc() && stop == end) return std::chrono::seconds(seconds);
  const auto date = http::ParseHttpDate(*text);
  if (!date) return std::nullopt;
  return std::max(*date - now, milliseconds::zero());
}

/// From none to all of it, so that those who failed together do not come back together.
milliseconds RandomPartOf(milliseconds delay) {
  thread_local std::minstd_rand random{std::random_device{}()};
  return milliseconds(std::uniform_int_distribution<milliseconds::rep>(0, delay.count())(random));
}

}  // namespace

struct Requests::State {
  Dependencies dependencies;
  RetryOptions options;

  /// Sends by `attempt`, which is given the request and how long it may take.
  template <typename Answer, typename Attempt>
  Result<Answer> Run(const Make& make, const Attempt& attempt);

  /// One request by `send`, counted.
  template <typename Attempt>
  auto Count(Operation operation, const std::stop_token& stop, const Attempt& send)
      -> decltype(send());
  Result<http::ClientResponse> SendOnce(Operation operation, const http::ClientRequest& request,
                                        const http::Client::Limits& limits);

  template <typename Answer>
  milliseconds DelayAfter(const Result<Answer>& answer, int attempts) const;
};

template <typename Answer, typename Attempt>
Result<Answer> Requests::State::Run(const Make& make, const Attempt& attempt) {
  const Clock& clock = dependencies.clock;
  const SystemTime end = clock.Now() + options.deadline;
  for (int attempts = 1;; ++attempts) {
    const Result<http::ClientRequest> request = make();
    if (!request.ok()) {  // without credentials it cannot be asked
      if (dependencies.on_end) dependencies.on_end(false);
      return request.error();
    }
    Result<Answer> answer = attempt(*request, std::max(end - clock.Now(), milliseconds(1)));
    const bool may_pass = MayPass(answer);
    const milliseconds delay = may_pass ? DelayAfter(answer, attempts) : milliseconds::zero();
    const bool is_last = attempts >= options.max_attempts || clock.Now() + delay >= end;
    if (!may_pass || is_last) {
      const bool has_answered = !may_pass && answer.ok();
      if (!has_answered) dependencies.metrics->CountFailure();
      if (dependencies.on_end) dependencies.on_end(has_answered);
      return answer;
    }
    answer = Unavailable("sent again");  // frees the connection while this waits
    dependencies.metrics->CountRetry();
    dependencies.sleep(delay);
  }
}

template <typename Attempt>
auto Requests::State::Count(Operation operation, const std::stop_token& stop, const Attempt& send)
    -> decltype(send()) {
  const InFlight in_flight(dependencies.metrics);
  const auto begin = std::chrono::steady_clock::now();
  auto answer = send();
  int status = RequestMetrics::kNoAnswer;
  if (answer.ok()) status = StatusOf(*answer);
  if (!answer.ok() && stop.stop_requested()) status = RequestMetrics::kGivenUp;
  dependencies.metrics->CountRequest(operation, status, std::chrono::steady_clock::now() - begin);
  return answer;
}

Result<http::ClientResponse> Requests::State::SendOnce(Operation operation,
                                                       const http::ClientRequest& request,
                                                       const http::Client::Limits& limits) {
  const bool is_hedged = options.hedge_after > milliseconds::zero() &&
                         operation == Operation::kReadLog && request.method == "GET";
  if (!is_hedged) {
    return Count(operation, {}, [&] { return dependencies.client->Send(request, limits); });
  }
  using std::chrono::steady_clock;
  const auto end = steady_clock::now() + limits.timeout;
  const auto send = [&](const std::stop_token& stop) {
    const auto left = std::chrono::ceil<milliseconds>(end - steady_clock::now());
    const http::Client::Limits own{.timeout = std::max(left, milliseconds(1)),
                                   .max_body_bytes = limits.max_body_bytes,
                                   .stop = stop};
    return Count(operation, stop, [&] { return dependencies.client->Send(request, own); });
  };
  return SendHedged(
      {.send = send,
       .is_answer = [](const Result<http::ClientResponse>& answer) { return !MayPass(answer); },
       .on_second = [this] { dependencies.metrics->CountHedge(); }},
      options.hedge_after);
}

template <typename Answer>
milliseconds Requests::State::DelayAfter(const Result<Answer>& answer, int attempts) const {
  if (answer.ok()) {
    const auto asked = RetryAfter(HeadersOf(*answer), dependencies.clock.Now());
    if (asked) return std::min(*asked, options.max_delay);
  }
  constexpr int kMostDoublings = 30;
  const int doublings = std::min(attempts - 1, kMostDoublings);
  return RandomPartOf(
      std::min(options.first_delay * (std::int64_t{1} << doublings), options.max_delay));
}

Requests::Requests(Dependencies dependencies, const RetryOptions& options)
    : state_(new State{.dependencies = std::move(dependencies), .options = options}) {
  auto& metrics = state_->dependencies.metrics;
  if (metrics == nullptr) metrics = std::make_shared<RequestMetrics>();
}

Requests::~Requests() = default;

namespace {

/// A list is as long as its store makes it: nobody asked for too much.
Error FailureOf(Operation operation, Error error) {
  if (operation != Operation::kList || error.code != ErrorCode::kTooLarge) return error;
  return WithDetail(Unavailable("the store's list is longer than a list can be"),
                    std::move(error.detail));
}

}  // namespace

Result<http::ClientResponse> Requests::Send(Operation operation, const Make& make,
                                            std::uint64_t max_body_bytes) {
  auto response = state_->Run<http::ClientResponse>(
      make, [&](const http::ClientRequest& request, milliseconds timeout) {
        return state_->SendOnce(operation, request,
                                {.timeout = timeout, .max_body_bytes = max_body_bytes});
      });
  if (!response.ok()) return FailureOf(operation, std::move(response).error());
  state_->dependencies.metrics->CountReceived(response->body.size());
  return response;
}

Result<std::unique_ptr<http::Download>> Requests::Start(Operation operation, const Make& make) {
  auto download = TRY(state_->Run<std::unique_ptr<http::Download>>(
      make, [&](const http::ClientRequest& request, milliseconds timeout) {
        return state_->Count(operation, {}, [&] {
          return state_->dependencies.client->Start(request, {.timeout = timeout});
        });
      }));
  return std::make_unique<CountedDownload>(std::move(download), state_->dependencies.metrics);
}

Error ListError(Error error, std::string_view path) {
  if (error.code != ErrorCode::kTooLarge) return error;
  return WithDetail(Unavailable("the store's list of {} has no end", NameOf(path)),
                    Format("{}: {}", path, error.ToString()));
}

Error StatusError(int status, std::string_view path, std::string detail) {
  const std::string_view name = NameOf(path);
  detail = Format("{}: status {} {}", path, status, detail);
  switch (status) {
    case 404: return WithDetail(NotFound("{} does not exist", name), std::move(detail));
    case 401:
    case 403: return WithDetail(PermissionDenied("the store refuses {}", name), std::move(detail));
    case 409:
    case 412: return WithDetail(AlreadyExists("{} exists already", name), std::move(detail));
    default: return WithDetail(Unavailable("the store does not give {}", name), std::move(detail));
  }
}

}  // namespace sluice::storage
