#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "http/client.h"
#include "http/server.h"
#include "storage/requests.h"

namespace sluice::storage::gcs {

/// A bucket and the identity services of Google for tests, on a free port of this machine: what a
/// store asks is answered, and nothing else. All requests are noted. Thread-safe.
class FakeGoogle final : public http::Handler {
 public:
  struct Object {
    std::string bytes;
    std::int64_t generation = 1;
    std::string content_encoding = {};
  };
  struct Seen {
    std::string method;
    std::string target;
    std::string body;
    http::Headers headers;
  };
  using Intercept = std::function<std::optional<http::Response>(const http::Request& request)>;

  FakeGoogle();
  ~FakeGoogle() override;

  /// "http://127.0.0.1:PORT"
  std::string url() const;
  /// "127.0.0.1:PORT"
  std::string address() const { return server_->Addresses().front(); }

  void Put(const std::string& name, Object object);
  void Remove(const std::string& name);
  std::vector<Seen> seen() const;
  /// How many requests had `part` in their target.
  int CountOf(std::string_view part) const;

  /// Answers in place of the fake, where it gives an answer.
  void SetIntercept(Intercept intercept);
  /// The header Authorization that the bucket demands; empty: none.
  void Demand(std::string authorization);
  /// What the token endpoints give from now on; "token-1" before.
  void GiveToken(std::string token);

  http::Execution ExecutionOf(const http::Request&, std::size_t) const override {
    return http::Execution::kInline;
  }
  http::Response Handle(http::Request& request, std::size_t) override;
  void OnFinished(const Outcome&) override {}
  http::Response Refuse(int status, std::string_view message) override;

 private:
  http::Response Answer(const http::Request& request);
  http::Response List(const http::Request& request);
  http::Response Get(const http::Request& request, const std::string& name);
  http::Response Media(const http::Request& request, const std::string& name, const Object& object);
  http::Response Insert(const http::Request& request);
  http::Response Token(const http::Request& request) const;
  http::Response SignBlob(const http::Request& request) const;
  std::string Describe(const std::string& name, const Object& object) const;

  mutable std::mutex mutex_;  ///< Guards what follows.
  std::map<std::string, Object> objects_;
  std::vector<Seen> seen_;
  Intercept intercept_;
  std::string authorization_;
  std::string token_ = "token-1";
  std::unique_ptr<http::Server> server_;
};

/// An answer of JSON text.
http::Response JsonResponse(int status, std::string body);

/// A client that may connect to this machine.
std::shared_ptr<http::Client> LoopbackClient();

/// Requests whose waits pass at once, on the clock as well.
std::shared_ptr<Requests> FastRequests(ManualClock& clock, const RetryOptions& options = {});

}  // namespace sluice::storage::gcs
