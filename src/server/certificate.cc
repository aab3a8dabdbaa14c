#include "server/certificate.h"

namespace sluice::server {
namespace {

constexpr std::chrono::days kRenewBeforeEnd{30};

http::ClientAuthentication ClientAuthenticationOf(const config::ServerOptions& options) {
  if (options.tls_client_auth == "required") return http::ClientAuthentication::kRequired;
  if (options.tls_client_auth == "optional") return http::ClientAuthentication::kOptional;
  return http::ClientAuthentication::kNone;
}

http::TlsOptions WithClients(http::TlsOptions files, const config::ServerOptions& options) {
  files.client_authentication = ClientAuthenticationOf(options);
  files.client_ca_file = options.tls_client_ca;
  files.client_crl_file = options.tls_client_crl;
  return files;
}

}  // namespace

Result<std::shared_ptr<http::TlsContext>> OpenCertificate(
    const config::ServerOptions& options, catalog::DataDirectory& data,
    std::chrono::system_clock::time_point now) {
  if (!options.HasTls()) return std::shared_ptr<http::TlsContext>();
  if (!options.tls_self_signed) {
    return http::TlsContext::Load(WithClients({.certificate_file = options.tls_certificate,
                                               .key_file = options.tls_key,
                                               .password_file = options.tls_password_file},
                                              options));
  }
  const http::TlsOptions files =
      WithClients({.certificate_file = data.PathOf(catalog::kCertificateFile),
                   .key_file = data.PathOf(catalog::kCertificateKeyFile)},
                  options);
  auto kept = http::TlsContext::Load(files);
  if (kept.ok() && (*kept)->ExpiresAt() > now + kRenewBeforeEnd) return kept;
  const http::SelfSigned made = TRY(http::MakeSelfSigned());
  TRY(data.WriteFile(catalog::kCertificateKeyFile, made.key.Reveal()));
  TRY(data.WriteFile(catalog::kCertificateFile, made.certificate));
  return http::TlsContext::Load(files);
}

PartHealth CertificateHealth(std::chrono::sys_seconds expires_at, SystemTime now) {
  using std::chrono::days;
  constexpr days kWarning{7};
  if (now >= expires_at) {
    return {.state = PartHealth::State::kDegraded, .reason = "the certificate has ended"};
  }
  const auto left = std::chrono::ceil<days>(expires_at - now);
  if (left > kWarning) return {};
  return {.state = PartHealth::State::kDegraded,
          .reason = Format("the certificate ends within {} day{}", left.count(),
                           left == days(1) ? "" : "s")};
}

}  // namespace sluice::server
