// Client certificates: whom the server asks for one, and what it reads of it.

#include <openssl/x509v3.h>

#include <algorithm>

#include "http/peer_certificate.h"
#include "http/tls.h"
#include "http/tls_internal.h"

namespace sluice::http {
namespace {

/// Authorities between a client's certificate and the listed one. More would only cost time.
constexpr int kMaxAuthorities = 8;

using StorePtr = std::unique_ptr<X509_STORE, FreeWith<&X509_STORE_free>>;
using BioPtr = std::unique_ptr<BIO, FreeWith<&BIO_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, FreeWith<&GENERAL_NAMES_free>>;

Error CannotRead(std::string_view what, const std::string& file) {
  return WithDetail(InvalidArgument("cannot read {} from {}", what, file), TakeTlsErrors());
}

Result<StorePtr> LoadAuthorities(const TlsOptions& options) {
  StorePtr store(X509_STORE_new());
  // An authority that is listed is believed, whether or not it is its own.
  if (store == nullptr || X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN) != 1) {
    return WithDetail(Internal("cannot set up TLS"), TakeTlsErrors());
  }
  if (X509_STORE_load_file(store.get(), options.client_ca_file.c_str()) != 1) {
    return CannotRead("PEM certificates", options.client_ca_file);
  }
  if (options.client_crl_file.empty()) return store;
  X509_LOOKUP* const lookup = X509_STORE_add_lookup(store.get(), X509_LOOKUP_file());
  if (lookup == nullptr ||
      X509_load_crl_file(lookup, options.client_crl_file.c_str(), X509_FILETYPE_PEM) < 1) {
    return CannotRead("a PEM list of revoked certificates", options.client_crl_file);
  }
  X509_STORE_set_flags(store.get(), X509_V_FLAG_CRL_CHECK);
  return store;
}

std::string SubjectOf(const X509* certificate) {
  const BioPtr text(BIO_new(BIO_s_mem()));
  if (text == nullptr ||
      X509_NAME_print_ex(text.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253) < 0) {
    return {};
  }
  char* bytes = nullptr;
  const auto size = static_cast<std::size_t>(BIO_get_mem_data(text.get(), &bytes));
  return size <= kMaxSubjectBytes ? std::string(bytes, size) : std::string();
}

std::string_view KindOf(const GENERAL_NAME& name) {
  switch (name.type) {
    case GEN_DNS: return "DNS:";
    case GEN_URI: return "URI:";
    case GEN_EMAIL: return "email:";
    default: return {};
  }
}

std::vector<std::string> AlternativeNamesOf(const X509* certificate) {
  std::vector<std::string> texts;
  const NamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  const int count = names == nullptr ? 0 : sk_GENERAL_NAME_num(names.get());
  for (int i = 0; i < count && texts.size() < kMaxAlternativeNames; ++i) {
    const GENERAL_NAME& name = *sk_GENERAL_NAME_value(names.get(), i);
    const std::string_view kind = KindOf(name);
    if (kind.empty()) continue;
    const ASN1_IA5STRING* const value = name.d.ia5;
    const std::string_view text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                                static_cast<std::size_t>(ASN1_STRING_length(value)));
    const bool is_visible = std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7F'; });
    if (text.empty() || text.size() > kMaxAlternativeNameBytes || !is_visible) continue;
    texts.push_back(std::string(kind) + std::string(text));
  }
  return texts;
}

}  // namespace

Result<void> AskClients(SSL_CTX* context, const TlsOptions& options) {
  if (options.client_authentication == ClientAuthentication::kNone) return {};
  const StorePtr store = TRY(LoadAuthorities(options));
  SSL_CTX_set1_verify_cert_store(context, store.get());
  // Clients with several certificates choose by these names.
  STACK_OF(X509_NAME)* const names = SSL_load_client_CA_file(options.client_ca_file.c_str());
  if (names == nullptr) return CannotRead("PEM certificates", options.client_ca_file);
  SSL_CTX_set_client_CA_list(context, names);
  const bool is_required = options.client_authentication == ClientAuthentication::kRequired;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (is_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                     nullptr);
  SSL_CTX_set_verify_depth(context, kMaxAuthorities);
  // Without a name of its own, OpenSSL resumes no session of a client that was verified. Each
  // context has its own keys for tickets, so none outlives a Reload.
  constexpr unsigned char kSessions[] = "sluice";
  SSL_CTX_set_session_id_context(context, kSessions, sizeof(kSessions) - 1);
  return {};
}

std::shared_ptr<const PeerCertificate> ReadPeerCertificate(const SSL* ssl) {
  const X509* const certificate = SSL_get0_peer_certificate(ssl);
  if (certificate == nullptr || SSL_get_verify_result(ssl) != X509_V_OK) return nullptr;
  // A session that is resumed was verified when it began.
  if (X509_cmp_current_time(X509_get0_notAfter(certificate)) <= 0) return nullptr;
  auto read = std::make_shared<const PeerCertificate>(PeerCertificate{
      .subject = SubjectOf(certificate), .alternative_names = AlternativeNamesOf(certificate)});
  TakeTlsErrors();
  return read;
}

}  // namespace sluice::http
