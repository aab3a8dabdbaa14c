#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/format.h"
#include "http/client.h"
#include "observe/metrics.h"

namespace sluice::storage {

/// What the metrics say of `name` ("retries_total",
/// `requests_total{operation="list",status="2xx",`) for the store "test". 0 if they say nothing.
inline double StoreMetric(const observe::MetricRegistry& metrics, std::string_view name) {
  const bool has_labels = name.find('{') != name.npos;
  const std::string line =
      Format("\nsluice_store_{}{}store=\"test\"}} ", name, has_labels ? "" : "{");
  const std::string text = metrics.Render();
  const std::size_t at = text.find(line);
  return at == text.npos ? 0 : std::stod(text.substr(at + line.size()));
}

/// A client for tests that plays a list of answers and notes what it was asked. Not thread-safe.
class FakeClient final : public http::Client {
 public:
  using Answer = Result<http::ClientResponse>;

  /// The next answer; the last one is given again and again.
  void Add(Answer answer) { answers_.push_back(std::move(answer)); }
  void Add(int status, std::string body = "",
           const std::vector<std::pair<std::string, std::string>>& fields = {}) {
    http::ClientResponse response{.status = status, .body = std::move(body)};
    for (const auto& [name, value] : fields) response.headers.Add(name, value);
    Add(Answer(std::move(response)));
  }

  struct Asked {
    http::ClientRequest request;  ///< Its body is `body`.
    std::string body;
    Limits limits;
  };
  const std::vector<Asked>& asked() const { return asked_; }

  Answer Send(const http::ClientRequest& request, const Limits& limits) override {
    asked_.push_back({.request = request, .body = std::string(request.body), .limits = limits});
    if (answers_.empty()) return Internal("a request for which the test has no answer");
    const Answer answer = answers_.front();
    if (answers_.size() > 1) answers_.pop_front();
    if (on_request_) on_request_();
    if (answer.ok() && answer->body.size() > limits.max_body_bytes) return TooLarge("too large");
    return answer;
  }

  Result<std::unique_ptr<http::Download>> Start(const http::ClientRequest& request,
                                                const Limits& limits) override {
    http::ClientResponse response = TRY(Send(request, limits));
    return std::make_unique<FakeDownload>(std::move(response));
  }

  /// Called for every request, such as to let time pass.
  void OnRequest(std::function<void()> on_request) { on_request_ = std::move(on_request); }

 private:
  class FakeDownload final : public http::Download {
   public:
    explicit FakeDownload(http::ClientResponse response) : response_(std::move(response)) {}
    int status() const override { return response_.status; }
    const http::Headers& headers() const override { return response_.headers; }
    Result<std::size_t> Read(std::span<char> out) override {
      const std::size_t count = std::min(out.size(), response_.body.size() - offset_);
      std::copy_n(response_.body.data() + offset_, count, out.data());
      offset_ += count;
      return count;
    }

   private:
    http::ClientResponse response_;
    std::size_t offset_ = 0;
  };

  std::deque<Answer> answers_;
  std::vector<Asked> asked_;
  std::function<void()> on_request_;
};

}  // namespace sluice::storage
