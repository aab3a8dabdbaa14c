#include "http/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <mutex>

#include "base/secret.h"
#include "http/tls_internal.h"

namespace sluice::http {
namespace {

using ContextPtr = std::shared_ptr<SSL_CTX>;

/// Clients that offer h2 as well are told that this server speaks HTTP/1.1.
int SelectHttp11(SSL*, const unsigned char** out, unsigned char* out_length,
                 const unsigned char* offered, unsigned int offered_length, void*) {
  static constexpr unsigned char kHttp11[] = "\x08http/1.1";
  unsigned char* selected = nullptr;
  const int outcome = SSL_select_next_proto(&selected, out_length, kHttp11, sizeof(kHttp11) - 1,
                                            offered, offered_length);
  *out = selected;
  return outcome == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

Result<ContextPtr> NewContext() {
  ContextPtr context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  if (context == nullptr || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) {
    return WithDetail(Internal("cannot set up TLS"), TakeTlsErrors());
  }
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                         SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(context.get(), &SelectHttp11, nullptr);
  return context;
}

Result<Secret> ReadPassword(const std::string& file) {
  if (file.empty()) return Secret();
  std::ifstream stream(file);
  std::string line;
  if (!std::getline(stream, line)) {
    return InvalidArgument("cannot read the key's password from {}", file);
  }
  return Secret(std::move(line));
}

/// Without this OpenSSL would ask on the terminal.
int GivePassword(char* out, int size, int, void* password) {
  const std::string& text = static_cast<const Secret*>(password)->Reveal();
  if (text.empty() || text.size() > static_cast<std::size_t>(size)) return 0;
  std::ranges::copy(text, out);
  return static_cast<int>(text.size());
}

Result<void> UseFiles(SSL_CTX* context, const TlsOptions& options) {
  Secret password = TRY(ReadPassword(options.password_file));
  SSL_CTX_set_default_passwd_cb(context, &GivePassword);
  SSL_CTX_set_default_passwd_cb_userdata(context, &password);
  Result<void> used;
  if (SSL_CTX_use_certificate_chain_file(context, options.certificate_file.c_str()) != 1) {
    used = InvalidArgument("cannot read a PEM certificate from {}", options.certificate_file);
  } else if (SSL_CTX_use_PrivateKey_file(context, options.key_file.c_str(), SSL_FILETYPE_PEM) !=
             1) {
    used = InvalidArgument(
        "cannot use the key in {}: it is no PEM key, its password is wrong, or it does "
        "not fit the certificate in {}",
        options.key_file, options.certificate_file);
  }
  SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
  SSL_CTX_set_default_passwd_cb(context, nullptr);
  if (!used.ok()) return WithDetail(used.error(), TakeTlsErrors());
  return {};
}

Result<ContextPtr> LoadContext(const TlsOptions& options) {
  ContextPtr context = TRY(NewContext());
  TRY(UseFiles(context.get(), options));
  TRY(AskClients(context.get(), options));
  return context;
}

class LoadedTlsContext final : public TlsContext {
 public:
  LoadedTlsContext(const TlsOptions& options, ContextPtr context)
      : options_(options), context_(std::move(context)) {}

  Result<void> Reload() override {
    ContextPtr loaded = TRY(LoadContext(options_));
    const std::lock_guard lock(mutex_);
    context_.swap(loaded);
    return {};
  }

  std::chrono::sys_seconds ExpiresAt() const override {
    const std::lock_guard lock(mutex_);
    std::tm end{};
    ASN1_TIME_to_tm(X509_get0_notAfter(SSL_CTX_get0_certificate(context_.get())), &end);
    return std::chrono::sys_seconds(std::chrono::seconds(timegm(&end)));
  }

  std::unique_ptr<Transport> NewTransport(int socket) const override {
    const std::lock_guard lock(mutex_);
    return NewTlsTransport(SslPtr(SSL_new(context_.get())), socket);
  }

 private:
  const TlsOptions options_;
  mutable std::mutex mutex_;
  ContextPtr context_;  // guarded by mutex_; each connection's SSL holds a reference of its own
};

}  // namespace

std::string TakeTlsErrors() {
  std::string text;
  constexpr int kMaxReasons = 16;
  for (int i = 0; i < kMaxReasons; ++i) {
    const unsigned long reason = ERR_get_error();
    if (reason == 0) break;
    char line[256];
    ERR_error_string_n(reason, line, sizeof(line));
    if (!text.empty()) text += "; ";
    text += line;
  }
  ERR_clear_error();
  return text;
}

Result<std::shared_ptr<TlsContext>> TlsContext::Load(const TlsOptions& options) {
  ContextPtr context = TRY(LoadContext(options));
  return std::make_shared<LoadedTlsContext>(options, std::move(context));
}

}  // namespace sluice::http
