#pragma once

#include <chrono>

#include "base/clock.h"
#include "base/result.h"
#include "catalog/data_directory.h"
#include "config/server_options.h"
#include "http/tls.h"
#include "server/health.h"

namespace sluice::server {

/// The certificate of the recipients' listener as the settings name it; null if that is plain HTTP.
/// With `tls_self_signed` it is tls.crt and tls.key of the data directory, made if they are
/// missing, unusable or within a month of their end, and kept otherwise: a client that trusts
/// tls.crt goes on to do so when the server starts again. Errors: those of http::TlsContext::Load
/// and of writing the two files.
Result<std::shared_ptr<http::TlsContext>> OpenCertificate(
    const config::ServerOptions& options, catalog::DataDirectory& data,
    std::chrono::system_clock::time_point now);

/// Degraded in the last week of a certificate, and after it: clients refuse it then.
PartHealth CertificateHealth(std::chrono::sys_seconds expires_at, SystemTime now);

}  // namespace sluice::server
