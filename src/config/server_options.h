#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/setting.h"

namespace sluice::config {

/// The server's own settings. What each one means stands in its row in server_options.cc and, made
/// from there, in docs/reference/settings.md. Empty text and empty lists mean "none".
struct ServerOptions {
  std::string listen;
  std::string admin_listen;
  std::string files_listen;
  std::string prefix;
  std::string public_url;
  std::string data_dir;
  std::chrono::milliseconds url_lifetime{};
  std::chrono::milliseconds credential_lifetime{};
  std::string delivery;  ///< auto, url, proxy or dir
  bool downloads_need_token = false;
  std::chrono::milliseconds freshness{};
  std::chrono::milliseconds serve_stale_for{};
  std::vector<std::string> private_networks;
  std::int64_t max_page_files = 0;
  std::chrono::milliseconds page_token_lifetime{};
  std::chrono::milliseconds refresh_token_lifetime{};
  std::chrono::milliseconds async_wait{};
  std::chrono::milliseconds rescan_interval{};
  std::vector<std::string> allowed_roots;

  std::string node;         ///< The host's name if empty.
  std::string catalog_url;  ///< A secret: it may hold a password.
  std::chrono::milliseconds catalog_max_stale{};
  std::chrono::milliseconds catalog_poll_interval{};
  std::string master_key_file;
  std::string master_key_command;
  std::vector<std::string> plain_http_issuers;
  std::chrono::milliseconds token_lifetime{};
  std::chrono::milliseconds max_token_lifetime{};
  std::chrono::milliseconds activation_lifetime{};
  std::int64_t failed_sign_ins_per_minute = 0;  ///< 0: no bound.
  std::string audit;                            ///< required, best_effort or off
  std::chrono::milliseconds audit_keep{};
  std::string audit_file;
  std::size_t audit_file_max_bytes = 0;
  std::chrono::milliseconds audit_file_max_age{};
  std::string audit_table;
  std::string audit_recipient_tables;
  std::chrono::milliseconds audit_table_interval{};
  std::string price_list;

  std::string tls_certificate;
  std::string tls_key;
  std::string tls_password_file;
  bool tls_self_signed = false;
  std::string tls_client_auth;  ///< none, optional or required
  std::string tls_client_ca;
  std::string tls_client_crl;
  std::vector<std::string> trusted_proxies;

  std::int64_t workers = 0;
  std::int64_t io_threads = 0;  ///< 0: one for every two cores.
  std::int64_t max_connections = 0;
  std::int64_t max_queued_requests = 0;
  std::size_t max_header_bytes = 0;
  std::size_t max_body_bytes = 0;
  std::size_t table_cache_bytes = 0;
  std::chrono::milliseconds header_timeout{};
  std::chrono::milliseconds idle_timeout{};
  std::chrono::milliseconds write_timeout{};
  std::chrono::milliseconds request_timeout{};  ///< 0: none.
  std::chrono::milliseconds drain_timeout{};

  std::string log_level;   ///< debug, info, warn or error
  std::string log_format;  ///< text or json
  std::string log_file;    ///< Standard error if empty.

  bool HasTls() const { return tls_self_signed || !tls_certificate.empty(); }
};

/// The table of the settings above.
std::span<const Setting<ServerOptions>> ServerSettings();
std::vector<SettingRow> ServerSettingRows();

/// Checks what no single row can: addresses that parse, a prefix that begins with '/', a
/// certificate with its key. Errors: kInvalidArgument naming the setting.
Result<void> CheckServerOptions(const ServerOptions& options);

/// "http://127.0.0.1:8080/delta-sharing": where recipients reach a server that listens on
/// `address` ("HOST:PORT", with the real port): the public URL's origin if there is one.
std::string EndpointUrl(const ServerOptions& options, const std::string& address);

/// Whether `address` ("HOST:PORT") is that of no interface in particular: 0.0.0.0 or [::].
bool ListensEverywhere(const std::string& address);

}  // namespace sluice::config
