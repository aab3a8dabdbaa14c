#include "storage/requests.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <random>
#include <string_view>
#include <utility>

#include "http/date.h"
#include "storage/object_store.h"

namespace sluice::storage {
namespace {

using std::chrono::milliseconds;

struct Counters {
  std::atomic<std::uint64_t> requests = 0;
  std::atomic<std::uint64_t> retries = 0;
  std::atomic<std::uint64_t> failures = 0;
  std::atomic<std::uint64_t> bytes_received = 0;
};

/// Counts the bytes that are read.
class CountedDownload final : public http::Download {
 public:
  CountedDownload(std::unique_ptr<http::Download> inner, std::shared_ptr<Counters> counters)
      : inner_(std::move(inner)), counters_(std::move(counters)) {}

  int status() const override { return inner_->status(); }
  const http::Headers& headers() const override { return inner_->headers(); }
  Result<std::size_t> Read(std::span<char> out) override {
    auto count = inner_->Read(out);
    if (count.ok()) counters_->bytes_received += *count;
    return count;
  }

 private:
  const std::unique_ptr<http::Download> inner_;
  const std::shared_ptr<Counters> counters_;
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
  std::shared_ptr<Counters> counters = std::make_shared<Counters>();

  /// Sends by `attempt`, which is given the request and how long it may take.
  template <typename Answer, typename Attempt>
  Result<Answer> Run(const Make& make, const Attempt& attempt);

  template <typename Answer>
  milliseconds DelayAfter(const Result<Answer>& answer, int attempts) const;
};

template <typename Answer, typename Attempt>
Result<Answer> Requests::State::Run(const Make& make, const Attempt& attempt) {
  const Clock& clock = dependencies.clock;
  const SystemTime end = clock.Now() + options.deadline;
  for (int attempts = 1;; ++attempts) {
    const http::ClientRequest request = TRY(make());
    ++counters->requests;
    Result<Answer> answer = attempt(request, std::max(end - clock.Now(), milliseconds(1)));
    const bool may_pass = MayPass(answer);
    const milliseconds delay = may_pass ? DelayAfter(answer, attempts) : milliseconds::zero();
    const bool is_last = attempts >= options.max_attempts || clock.Now() + delay >= end;
    if (!may_pass || is_last) {
      if (may_pass || !answer.ok()) ++counters->failures;
      return answer;
    }
    answer = Unavailable("sent again");  // frees the connection while this waits
    ++counters->retries;
    dependencies.sleep(delay);
  }
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
    : state_(new State{.dependencies = std::move(dependencies), .options = options}) {}

Requests::~Requests() = default;

Result<http::ClientResponse> Requests::Send(const Make& make, std::uint64_t max_body_bytes) {
  http::Client& client = *state_->dependencies.client;
  auto response = TRY(state_->Run<http::ClientResponse>(
      make, [&](const http::ClientRequest& request, milliseconds timeout) {
        return client.Send(request, {.timeout = timeout, .max_body_bytes = max_body_bytes});
      }));
  state_->counters->bytes_received += response.body.size();
  return response;
}

Result<std::unique_ptr<http::Download>> Requests::Start(const Make& make) {
  http::Client& client = *state_->dependencies.client;
  auto download = TRY(state_->Run<std::unique_ptr<http::Download>>(
      make, [&](const http::ClientRequest& request, milliseconds timeout) {
        return client.Start(request, {.timeout = timeout});
      }));
  return std::make_unique<CountedDownload>(std::move(download), state_->counters);
}

RequestCounts Requests::counts() const {
  const Counters& counters = *state_->counters;
  return {.requests = counters.requests,
          .retries = counters.retries,
          .failures = counters.failures,
          .bytes_received = counters.bytes_received};
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
