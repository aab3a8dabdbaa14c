#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "http/server.h"
#include "http/test_client.h"

namespace sluice::http {

/// Two threads meet: one waits until the other opens the gate.
class Gate {
 public:
  void Open() {
    const std::lock_guard lock(mutex_);
    is_open_ = true;
    changed_.notify_all();
  }
  void Wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return is_open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_open_ = false;
};

/// A source of `count` chunks that says when it is destroyed.
class TestSource : public BodySource {
 public:
  using NextChunk = std::function<Result<void>(int turn, std::string& out)>;
  TestSource(NextChunk next, Gate* destroyed,
             std::optional<std::uint64_t> length_bytes = std::nullopt)
      : next_(std::move(next)), destroyed_(destroyed), length_bytes_(length_bytes) {}
  ~TestSource() override {
    if (destroyed_ != nullptr) destroyed_->Open();
  }
  Result<void> Next(std::string& out) override { return next_(turn_++, out); }
  std::optional<std::uint64_t> length_bytes() const override { return length_bytes_; }

 private:
  NextChunk next_;
  Gate* destroyed_;
  std::optional<std::uint64_t> length_bytes_;
  int turn_ = 0;
};

/// Answers each path with a function, and remembers how requests ended.
class TestHandler final : public Handler {
 public:
  using Answer = std::function<Response(Request&)>;
  struct Ended {
    std::string path;
    int status;
    std::uint64_t body_bytes;
    bool completed;
  };

  void On(const std::string& path, Execution execution, Answer answer) {
    answers_[path] = {execution, std::move(answer)};
  }

  Execution ExecutionOf(const Request& request, std::size_t /*listener*/) const override {
    const auto found = answers_.find(request.path);
    return found == answers_.end() ? Execution::kInline : found->second.first;
  }

  Response Handle(Request& request, std::size_t) override {
    const auto found = answers_.find(request.path);
    return found == answers_.end() ? Refuse(404, "nothing there") : found->second.second(request);
  }

  void OnFinished(const Outcome& outcome) override {
    const std::lock_guard lock(mutex_);
    ended_.push_back({.path = outcome.request.path,
                      .status = outcome.response.status,
                      .body_bytes = outcome.body_bytes,
                      .completed = outcome.completed});
    changed_.notify_all();
  }

  Response Refuse(int status, std::string_view message) override {
    Response response;
    response.status = status;
    response.headers.Add("Content-Type", "application/json");
    response.body = std::string(message);
    return response;
  }

  /// Waits until `count` requests ended.
  std::vector<Ended> WaitForEnded(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this, count] { return ended_.size() >= count; });
    return ended_;
  }

 private:
  std::map<std::string, std::pair<Execution, Answer>> answers_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Ended> ended_;
};

inline Response Text(std::string body, const std::string& type = "text/plain") {
  Response response;
  response.headers.Add("Content-Type", type);
  response.body = std::move(body);
  return response;
}

inline Response Stream(TestSource::NextChunk next, Gate* destroyed = nullptr,
                       std::optional<std::uint64_t> length_bytes = std::nullopt) {
  Response response;
  response.headers.Add("Content-Type", "application/x-ndjson");
  response.body = std::make_unique<TestSource>(std::move(next), destroyed, length_bytes);
  return response;
}

inline std::string Get(const std::string& path, const std::string& fields = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: test\r\n" + fields + "\r\n";
}

/// A server on a free port whose handler answers "hello" to "/hello". Tests add answers, change
/// `options_`, then Start.
class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    handler_.On("/hello", Execution::kInline, [](Request&) { return Text("hello"); });
    options_.worker_threads = 4;
  }

  /// Handlers may use what a derived fixture owns, so the server goes first.
  void TearDown() override { server_.reset(); }

  void Start(ListenerOptions listener = {.address = "127.0.0.1:0", .tls = nullptr}) {
    server_ = Server::Start(options_, {std::move(listener)}, handler_).value();
  }
  std::string address() const { return server_->Addresses().front(); }

  TestHandler handler_;
  ServerOptions options_;
  std::unique_ptr<Server> server_;
};

}  // namespace sluice::http
