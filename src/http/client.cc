#include "http/client.h"

#include <curl/curl.h>

#include <cstdlib>
#include <limits>
#include <mutex>
#include <utility>

#include "http/client_transfer_internal.h"

namespace sluice::http {
namespace {

TransferEnd EndOf(const Client::Limits& limits) {
  return {.deadline = std::chrono::steady_clock::now() + limits.timeout, .stop = limits.stop};
}

/// A body that its reader takes as it likes: the connection waits meanwhile.
class StreamedDownload final : public Download {
 public:
  explicit StreamedDownload(std::string_view request_body) : request_body_(request_body) {}
  ~StreamedDownload() override {
    // Readers that know the length need not have seen the end, which is often here by now.
    if (transfer_ != nullptr) transfer_->Peek();
  }

  Result<void> Start(std::shared_ptr<ClientState> state, ClientRequest request,
                     const TransferEnd& end) {
    request.body = request_body_;
    transfer_ = TRY(Transfer::Begin(std::move(state), request, body_, end));
    return transfer_->RunUntil([this] { return transfer_->head().is_whole(); }, end);
  }

  int status() const override { return transfer_->head().status(); }
  const Headers& headers() const override { return transfer_->head().headers(); }

  Result<std::size_t> Read(std::span<char> out) override {
    body_.ReadInto(out);
    TRY(transfer_->RunUntil([this] { return body_.is_full(); }, {}));
    const std::size_t count = out.size() - body_.room();
    body_.ReadInto({});
    return count;
  }

 private:
  const std::string request_body_;
  StreamedBody body_;
  Transfer::Pointer transfer_;  // Writes to body_, so it goes first.
};

class CurlClient final : public Client {
 public:
  explicit CurlClient(std::shared_ptr<ClientState> state) : state_(std::move(state)) {}

  Result<ClientResponse> Send(const ClientRequest& request, const Limits& limits) override {
    const TransferEnd end = EndOf(limits);
    CollectedBody body(limits.max_body_bytes);
    const Transfer::Pointer transfer = TRY(Transfer::Begin(state_, request, body, end));
    TRY(transfer->RunUntil([&] { return transfer->head().is_whole(); }, end));
    const auto length = transfer->content_length();
    if (request.method != "HEAD" && length && !body.Expect(*length)) {
      return WithDetail(TooLarge("the answer is longer than allowed"), transfer->host());
    }
    TRY(transfer->RunUntil([] { return false; }, end));
    return ClientResponse{.status = transfer->head().status(),
                          .headers = transfer->head().headers(),
                          .body = body.Release()};
  }

  Result<std::unique_ptr<Download>> Start(const ClientRequest& request,
                                          const Limits& limits) override {
    auto download = std::make_unique<StreamedDownload>(request.body);
    TRY(download->Start(state_, request, EndOf(limits)));
    return download;
  }

 private:
  const std::shared_ptr<ClientState> state_;
};

std::string EnvironmentVariable(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

/// Never undone: what is static may still send requests at the process' end.
bool IsCurlReady() {
  static std::once_flag once;
  static CURLcode outcome;
  std::call_once(once, [] { outcome = curl_global_init(CURL_GLOBAL_DEFAULT); });
  return outcome == CURLE_OK;
}

/// Errors: kInvalidArgument for what libcurl could not take for a proxy. It may hold a password, so
/// that it is not repeated.
Result<void> CheckProxy(const std::string& proxy) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url(curl_url(), curl_url_cleanup);
  const unsigned flags = CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME;
  if (url != nullptr && curl_url_set(url.get(), CURLUPART_URL, proxy.c_str(), flags) == CURLUE_OK) {
    return {};
  }
  return InvalidArgument("the proxy is no URL such as http://proxy.example.com:3128");
}

}  // namespace

Result<std::unique_ptr<Client>> Client::New(const Options& options) {
  if (!IsCurlReady()) return Internal("cannot set up libcurl");
  if (options.max_connections == 0) return InvalidArgument("a client needs a connection");
  if (!options.proxy.empty()) TRY(CheckProxy(options.proxy));
  Networks networks = TRY(Networks::Parse(options.private_networks));
  std::unique_ptr<TlsTrust> trust = TRY(TlsTrust::Load(options.ca_file));
  ProxyRules proxies = options.proxy.empty() ? ProxyRules::FromEnvironment(&EnvironmentVariable)
                                             : ProxyRules::Always(options.proxy);
  auto state =
      std::shared_ptr<ClientState>(new ClientState{.options = options,
                                                   .private_networks = std::move(networks),
                                                   .proxies = std::move(proxies),
                                                   .trust = std::move(trust),
                                                   .pool = LinePool(options.max_connections)});
  return std::make_unique<CurlClient>(std::move(state));
}

}  // namespace sluice::http
