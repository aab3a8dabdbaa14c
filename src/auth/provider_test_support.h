#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "base/testing.h"
#include "catalog/model.h"
#include "crypto/jws_testing.h"
#include "http/client.h"
#include "http/server_test_support.h"

namespace sluice::auth {

/// An identity provider on loopback: what it answers is put under paths, and may change.
class TestProvider final : public http::Handler {
 public:
  TestProvider() {
    server_ =
        http::Server::Start({.worker_threads = 16}, {{.address = "127.0.0.1:0"}}, *this).value();
    PutDocument(json::object{});
  }
  ~TestProvider() override { server_.reset(); }

  std::string url(std::string_view path = "") const {
    return Format("http://{}{}", server_->Addresses().front(), path);
  }
  catalog::Issuer issuer() const { return {.id = "1", .name = "test", .url = url()}; }

  void Put(const std::string& path, std::string body, int status = 200) {
    const std::lock_guard lock(mutex_);
    answers_[path] = {status, std::move(body)};
  }
  /// The discovery document with its usual members, beside `more`.
  void PutDocument(const json::object& more) {
    json::object document = {{"issuer", url()}, {"jwks_uri", url("/keys")}};
    for (const auto& [name, value] : more) document[name] = value;
    Put("/.well-known/openid-configuration", crypto::ToText(document));
  }
  void PutKeys(const json::array& keys) {
    Put("/keys", crypto::ToText(json::object{{"keys", keys}}));
  }
  void Fail() {
    Put("/.well-known/openid-configuration", "broken", 500);
    Put("/keys", "broken", 500);
  }
  /// Requests of `path` are not answered until Release.
  void Hold(const std::string& path) {
    const std::lock_guard lock(mutex_);
    held_ = path;
  }
  void Release() {
    const std::lock_guard lock(mutex_);
    held_.clear();
    changed_.notify_all();
  }
  int asked(const std::string& path = "/keys") const {
    const std::lock_guard lock(mutex_);
    const auto found = asked_.find(path);
    return found == asked_.end() ? 0 : found->second;
  }
  /// Waits until `path` was asked for `times` times.
  void AwaitAsked(int times, const std::string& path = "/keys") {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return asked_[path] >= times; });
  }

  http::Execution ExecutionOf(const http::Request&, std::size_t) const override {
    return http::Execution::kWorker;
  }
  http::Response Handle(http::Request& request, std::size_t) override {
    std::unique_lock lock(mutex_);
    ++asked_[request.path];
    changed_.notify_all();
    changed_.wait(lock, [&] { return held_ != request.path; });
    const auto found = answers_.find(request.path);
    if (found == answers_.end()) return Refuse(404, "");
    http::Response response = http::Text(found->second.second, "application/json");
    response.status = found->second.first;
    return response;
  }
  void OnFinished(const Outcome&) override {}
  http::Response Refuse(int status, std::string_view) override {
    http::Response response;
    response.status = status;
    return response;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::pair<int, std::string>> answers_;
  std::map<std::string, int> asked_;
  std::string held_;
  std::unique_ptr<http::Server> server_;
};

inline std::unique_ptr<http::Client> NewLoopbackClient() {
  return http::Client::New({.private_networks = {"127.0.0.0/8"}}).value();
}

/// 2026-11-21T10:00:00Z
inline constexpr SystemTime kTestStart{std::chrono::seconds(1'795'255'200)};

inline std::int64_t UnixSeconds(SystemTime time) { return UnixMillis(time) / 1000; }

/// Keys that take time to make, made once.
inline const crypto::TestSigningKey& RsaTestKey() {
  static const crypto::TestSigningKey key = crypto::TestSigningKey::Rsa();
  return key;
}
inline const crypto::TestSigningKey& OtherRsaTestKey() {
  static const crypto::TestSigningKey key = crypto::TestSigningKey::Rsa();
  return key;
}

}  // namespace sluice::auth
