#include "http/server.h"

#include <algorithm>
#include <atomic>
#include <boost/system/system_error.hpp>
#include <condition_variable>
#include <future>
#include <mutex>
#include <utility>

#include "http/connection_internal.h"
#include "http/io_thread_internal.h"
#include "http/listener_internal.h"
#include "http/server_state_internal.h"
#include "http/socket.h"
#include "http/tls.h"

namespace sluice::http {
namespace {

constexpr int kMaxRefusedAtOnce = 64;  // connections over the limit that are being told so

/// Counts connections and lets a drain wait for them. Thread-safe.
class ConnectionCount {
 public:
  enum class Admission : std::uint8_t { kServe, kRefuse, kDrop };

  explicit ConnectionCount(int max_served) : max_served_(max_served) {}

  Admission Enter() {
    const std::lock_guard lock(mutex_);
    if (served_ < max_served_) return ++served_, Admission::kServe;
    if (refused_ < kMaxRefusedAtOnce) return ++refused_, Admission::kRefuse;
    return Admission::kDrop;
  }

  void Leave(Admission admission) {
    const std::lock_guard lock(mutex_);
    --(admission == Admission::kServe ? served_ : refused_);
    changed_.notify_all();
  }

  bool WaitUntilNone(SteadyClock::time_point deadline) {
    std::unique_lock lock(mutex_);
    return changed_.wait_until(lock, deadline, [this] { return served_ + refused_ == 0; });
  }

  void WaitUntilNone() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return served_ + refused_ == 0; });
  }

  int served() const {
    const std::lock_guard lock(mutex_);
    return served_;
  }

 private:
  const int max_served_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  int served_ = 0;
  int refused_ = 0;
};

class HttpServer final : public Server {
 public:
  HttpServer(const ServerOptions& options, TrustedProxies proxies, Handler& handler)
      : state_(options, handler, std::move(proxies)), count_(options.max_connections) {
    for (int i = 0; i < std::max(options.io_threads, 1); ++i) {
      threads_.push_back(std::make_unique<IoThread>());
    }
  }

  // Posting may run out of memory, and that may end the process.
  // NOLINTNEXTLINE(bugprone-exception-escape)
  ~HttpServer() override {
    StopAccepting();
    for (const auto& thread : threads_) {
      thread->Post([&thread = *thread] {
        thread.ForEachConnection([](Connection& connection) { connection.Abort(); });
      });
    }
    count_.WaitUntilNone();
  }

  void AddListener(ListeningSocket socket, std::shared_ptr<TlsContext> tls) {
    const std::size_t index = listeners_.size();
    addresses_.push_back(socket.address);
    tls_.push_back(std::move(tls));
    listeners_.push_back(std::make_unique<Listener>(
        *threads_.front(), std::move(socket),
        [this, index](AcceptedSocket accepted) { Serve(std::move(accepted), index); }));
  }

  void BeginAccepting() {
    threads_.front()->Post([this] {
      for (const auto& listener : listeners_) listener->AcceptLater();
    });
  }

  std::vector<std::string> Addresses() const override { return addresses_; }
  int open_connections() const override { return count_.served(); }
  WorkerLoad worker_load() const override { return state_.workers.load(); }

  void Drain(std::chrono::milliseconds deadline) override {
    const SteadyClock::time_point end = SteadyClock::now() + deadline;
    state_.draining = true;
    StopAccepting();
    for (const auto& thread : threads_) {
      thread->Post([&thread = *thread] {
        thread.ForEachConnection([](Connection& connection) { connection.CloseIfIdle(); });
      });
    }
    count_.WaitUntilNone(end);
  }

 private:
  /// On the first I/O thread: gives an accepted connection to one of them in turn.
  void Serve(AcceptedSocket accepted, std::size_t listener) {
    const ConnectionCount::Admission admission = count_.Enter();
    if (admission == ConnectionCount::Admission::kDrop) return;
    IoThread& thread = *threads_[next_thread_++ % threads_.size()];
    thread.Post([this, &thread, accepted = std::move(accepted), listener, admission]() mutable {
      const bool over_capacity = admission == ConnectionCount::Admission::kRefuse;
      std::unique_ptr<Connection> connection =
          MakeConnection(thread, std::move(accepted.file),
                         {.listener = listener,
                          .peer_address = std::move(accepted.peer_address),
                          .over_capacity = over_capacity});
      if (connection == nullptr) return count_.Leave(admission);
      thread.Run(std::move(connection), [this, admission] { count_.Leave(admission); });
    });
  }

  /// Null if the system has no room for the connection.
  std::unique_ptr<Connection> MakeConnection(IoThread& thread, FileDescriptor socket,
                                             ConnectionOptions options) {
    const TlsContext* tls = tls_[options.listener].get();
    std::unique_ptr<Transport> transport =
        tls == nullptr ? NewPlainTransport(socket.get()) : tls->NewTransport(socket.get());
    if (transport == nullptr) return nullptr;
    try {
      return std::make_unique<Connection>(state_, thread, std::move(socket), std::move(transport),
                                          std::move(options));
    } catch (const boost::system::system_error&) {
      return nullptr;
    }
  }

  /// Returns when no more connections will come. May be called again.
  void StopAccepting() {
    std::promise<void> stopped;
    threads_.front()->Post([this, &stopped] {
      listeners_.clear();
      stopped.set_value();
    });
    stopped.get_future().wait();
  }

  ServerState state_;
  ConnectionCount count_;
  std::vector<std::unique_ptr<IoThread>> threads_;
  std::vector<std::string> addresses_;
  std::vector<std::shared_ptr<TlsContext>> tls_;      // one a listener, null for plain HTTP
  std::vector<std::unique_ptr<Listener>> listeners_;  // after Start: the first I/O thread's
  std::size_t next_thread_ = 0;                       // the first I/O thread's
};

}  // namespace

Result<std::unique_ptr<Server>> Server::Start(const ServerOptions& options,
                                              std::vector<ListenerOptions> listeners,
                                              Handler& handler) {
  TrustedProxies proxies = TRY(TrustedProxies::Parse(options.trusted_proxies));
  std::vector<ListeningSocket> sockets;
  for (const ListenerOptions& listener : listeners) {
    ListeningSocket socket = TRY(Listen(listener.address));
    sockets.push_back(std::move(socket));
  }
  auto server = std::make_unique<HttpServer>(options, std::move(proxies), handler);
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    server->AddListener(std::move(sockets[i]), listeners[i].tls);
  }
  server->BeginAccepting();
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace sluice::http
