#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/encoding.h"
#include "http/client_transfer_internal.h"
#include "observe/trace.h"

namespace sluice::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

bool IsToken(std::string_view name) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::ranges::all_of(name, [&](char c) {
    const bool is_letter_or_digit =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return is_letter_or_digit || kMarks.find(c) != std::string_view::npos;
  });
}

bool IsFieldValue(std::string_view value) {
  return std::ranges::none_of(value, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

std::string NumericHost(const curl_sockaddr& address) {
  char host[NI_MAXHOST] = "";
  getnameinfo(&address.addr, address.addrlen, host, sizeof(host), nullptr, 0, NI_NUMERICHOST);
  return host;
}

/// How a failure is told; everything else is an answer that could not be read.
struct FailureText {
  CURLcode code;
  std::string_view text;
};
constexpr FailureText kFailures[] = {
    {CURLE_COULDNT_RESOLVE_HOST, "the host's name cannot be resolved"},
    {CURLE_COULDNT_RESOLVE_PROXY, "the proxy's name cannot be resolved"},
    {CURLE_COULDNT_CONNECT, "there is no connection to the host"},
    {CURLE_PROXY, "the proxy does not connect to the host"},
    {CURLE_OPERATION_TIMEDOUT, "no answer in time"},
    {CURLE_SSL_CONNECT_ERROR, "there is no TLS connection to the host"},
    {CURLE_PEER_FAILED_VERIFICATION, "the host's certificate is not to be trusted"},
    {CURLE_PARTIAL_FILE, "the answer was cut short"},
    {CURLE_GOT_NOTHING, "the answer was cut short"},
    {CURLE_RECV_ERROR, "the answer was cut short"},
    {CURLE_SEND_ERROR, "the connection was cut"},
};

}  // namespace

Transfer::Transfer(std::shared_ptr<ClientState> state, ClientTarget target, BodySink& sink)
    : state_(std::move(state)),
      target_(std::move(target)),
      proxy_(state_->proxies.ProxyFor(target_)),
      sink_(sink) {}

Result<Transfer::Pointer> Transfer::Begin(std::shared_ptr<ClientState> state,
                                          const ClientRequest& request, BodySink& sink,
                                          const TransferEnd& end) {
  ClientTarget target = TRY(ParseClientUrl(request.url));
  if (!IsToken(request.method)) return InvalidArgument("a method that is none");
  Pointer transfer(new Transfer(std::move(state), std::move(target), sink));
  TRY(transfer->SetHeaders(request));
  transfer->line_ = transfer->state_->pool.Take(transfer->target_.origin, end.deadline, end.stop);
  if (transfer->line_ == nullptr) {
    return WithDetail(Unavailable("too many requests at once"), transfer->host());
  }
  transfer->SetConnection();
  transfer->SetMethod(request);
  transfer->SetCallbacks();
  const CURLMcode added =
      curl_multi_add_handle(transfer->line_->multi.get(), transfer->line_->easy.get());
  if (added != CURLM_OK) {
    return WithDetail(Internal("cannot send a request"), curl_multi_strerror(added));
  }
  return transfer;
}

Transfer::~Transfer() {
  if (line_ == nullptr) return;
  // Closes the connection unless the answer is at its end.
  curl_multi_remove_handle(line_->multi.get(), line_->easy.get());
  curl_easy_reset(line_->easy.get());
  state_->pool.GiveBack(std::move(line_));
}

Result<void> Transfer::SetHeaders(const ClientRequest& request) {
  const auto append = [this](const std::string& line) {
    curl_slist* const longer = curl_slist_append(header_list_.get(), line.c_str());
    if (longer == nullptr) return;
    static_cast<void>(header_list_.release());
    header_list_.reset(longer);
  };
  for (const auto& [name, value] : request.headers.fields()) {
    if (!IsToken(name) || !IsFieldValue(value)) return InvalidArgument("a header that is none");
    append(value.empty() ? name + ";" : Format("{}: {}", name, value));
  }
  if (const observe::TracePointer& trace = observe::CurrentTrace(); trace != nullptr) {
    append("traceparent: " + observe::TraceParentOf(*trace));
    if (!trace->state.empty()) append("tracestate: " + trace->state);
  }
  // What libcurl would add of its own accord, and nobody signed.
  for (const char* name : {"Accept", "Content-Type", "Expect"}) {
    if (request.headers.Find(name) == nullptr) append(Format("{}:", name));
  }
  return {};
}

void Transfer::SetMethod(const ClientRequest& request) {
  CURL* const easy = line_->easy.get();
  if (request.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    return;
  }
  const bool has_body =
      !request.body.empty() || request.method == "PUT" || request.method == "POST";
  if (has_body) {
    const auto size_bytes = static_cast<curl_off_t>(request.body.size());
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, size_bytes);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.empty() ? "" : request.body.data());
  }
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

void Transfer::SetConnection() {
  CURL* const easy = line_->easy.get();
  const Client::Options& options = state_->options;
  // The path goes as the request's target, since libcurl would spell that of a URL its own way. A
  // proxy that does not tunnel is told the whole URL.
  const bool asks_proxy = !proxy_.empty() && !target_.is_tls && !proxy_.starts_with("socks");
  const std::string target = asks_proxy ? target_.origin + target_.target : target_.target;
  curl_easy_setopt(easy, CURLOPT_URL, target_.origin.c_str());
  curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, target.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_PROXY, proxy_.c_str());  // empty: not the environment's either
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(options.connect_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, static_cast<long>(kReceiveBytes));
  curl_easy_setopt(easy, CURLOPT_USERAGENT, options.user_agent.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, header_list_.get());
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  // Who is believed comes with OnTls: libcurl would read its bundle for each connection.
  curl_easy_setopt(easy, CURLOPT_CAINFO, nullptr);
  curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, nullptr);
  curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, nullptr);
}

void Transfer::SetCallbacks() {
  CURL* const easy = line_->easy.get();
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_text_);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Transfer::OnHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::OnBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &Transfer::OnSocket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &Transfer::OnTls);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, this);
}

Result<void> Transfer::RunUntil(const std::function<bool()>& is_enough, const TransferEnd& end) {
  const std::stop_callback wake(end.stop, [this] { curl_multi_wakeup(line_->multi.get()); });
  SteadyTime idle_since = steady_clock::now();
  while (!failure_ && !is_done() && !is_enough()) {
    if (end.stop.stop_requested()) {
      failure_ = Unavailable("the request was given up to {}", host());
      break;
    }
    const std::uint64_t before = Activity();
    Perform();
    const SteadyTime now = steady_clock::now();
    const bool has_moved = Activity() != before;
    if (has_moved) idle_since = now;
    if (is_done()) break;
    const SteadyTime last = std::min(end.deadline, idle_since + state_->options.idle_timeout);
    if (now >= last) {
      failure_ = TimedOut();
    } else if (!has_moved) {
      constexpr milliseconds kLongestTurn{1'000};
      const auto wait = std::min(std::chrono::ceil<milliseconds>(last - now), kLongestTurn);
      curl_multi_poll(line_->multi.get(), nullptr, 0, static_cast<int>(wait.count()), nullptr);
    }
  }
  if (!failure_ && is_done() && *outcome_ != CURLE_OK) failure_ = FailureOf(*outcome_);
  if (failure_) return *failure_;
  return {};
}

void Transfer::Peek() {
  if (!failure_ && !is_done() && !is_paused_) Perform();
}

void Transfer::Perform() {
  if (std::exchange(is_paused_, false)) {
    const CURLcode resumed = curl_easy_pause(line_->easy.get(), CURLPAUSE_CONT);
    if (resumed != CURLE_OK) outcome_ = resumed;
  }
  int running = 0;
  const CURLMcode performed = curl_multi_perform(line_->multi.get(), &running);
  if (performed != CURLM_OK) outcome_ = CURLE_OUT_OF_MEMORY;
  int left = 0;
  while (const CURLMsg* const message = curl_multi_info_read(line_->multi.get(), &left)) {
    if (message->msg == CURLMSG_DONE && !outcome_) outcome_ = message->data.result;
  }
}

std::optional<std::uint64_t> Transfer::content_length() const {
  curl_off_t length = -1;
  curl_easy_getinfo(line_->easy.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  if (length < 0) return std::nullopt;
  return static_cast<std::uint64_t>(length);
}

std::uint64_t Transfer::Activity() const {
  curl_off_t sent = 0;
  curl_easy_getinfo(line_->easy.get(), CURLINFO_SIZE_UPLOAD_T, &sent);
  return static_cast<std::uint64_t>(sent) + head_.bytes() + body_bytes_;
}

Error Transfer::TimedOut() const { return WithDetail(Unavailable("no answer in time"), host()); }

Error Transfer::FailureOf(CURLcode code) const {
  const std::string& name = host();
  if (is_too_large_) return WithDetail(TooLarge("the answer is longer than allowed"), name);
  if (is_head_bad_) return WithDetail(Unavailable("the answer has no head of HTTP"), name);
  if (!refused_address_.empty() && !opened_socket_) {
    return WithDetail(PermissionDenied("the host is in a network that is not public"),
                      Format("{} at {} is not listed in privateNetworks", name, refused_address_));
  }
  if (code == CURLE_OUT_OF_MEMORY) return Internal("out of memory for a request");
  const auto* const known = std::ranges::find(kFailures, code, &FailureText::code);
  const std::string_view text =
      known != std::end(kFailures) ? known->text : "the answer could not be read";
  std::string detail = Format("{}: {}: {}", name, curl_easy_strerror(code), error_text_);
  if (code == CURLE_PEER_FAILED_VERIFICATION) {  // as wrong at the next attempt
    return WithDetail(PermissionDenied("{}", text), std::move(detail));
  }
  return WithDetail(Unavailable("{}", text), std::move(detail));
}

std::size_t Transfer::OnHeader(const char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  if (transfer.head_.Take({data, size * count})) return size * count;
  transfer.is_head_bad_ = true;
  return 0;
}

std::size_t Transfer::OnBody(const char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  switch (transfer.sink_.Take({data, size * count})) {
    case BodySink::Taken::kAll: transfer.body_bytes_ += size * count; return size * count;
    case BodySink::Taken::kNoneForNow: transfer.is_paused_ = true; return CURL_WRITEFUNC_PAUSE;
    case BodySink::Taken::kTooMany: transfer.is_too_large_ = true; return CURL_WRITEFUNC_ERROR;
  }
  return CURL_WRITEFUNC_ERROR;
}

curl_socket_t Transfer::OnSocket(void* self, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(self);
  const auto ip = IpAddressOf(address->addr);
  const auto& known_hosts = transfer.state_->options.private_hosts;
  const bool is_allowed =
      !transfer.proxy_.empty() ||
      std::ranges::find(known_hosts, transfer.host()) != known_hosts.end() ||
      (ip && (IsPublic(*ip) || transfer.state_->private_networks.Contains(*ip)));
  if (!is_allowed) {
    transfer.refused_address_ = NumericHost(*address);
    return CURL_SOCKET_BAD;
  }
  transfer.opened_socket_ = true;
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

CURLcode Transfer::OnTls(CURL*, void* ssl_context, void* self) {
  static_cast<Transfer*>(self)->state_->trust->Install(ssl_context);
  return CURLE_OK;
}

}  // namespace sluice::http
