#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/client.h"
#include "http/client_body_internal.h"
#include "http/client_head_internal.h"
#include "http/client_pool_internal.h"
#include "http/client_target.h"
#include "http/networks.h"
#include "http/proxy.h"
#include "http/tls_trust.h"

namespace sluice::http {

/// What the requests of one client share. Outlives the client while a download goes on.
struct ClientState {
  Client::Options options;
  Networks private_networks;
  ProxyRules proxies;
  std::unique_ptr<TlsTrust> trust;
  LinePool pool;
};

/// When a transfer is given up.
struct TransferEnd {
  SteadyTime deadline = SteadyTime::max();
  std::stop_token stop = {};
};

/// One request and its answer, over a line that goes back to the pool at the end: with its
/// connection if the answer was received whole. Not thread-safe.
class Transfer {
 public:
  using Pointer = std::unique_ptr<Transfer>;

  /// Waits for a line. `sink` and the request's body must outlive the transfer. Errors:
  /// kInvalidArgument for a request that cannot be sent; kUnavailable if no line was free.
  static Result<Pointer> Begin(std::shared_ptr<ClientState> state, const ClientRequest& request,
                               BodySink& sink, const TransferEnd& end);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// Lets it go on until `is_enough` or the whole answer is here. Errors: those of Client::Send;
  /// then the transfer is at its end.
  Result<void> RunUntil(const std::function<bool()>& is_enough, const TransferEnd& end);
  /// Takes note of an end that has already arrived.
  void Peek();

  bool is_done() const { return outcome_.has_value(); }
  const ClientHead& head() const { return head_; }
  const std::string& host() const { return target_.host; }
  /// As the head tells it; nothing if it does not.
  std::optional<std::uint64_t> content_length() const;

 private:
  Transfer(std::shared_ptr<ClientState> state, ClientTarget target, BodySink& sink);

  Result<void> SetHeaders(const ClientRequest& request);
  void SetMethod(const ClientRequest& request);
  void SetConnection();
  void SetCallbacks();
  void Perform();
  std::uint64_t Activity() const;
  Error FailureOf(CURLcode code) const;
  Error TimedOut() const;

  static std::size_t OnHeader(const char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t OnBody(const char* data, std::size_t size, std::size_t count, void* self);
  static curl_socket_t OnSocket(void* self, curlsocktype purpose, curl_sockaddr* address);
  static CURLcode OnTls(CURL* easy, void* ssl_context, void* self);

  const std::shared_ptr<ClientState> state_;
  const ClientTarget target_;
  const std::string& proxy_;
  BodySink& sink_;
  std::unique_ptr<Line> line_;
  std::unique_ptr<curl_slist, CurlFree<&curl_slist_free_all>> header_list_;
  char error_text_[CURL_ERROR_SIZE] = "";

  ClientHead head_;
  std::uint64_t body_bytes_ = 0;
  bool is_paused_ = false;
  bool is_too_large_ = false;
  bool is_head_bad_ = false;
  bool opened_socket_ = false;
  std::string refused_address_;
  std::optional<CURLcode> outcome_;
  std::optional<Error> failure_;
};

}  // namespace sluice::http
