#include "http/tls_trust.h"

#include <openssl/x509_vfy.h>

#include <mutex>

#include "http/tls_internal.h"

namespace sluice::http {
namespace {

using StorePtr = std::unique_ptr<X509_STORE, FreeWith<&X509_STORE_free>>;

class LoadedTlsTrust final : public TlsTrust {
 public:
  explicit LoadedTlsTrust(StorePtr store) : store_(std::move(store)) {}

  void Install(void* ssl_context) override {
    std::call_once(system_is_added_, [this] {
      // A system without any is none to fail for: the file may be all there is.
      X509_STORE_set_default_paths(store_.get());
      TakeTlsErrors();
    });
    SSL_CTX_set1_cert_store(static_cast<SSL_CTX*>(ssl_context), store_.get());
  }

 private:
  const StorePtr store_;  // Locks itself; each context holds a reference of its own.
  std::once_flag system_is_added_;
};

}  // namespace

Result<std::unique_ptr<TlsTrust>> TlsTrust::Load(const std::string& ca_file) {
  StorePtr store(X509_STORE_new());
  // A certificate that is listed is believed, whether or not it is its own authority.
  if (store == nullptr || X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN) != 1) {
    return WithDetail(Internal("cannot set up TLS"), TakeTlsErrors());
  }
  if (!ca_file.empty() && X509_STORE_load_file(store.get(), ca_file.c_str()) != 1) {
    return WithDetail(InvalidArgument("cannot read PEM certificates from {}", ca_file),
                      TakeTlsErrors());
  }
  return std::make_unique<LoadedTlsTrust>(std::move(store));
}

}  // namespace sluice::http
