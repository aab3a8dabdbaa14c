#include "server/part_options.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "server/stores.h"
#include "storage/location.h"

namespace sluice::server {
namespace {

constexpr std::chrono::milliseconds kSearchStoresEvery{60'000};  // no more often: lists cost money

observe::LogLevel LevelNamed(std::string_view name) {
  if (name == "debug") return observe::LogLevel::kDebug;
  if (name == "warn") return observe::LogLevel::kWarn;
  return name == "error" ? observe::LogLevel::kError : observe::LogLevel::kInfo;
}

}  // namespace

observe::StreamLoggerOptions LogOptions(const config::ServerOptions& options, int file) {
  return {.fd = file,
          .min_level = LevelNamed(options.log_level),
          .format =
              options.log_format == "json" ? observe::LogFormat::kJson : observe::LogFormat::kText};
}

http::ServerOptions HttpOptions(const config::ServerOptions& options) {
  const auto cores = static_cast<int>(std::thread::hardware_concurrency());
  return {.io_threads = options.io_threads > 0 ? static_cast<int>(options.io_threads)
                                               : std::max(1, cores / 2),
          .worker_threads = static_cast<int>(options.workers),
          .max_connections = static_cast<int>(options.max_connections),
          .max_queued_requests = static_cast<int>(options.max_queued_requests),
          .max_header_bytes = options.max_header_bytes,
          .max_body_bytes = options.max_body_bytes,
          .header_timeout = options.header_timeout,
          .idle_timeout = options.idle_timeout,
          .write_timeout = options.write_timeout,
          .trusted_proxies = options.trusted_proxies};
}

Pipeline::Options PipelineOptions(const config::ServerOptions& options) {
  const bool serves_anyway = options.audit == "best_effort";
  return {.request_timeout = options.request_timeout,
          .on_audit_failure = serves_anyway ? audit::OnFailure::kServe : audit::OnFailure::kRefuse};
}

Result<sharing::SharingService::Options> SharingOptions(const config::ServerOptions& options) {
  using std::chrono::floor, std::chrono::seconds;
  std::vector<std::string> allowed_roots;
  for (const std::string& root : options.allowed_roots) {
    const storage::Location location = TRY(storage::ParseLocation(root, "/"));
    allowed_roots.push_back(location.path);
  }
  return sharing::SharingService::Options{
      .url_lifetime = floor<seconds>(options.url_lifetime),
      .credential_lifetime = floor<seconds>(options.credential_lifetime),
      .page_token_lifetime = floor<seconds>(options.page_token_lifetime),
      .refresh_token_lifetime = floor<seconds>(options.refresh_token_lifetime),
      .max_page_files = options.max_page_files,
      .async_wait = options.async_wait,
      .serving = TRY(ServingTermsOf(options)),
      .async = {},
      .allowed_roots = std::move(allowed_roots)};
}

admin::AdminService::Options AdminOptions(const config::ServerOptions& options) {
  using std::chrono::ceil, std::chrono::seconds;
  return {.token_lifetime = ceil<seconds>(options.token_lifetime),
          .max_token_lifetime = ceil<seconds>(options.max_token_lifetime),
          .activation_lifetime = ceil<seconds>(options.activation_lifetime)};
}

FolderTables::Options FolderOptions(const config::ServerOptions& options) {
  return {.allowed_roots = options.allowed_roots,
          .interval = std::max(options.rescan_interval, kSearchStoresEvery)};
}

}  // namespace sluice::server
