#include "config/server_options.h"

#include "base/encoding.h"
#include "config/value.h"

namespace sluice::config {
namespace {

using Row = Setting<ServerOptions>;
using Options = ServerOptions;

constexpr Row kServerSettings[] = {
    // Where it listens and what it calls itself.
    {.name = "listen",
     .field = &Options::listen,
     .fallback = "127.0.0.1:8080",
     .value_name = "HOST:PORT",
     .doc = "Where recipients reach the server. Port 0 takes a free one."},
    {.name = "admin_listen",
     .field = &Options::admin_listen,
     .fallback = "127.0.0.1:8081",
     .value_name = "HOST:PORT",
     .doc = "Where the owner reaches the server: health, metrics and administration."},
    {.name = "files_listen",
     .field = &Options::files_listen,
     .fallback = "",
     .value_name = "HOST:PORT",
     .doc = "A further listener, always plain HTTP, for downloads of files alone. With TLS on\n"
            "`listen`, downloads through it are faster; their links are signed either way."},
    {.name = "prefix",
     .field = &Options::prefix,
     .fallback = "/delta-sharing",
     .value_name = "PATH",
     .doc = "The path before /shares in every address of the protocol."},
    {.name = "public_url",
     .field = &Options::public_url,
     .fallback = "",
     .value_name = "URL",
     .doc =
         "How recipients spell this server when it stands behind a proxy or another name, such\n"
         "as https://sharing.example.com. Profiles and download links begin with it; without it\n"
         "they begin with the address the server listens on."},
    {.name = "trusted_proxies",
     .field = &Options::trusted_proxies,
     .fallback = "",
     .value_name = "IP,...",
     .doc = "Addresses of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed."},

    // What it shares.
    {.name = "data_dir",
     .field = &Options::data_dir,
     .fallback = "./sluice-data",
     .is_path = true,
     .value_name = "DIR",
     .doc = "Where the server keeps its keys, tokens and profiles. Made at the first start,\n"
            "readable by its owner alone."},
    {.name = "allowed_roots",
     .field = &Options::allowed_roots,
     .fallback = "",
     .is_path = true,
     .value_name = "DIR,...",
     .doc =
         "Folders, on this machine or in a bucket (s3://bucket/folder), outside a table's own\n"
         "in which its files may lie, for tables whose log names absolute paths, and to which\n"
         "links in a shared folder may lead. Everything else outside a table or a shared folder\n"
         "is refused."},
    {.name = "rescan_interval",
     .field = &Options::rescan_interval,
     .fallback = "30s",
     .min = "1s",
     .max = "1d",
     .value_name = "DURATION",
     .doc = "How often a shared folder is searched for new and removed tables."},
    {.name = "node",
     .field = &Options::node,
     .fallback = "",
     .value_name = "NAME",
     .doc = "What this server is called among those that share a catalog, and in its records. It\n"
            "must stay the same as long as the data directory does. Default: the host's name."},
    {.name = "catalog_url",
     .field = &Options::catalog_url,
     .fallback = "",
     .is_secret = true,
     .value_name = "URL",
     .doc =
         "Where managed shares and recipients are kept: `postgresql://USER:PASSWORD@HOST/NAME`,\n"
         "which several servers can share. Default: SQLite, `catalog.db` in the data directory."},
    {.name = "catalog_max_stale",
     .field = &Options::catalog_max_stale,
     .fallback = "60s",
     .min = "1s",
     .max = "1d",
     .value_name = "DURATION",
     .doc =
         "How long a server that cannot reach its catalog goes on with what it knew. After that\n"
         "it answers 503, since a token may have been revoked meanwhile."},
    {.name = "catalog_poll_interval",
     .field = &Options::catalog_poll_interval,
     .fallback = "500ms",
     .min = "50ms",
     .max = "10m",
     .value_name = "DURATION",
     .doc = "How often a server asks PostgreSQL for changes of others besides being notified of\n"
            "them: how late a change may be where notifications are lost, as behind a pooler. At\n"
            "most half of `catalog_max_stale`."},
    {.name = "master_key_file",
     .field = &Options::master_key_file,
     .fallback = "",
     .is_path = true,
     .value_name = "FILE",
     .doc =
         "A file with the secret that all keys are derived from: a line of base64url, 32 bytes,\n"
         "for each generation, the newest first. All servers of a fleet need the same. Default:\n"
         "`master.key` in the data directory, made at the first start."},
    {.name = "master_key_command",
     .field = &Options::master_key_command,
     .fallback = "",
     .value_name = "COMMAND",
     .doc = "A command that prints what `master_key_file` holds, such as that of a vault. Run by\n"
            "/bin/sh at the start and on SIGHUP, for at most 30 seconds."},
    {.name = "plain_http_issuers",
     .field = &Options::plain_http_issuers,
     .fallback = "",
     .value_name = "HOST,...",
     .doc =
         "Hosts of identity providers that may be asked by http:// instead of https://, such as\n"
         "localhost for trying things out. Whoever is between could sign tokens."},
    {.name = "token_lifetime",
     .field = &Options::token_lifetime,
     .fallback = "90d",
     .min = "1m",
     .max = "3650d",
     .value_name = "DURATION",
     .doc = "How long a recipient's new token is good, unless the recipient or the command says\n"
            "otherwise."},
    {.name = "max_token_lifetime",
     .field = &Options::max_token_lifetime,
     .fallback = "365d",
     .min = "1m",
     .max = "3650d",
     .value_name = "DURATION",
     .doc =
         "The longest that anybody may ask for. Tokens without an end need `--no-expiry` beside\n"
         "a maximum of 3650d."},
    {.name = "activation_lifetime",
     .field = &Options::activation_lifetime,
     .fallback = "72h",
     .min = "1m",
     .max = "30d",
     .value_name = "DURATION",
     .doc = "How long a recipient's activation link waits to be used."},
    {.name = "failed_sign_ins_per_minute",
     .field = &Options::failed_sign_ins_per_minute,
     .fallback = "100",
     .min = "0",
     .max = "1000000",
     .value_name = "N",
     .doc =
         "How many requests without a good credential an address, or a /64 of IPv6, may make a\n"
         "minute. More are answered 429, and recorded as one sum a minute instead of one by one.\n"
         "Requests with a good credential from the same address are not concerned. 0: no bound."},
    {.name = "audit",
     .field = &Options::audit,
     .fallback = "required",
     .choices = "required|best_effort|off",
     .value_name = "POLICY",
     .doc =
         "Whether every request of a recipient is recorded in the data directory, before a link,\n"
         "credential or row leaves. With `required`, requests are answered 503 while that fails.\n"
         "With `best_effort` the server goes on; `off` records nothing."},
    {.name = "audit_keep",
     .field = &Options::audit_keep,
     .fallback = "30d",
     .min = "0",
     .max = "3650d",
     .value_name = "DURATION",
     .doc = "How long records stay in the data directory once they are in the catalog's database\n"
            "too."},
    {.name = "audit_file",
     .field = &Options::audit_file,
     .fallback = "",
     .is_path = true,
     .value_name = "FILE",
     .doc = "A file into which every audit record is copied, a line of JSON each. After a crash a "
            "few\n"
            "may be there again, with the same `node` and `seq`. It may be renamed at any time; "
            "another\n"
            "one is begun then."},
    {.name = "audit_file_max_bytes",
     .field = &Options::audit_file_max_bytes,
     .fallback = "256MiB",
     .min = "64KiB",
     .max = "1TiB",
     .value_name = "SIZE",
     .doc = "A larger `audit_file` is renamed to FILE.20261121T100000Z. The server deletes none."},
    {.name = "audit_file_max_age",
     .field = &Options::audit_file_max_age,
     .fallback = "1d",
     .min = "1m",
     .max = "3650d",
     .value_name = "DURATION",
     .doc = "An `audit_file` whose first record is older is renamed too."},
    {.name = "audit_table",
     .field = &Options::audit_table,
     .fallback = "",
     .is_path = true,
     .value_name = "FOLDER",
     .doc =
         "A folder of this machine for a Delta table, partitioned by day, into which every audit\n"
         "record is copied. Servers may have it together. It can be shared like any other table."},
    {.name = "audit_recipient_tables",
     .field = &Options::audit_recipient_tables,
     .fallback = "",
     .is_path = true,
     .value_name = "FOLDER",
     .doc =
         "A folder of this machine for Delta tables, one for each recipient and named as it is,\n"
         "into which the records of what it did are copied, so that it can be given its own part."},
    {.name = "audit_table_interval",
     .field = &Options::audit_table_interval,
     .fallback = "1m",
     .min = "1s",
     .max = "1d",
     .value_name = "DURATION",
     .doc = "How long records gather before a commit of such a table, unless 100,000 are waiting."},
    {.name = "price_list",
     .field = &Options::price_list,
     .fallback = "",
     .is_path = true,
     .value_name = "FILE",
     .doc =
         "A YAML file of prices, by which the server tells what usage costs. Read at the start."},
    {.name = "url_lifetime",
     .field = &Options::url_lifetime,
     .fallback = "1h",
     .min = "1s",
     .max = "7d",
     .value_name = "DURATION",
     .doc = "How long a download link works. Spark takes links of 15 minutes or less for links of\n"
            "an hour, so stay above."},
    {.name = "credential_lifetime",
     .field = &Options::credential_lifetime,
     .fallback = "1h",
     .min = "15m",
     .max = "12h",
     .value_name = "DURATION",
     .doc =
         "How long temporary credentials for a table's folder last (delivery dir). A role of AWS\n"
         "must allow it, and allows an hour unless told otherwise; Google's last an hour at most\n"
         "and are not made shorter."},
    {.name = "delivery",
     .field = &Options::delivery,
     .fallback = "auto",
     .choices = "auto|url|proxy|dir",
     .value_name = "WAY",
     .doc =
         "How files reach recipients, unless a share or table says otherwise: by links that the\n"
         "store signs (url), by links to this server, which hands the bytes on (proxy), or by\n"
         "temporary credentials for the table's folder as well (dir). auto: url where the\n"
         "store can sign, else proxy."},
    {.name = "downloads_need_token",
     .field = &Options::downloads_need_token,
     .fallback = "false",
     .doc = "Whether a download needs the recipient's bearer token as well as its link, unless a\n"
            "share or table says otherwise. Such tables are delivered by proxy. For clients that\n"
            "send their token to every address of this server: stock ones do not."},
    {.name = "freshness",
     .field = &Options::freshness,
     .fallback = "0s",
     .min = "0s",
     .max = "1d",
     .value_name = "DURATION",
     .doc =
         "How old the last look at a table's log may be, unless a share or table says otherwise.\n"
         "0s: every query looks, so that it sees the last commit."},
    {.name = "serve_stale_for",
     .field = &Options::serve_stale_for,
     .fallback = "0s",
     .min = "0s",
     .max = "30d",
     .value_name = "DURATION",
     .doc =
         "How long the last known version of a table is served while its store does not answer,\n"
         "unless a share or table says otherwise. Such answers have the header Sluice-Stale.\n"
         "0s: not at all, the answer is 503."},
    {.name = "private_networks",
     .field = &Options::private_networks,
     .fallback = "",
     .value_name = "CIDR,...",
     .doc =
         "Networks of this organisation (10.0.0.0/8, 127.0.0.1/32) that locations of tables may\n"
         "lead to. Others that are not public are refused, but for the endpoints that this\n"
         "configuration and the environment name."},
    {.name = "max_page_files",
     .field = &Options::max_page_files,
     .fallback = "10000",
     .min = "1",
     .max = "10000000",
     .value_name = "N",
     .doc =
         "Files on a page of an answer, for clients that ask for pages (`maxFiles`): they get no\n"
         "more than these. A client that does not ask gets all files in one answer."},
    {.name = "page_token_lifetime",
     .field = &Options::page_token_lifetime,
     .fallback = "3d",
     .min = "1s",
     .max = "30d",
     .value_name = "DURATION",
     .doc = "How long the next page of an answer can be asked for."},
    {.name = "refresh_token_lifetime",
     .field = &Options::refresh_token_lifetime,
     .fallback = "1h",
     .min = "1s",
     .max = "30d",
     .value_name = "DURATION",
     .doc = "How long a client can ask for new links to the files of the version it reads."},
    {.name = "async_wait",
     .field = &Options::async_wait,
     .fallback = "5s",
     .min = "0s",
     .max = "1h",
     .value_name = "DURATION",
     .doc = "How long a query is waited for before a client that can do so (`asyncquery=true`,\n"
            "with an idempotency key) is told to come back for the answer. 0: not at all."},
    {.name = "table_cache_bytes",
     .field = &Options::table_cache_bytes,
     .fallback = "1GiB",
     .min = "1MiB",
     .value_name = "SIZE",
     .doc = "Memory for the file lists of tables in use. The least useful ones make room."},

    // TLS.
    {.name = "tls_certificate",
     .field = &Options::tls_certificate,
     .fallback = "",
     .is_path = true,
     .value_name = "FILE",
     .doc =
         "A PEM file with the server's certificate and those above it. Turns `listen` to HTTPS.\n"
         "Read again on SIGHUP."},
    {.name = "tls_key",
     .field = &Options::tls_key,
     .fallback = "",
     .is_path = true,
     .value_name = "FILE",
     .doc = "A PEM file with the certificate's private key."},
    {.name = "tls_password_file",
     .field = &Options::tls_password_file,
     .fallback = "",
     .is_path = true,
     .value_name = "FILE",
     .doc = "A file with the key's passphrase, if it has one."},
    {.name = "tls_self_signed",
     .field = &Options::tls_self_signed,
     .fallback = "false",
     .doc =
         "Makes a certificate for localhost, kept in the data directory as tls.crt and tls.key,\n"
         "and made anew a month before its year ends. For trying things out: clients must be\n"
         "told to trust tls.crt."},

    {.name = "tls_client_auth",
     .field = &Options::tls_client_auth,
     .fallback = "none",
     .choices = "none|optional|required",
     .value_name = "WHEN",
     .doc = "Whether recipients are asked for a certificate on `listen`. With `optional`, those\n"
            "without one show a token; with `required`, nobody else gets as far as a request."},
    {.name = "tls_client_ca",
     .field = &Options::tls_client_ca,
     .fallback = "",
     .is_path = true,
     .value_name = "FILE",
     .doc = "A PEM file with the authorities whose certificates recipients may show. Read again\n"
            "on SIGHUP."},
    {.name = "tls_client_crl",
     .field = &Options::tls_client_crl,
     .fallback = "",
     .is_path = true,
     .value_name = "FILE",
     .doc = "A PEM file with a list of revoked certificates of each of these authorities. Without\n"
            "a list that is in force, all certificates of an authority are refused. Read again on\n"
            "SIGHUP."},

    // Limits.
    {.name = "workers",
     .field = &Options::workers,
     .fallback = "16",
     .min = "1",
     .max = "1024",
     .value_name = "N",
     .doc = "Requests that may read tables at the same time."},
    {.name = "io_threads",
     .field = &Options::io_threads,
     .fallback = "0",
     .min = "0",
     .max = "256",
     .value_name = "N",
     .doc = "Threads that move bytes. 0 is one for every two cores."},
    {.name = "max_connections",
     .field = &Options::max_connections,
     .fallback = "10000",
     .min = "1",
     .max = "1000000",
     .value_name = "N",
     .doc = "Open connections of all listeners. One more is answered 503 and closed."},
    {.name = "max_queued_requests",
     .field = &Options::max_queued_requests,
     .fallback = "1000",
     .min = "1",
     .max = "1000000",
     .value_name = "N",
     .doc = "Requests that wait for a worker. One more is answered 503."},
    {.name = "max_header_bytes",
     .field = &Options::max_header_bytes,
     .fallback = "64KiB",
     .min = "4KiB",
     .max = "1MiB",
     .value_name = "SIZE",
     .doc = "A larger request head is answered 431."},
    {.name = "max_body_bytes",
     .field = &Options::max_body_bytes,
     .fallback = "2MiB",
     .min = "64KiB",
     .max = "64MiB",
     .value_name = "SIZE",
     .doc = "A larger request body is answered 413."},
    {.name = "header_timeout",
     .field = &Options::header_timeout,
     .fallback = "10s",
     .min = "100ms",
     .max = "5m",
     .value_name = "DURATION",
     .doc = "Time for a request to arrive, from its first byte to its last."},
    {.name = "idle_timeout",
     .field = &Options::idle_timeout,
     .fallback = "75s",
     .min = "1s",
     .max = "1h",
     .value_name = "DURATION",
     .doc = "How long a connection may stay open between two requests."},
    {.name = "write_timeout",
     .field = &Options::write_timeout,
     .fallback = "60s",
     .min = "1s",
     .max = "1h",
     .value_name = "DURATION",
     .doc = "A client that takes no byte of its answer for so long is cut off."},
    {.name = "request_timeout",
     .field = &Options::request_timeout,
     .fallback = "30s",
     .min = "0",
     .max = "10m",
     .value_name = "DURATION",
     .doc =
         "A request whose answer took longer to find is answered 504 instead, since nobody waits\n"
         "for it any more. What is sent after that is bounded by writeTimeout. 0 is no limit."},
    {.name = "drain_timeout",
     .field = &Options::drain_timeout,
     .fallback = "30s",
     .min = "0",
     .max = "10m",
     .value_name = "DURATION",
     .doc = "How long SIGTERM lets requests in progress end."},

    // Logs.
    {.name = "log_level",
     .field = &Options::log_level,
     .fallback = "info",
     .choices = "debug|info|warn|error",
     .value_name = "LEVEL",
     .doc = "The least serious event that is logged."},
    {.name = "log_format",
     .field = &Options::log_format,
     .fallback = "text",
     .choices = "text|json",
     .value_name = "FORMAT",
     .doc = "One line per event, for people or for machines."},
    {.name = "log_file",
     .field = &Options::log_file,
     .fallback = "",
     .is_path = true,
     .value_name = "FILE",
     .doc = "Where to log, instead of standard error. Opened again on SIGHUP, so that it can be\n"
            "rotated."},
};

Result<void> CheckAddress(std::string_view setting, const std::string& address) {
  const Result<HostPort> parsed = ParseHostPort(address);
  if (!parsed.ok()) return InvalidArgument("{}: {}", setting, parsed.error().message);
  return {};
}

Result<void> CheckPrefix(const std::string& prefix) {
  if (prefix.empty()) return {};
  if (!prefix.starts_with('/') || prefix.ends_with('/') ||
      prefix.find_first_of("?#%{} ") != std::string::npos ||
      prefix.find("//") != std::string::npos) {
    return InvalidArgument("prefix: expected a path like /delta-sharing, not '{}'", prefix);
  }
  return {};
}

Result<void> CheckPublicUrl(const std::string& url) {
  if (url.empty()) return {};
  const bool is_http = url.starts_with("http://") || url.starts_with("https://");
  const std::size_t host = url.find("//") + 2;
  if (!is_http || host >= url.size() || url.find_first_of("?# ") != std::string::npos ||
      url[host] == '/') {
    return InvalidArgument("publicUrl: expected a URL like https://sharing.example.com, not '{}'",
                           url);
  }
  return {};
}

Result<void> CheckTls(const ServerOptions& options) {
  if (options.tls_self_signed && !options.tls_certificate.empty()) {
    return InvalidArgument("tlsSelfSigned and tlsCertificate exclude each other");
  }
  if (options.tls_certificate.empty() != options.tls_key.empty()) {
    return InvalidArgument("tlsCertificate and tlsKey need each other: only {} is set",
                           options.tls_key.empty() ? "tlsCertificate" : "tlsKey");
  }
  if (options.tls_key.empty() && !options.tls_password_file.empty()) {
    return InvalidArgument("tlsPasswordFile is set without tlsKey");
  }
  return {};
}

Result<void> CheckClientCertificates(const ServerOptions& options) {
  if (options.tls_client_auth.empty() || options.tls_client_auth == "none") {
    if (options.tls_client_ca.empty() && options.tls_client_crl.empty()) return {};
    return InvalidArgument("{} is set, but tlsClientAuth is none",
                           options.tls_client_ca.empty() ? "tlsClientCrl" : "tlsClientCa");
  }
  if (!options.HasTls()) return InvalidArgument("tlsClientAuth is set without a tlsCertificate");
  if (options.tls_client_ca.empty()) return InvalidArgument("tlsClientAuth needs a tlsClientCa");
  return {};
}

bool IsAnyHost(std::string_view host) { return host == "0.0.0.0" || host == "::"; }

/// A server that listens everywhere is reached from this machine, at least, by loopback.
std::string ReachableAddress(const std::string& address) {
  Result<HostPort> parsed = ParseHostPort(address);
  if (!parsed.ok()) return address;
  if (IsAnyHost(parsed->host)) parsed->host = "127.0.0.1";
  return parsed->ToString();
}

}  // namespace

std::span<const Setting<ServerOptions>> ServerSettings() { return kServerSettings; }

std::vector<SettingRow> ServerSettingRows() {
  std::vector<SettingRow> rows;
  for (const Row& setting : kServerSettings) rows.push_back(RowOf(setting));
  return rows;
}

Result<void> CheckServerOptions(const ServerOptions& options) {
  TRY(CheckAddress("listen", options.listen));
  TRY(CheckAddress("adminListen", options.admin_listen));
  if (!options.files_listen.empty()) TRY(CheckAddress("filesListen", options.files_listen));
  TRY(CheckPrefix(options.prefix));
  TRY(CheckPublicUrl(options.public_url));
  TRY(CheckTls(options));
  TRY(CheckClientCertificates(options));
  if (options.data_dir.empty()) return InvalidArgument("dataDir: must not be empty");
  if (options.catalog_poll_interval > options.catalog_max_stale / 2) {
    return InvalidArgument("catalogPollInterval: must be at most half of catalogMaxStale");
  }
  for (const std::string& root : options.allowed_roots) {
    if (!root.starts_with('/') && root.find("://") == std::string::npos) {
      return InvalidArgument("allowedRoots: expected absolute paths or locations, not '{}'", root);
    }
  }
  return {};
}

std::string EndpointUrl(const ServerOptions& options, const std::string& address) {
  if (!options.public_url.empty()) {
    std::string_view base = options.public_url;
    while (base.ends_with('/')) base.remove_suffix(1);
    return std::string(base) + options.prefix;
  }
  return Format("{}://{}{}", options.HasTls() ? "https" : "http", ReachableAddress(address),
                options.prefix);
}

bool ListensEverywhere(const std::string& address) {
  const Result<HostPort> parsed = ParseHostPort(address);
  return parsed.ok() && IsAnyHost(parsed->host);
}

}  // namespace sluice::config
