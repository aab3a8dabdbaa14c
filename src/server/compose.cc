#include "server/compose.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "admin/audit_handlers.h"
#include "admin/handlers.h"
#include "admin/sql_handlers.h"
#include "auth/identity_providers.h"
#include "auth/sign_in.h"
#include "auth/token_verifier.h"
#include "base/file_descriptor.h"
#include "catalog/catalog.h"
#include "catalog/data_directory.h"
#include "catalog/follower.h"
#include "config/value.h"
#include "crypto/hkdf.h"
#include "http/client.h"
#include "http/server.h"
#include "http/tls.h"
#include "observe/metrics.h"
#include "observe/stream_logger.h"
#include "server/catalog_source.h"
#include "server/certificate.h"
#include "server/failed_sign_ins.h"
#include "server/folder_tables.h"
#include "server/governance.h"
#include "server/health.h"
#include "server/master_keys.h"
#include "server/monitoring.h"
#include "server/own_identities.h"
#include "server/part_options.h"
#include "server/pipeline.h"
#include "server/stores.h"
#include "sharing/handlers.h"

namespace sluice::server {
namespace {

using config::Configuration;
using config::ConfigurationSources;

constexpr std::string_view kPageTokens = "page tokens";  // what their key is for

// The listeners, in the order in which they are given to http::Server.
enum Listener : std::size_t { kRecipients, kAdmin, kAdminSocket, kFiles };

Result<FileDescriptor> OpenLogFile(const std::string& path) {
  if (path.empty()) return FileDescriptor();
  FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
  if (!file.valid()) return Unavailable("cannot open the log file {}", path);
  return file;
}

int PortOf(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  return colon == std::string::npos ? 0 : std::atoi(address.c_str() + colon + 1);
}

/// Of those that the profile of the start reads: managed shares are for recipients of their own.
std::string FirstTable(const catalog::View& view) {
  for (const catalog::SharePtr& share : std::span(view.shares()).first(view.file_share_count())) {
    if (!share->tables().empty()) return share->tables().front().ref.ToString();
  }
  return {};
}

/// What making can fail.
struct Parts {
  ConfigurationSources sources;
  Configuration configuration;
  FileDescriptor log_file;
  std::unique_ptr<catalog::DataDirectory> data;
  std::optional<crypto::KeyRing> keys;
  Governance governance;
  std::unique_ptr<http::Client> identity_client;
  CatalogSource source;
  std::unique_ptr<const Clock> clock;
  std::unique_ptr<observe::MetricRegistry> metrics;
  std::unique_ptr<storage::Stores> stores;
  sharing::SharingService::Options sharing;
};

Result<Parts> MakeParts(const ConfigurationSources& sources) {
  Parts parts{.sources = sources,
              .clock = std::make_unique<SystemClock>(),
              .metrics = std::make_unique<observe::MetricRegistry>()};
  parts.configuration = TRY(config::LoadConfiguration(sources));
  const config::ServerOptions& options = parts.configuration.options;
  parts.log_file = TRY(OpenLogFile(options.log_file));
  parts.data = TRY(catalog::DataDirectory::Open(options.data_dir));
  parts.keys = TRY(LoadMasterKeys(options, *parts.data));
  parts.identity_client = TRY(
      http::Client::New({.user_agent = "sluice", .private_networks = options.private_networks}));
  parts.governance = TRY(OpenGovernance(options, *parts.data, *parts.keys,
                                        {.clock = *parts.clock, .metrics = *parts.metrics}));
  parts.source = TRY(ReadCatalog(sources, parts.configuration));
  parts.sharing = TRY(SharingOptions(options));
  parts.stores = TRY(OpenStores(parts.configuration, *parts.clock, parts.metrics.get()));
  TRY(CheckStores(parts.source.shares, parts.sharing.serving, *parts.stores));
  return parts;
}

class ComposedApp final : public App {
 public:
  explicit ComposedApp(Parts parts)
      : sources_(std::move(parts.sources)),
        configuration_(std::move(parts.configuration)),
        clock_owner_(std::move(parts.clock)),
        clock_(*clock_owner_),
        metrics_owner_(std::move(parts.metrics)),
        metrics_(*metrics_owner_),
        log_file_(std::move(parts.log_file)),
        log_(observe::NewStreamLogger(
            LogOptions(options(), log_file_.valid() ? log_file_.get() : STDERR_FILENO), clock_)),
        data_(std::move(parts.data)),
        file_shares_(std::move(parts.source.shares)),
        identity_client_(std::move(parts.identity_client)),
        providers_(*identity_client_, clock_, {.plain_http_hosts = options().plain_http_issuers}),
        governance_(std::move(parts.governance)),
        folder_tables_(FolderDependencies(*parts.stores), FolderOptions(options())),
        follower_(FollowerDependencies(),
                  catalog::ViewBuilder([this](const catalog::Entry& folder) {
                    return folder_tables_.Find(folder);
                  })),
        stores_(std::move(parts.stores)),
        serving_(parts.sharing.serving),
        tables_([this](const std::string& location) { return OpenTable(*stores_, location); },
                options().table_cache_bytes, clock_),
        urls_(parts.keys->newest(), clock_),
        tokens_(crypto::DeriveKey(parts.keys->newest().Reveal(), kPageTokens), clock_),
        service_({.catalog = catalog_,
                  .tables = tables_,
                  .stores = *stores_,
                  .urls = urls_,
                  .tokens = tokens_,
                  .clock = clock_,
                  .log = *log_,
                  .quotas = &quotas_,
                  .journal = governance_.journal.get()},
                 std::move(parts.sharing)),
        admin_(AdminDependencies(), AdminOptions(options())),
        audit_(AuditDependencies()),
        shipper_(MakeShipper(
            options(), governance_,
            [this](std::string_view recipient, std::string_view share) {
              return RegionsOf(recipient, share);
            },
            clock_)),
        pipeline_({.log = *log_,
                   .metrics = metrics_,
                   .authenticator = authenticator_,
                   .catalog = catalog_,
                   .clock = clock_,
                   .quotas = &quotas_,
                   .journal = governance_.journal.get(),
                   .failed_sign_ins = &failed_sign_ins_},
                  PipelineOptions(options())) {
    catalog_.UseUntil(SystemTime());  // nobody is known yet
    UseKeys(*parts.keys);
    LogWarnings(parts.source.warnings);
    AddMonitoring();
    AddSurfaces();
  }

  ~ComposedApp() override {
    server_.reset();        // before what its handler uses
    folder_tables_.Stop();  // it and the follower use each other
  }

  Result<void> Listen() {
    tls_ = TRY(OpenCertificate(options(), *data_, clock_.Now()));
    if (tls_ != nullptr) MonitorCertificate(*tls_, clock_, metrics_, health_);
    std::vector<http::ListenerOptions> listeners = {
        {.address = options().listen, .tls = tls_},
        {.address = options().admin_listen, .tls = nullptr},
        {.address = "unix:" + data_->PathOf(catalog::kOwnerSocketFile), .tls = nullptr}};
    if (!options().files_listen.empty())
      listeners.push_back({.address = options().files_listen, .tls = nullptr});
    server_ = TRY(http::Server::Start(HttpOptions(options()), std::move(listeners), pipeline_));
    const std::vector<std::string> addresses = server_->Addresses();
    report_.endpoint = config::EndpointUrl(options(), addresses[kRecipients]);
    report_.admin_address = addresses[kAdmin];
    AddServerMetrics(*server_, options().workers, metrics_);
    if (options().tls_self_signed)
      report_.certificate_path = data_->PathOf(catalog::kCertificateFile);
    report_.listens_everywhere =
        options().public_url.empty() && config::ListensEverywhere(addresses[kRecipients]);
    if (report_.listens_everywhere) {
      log_->Warn("links name this machine only: set public_url", {{"endpoint", report_.endpoint}});
    }
    const bool has_file_listener = !options().files_listen.empty();
    const bool own_links = has_file_listener && options().public_url.empty();
    const bool follows_proxy = !has_file_listener && options().public_url.empty();
    service_.SetLinkBase(
        {.base_url =
             own_links ? "http://" + addresses[kFiles] + options().prefix : report_.endpoint,
         .base_url_with_token = own_links ? report_.endpoint : "",
         .prefix_behind_proxy = follows_proxy ? std::optional(options().prefix) : std::nullopt});
    admin_.SetEndpoint(report_.endpoint);
    TRY(LoadIdentities(configuration_));
    const bool is_shared = !options().catalog_url.empty();
    TRY(follower_.Start(
        {.poll_interval = options().catalog_poll_interval,
         .max_stale = is_shared ? options().catalog_max_stale : std::chrono::milliseconds(0)}));
    // The catalog tells the regions of what was recorded before this start.
    if (shipper_ != nullptr) shipper_->Start();
    folder_tables_.Started();
    DescribeCatalog(*catalog_.Current());
    TRY(data_->WritePorts({.recipients = PortOf(addresses[kRecipients]),
                           .admin = PortOf(addresses[kAdmin]),
                           .files = has_file_listener ? PortOf(addresses[kFiles]) : 0}));
    health_.SetReady(true);
    log_->Info("listening", {{"endpoint", report_.endpoint},
                             {"admin", report_.admin_address},
                             {"shares", report_.share_count},
                             {"tables", report_.table_count}});
    return {};
  }

  const StartReport& report() const override { return report_; }

  std::chrono::milliseconds rescan_interval() const override { return options().rescan_interval; }

  void Rescan() override {
    follower_.FindFolderTables();
    if (sources_.folder.empty()) return;
    const std::size_t before = report_.table_count;
    if (!ReadShares(configuration_)) return;
    if (const auto loaded = LoadIdentities(configuration_); !loaded.ok()) return;
    if (report_.table_count != before) {
      log_->Info("folder changed", {{"tables", report_.table_count}, {"before", before}});
    }
  }

  void Reload() override {
    ReopenLogFile();  // first, and whatever becomes of the rest: the file may have been moved away
    reload_failed_ = !ReloadAll();
    folder_tables_.SearchSoon();
  }

  void Drain() override {
    health_.SetReady(false);
    log_->Info("draining", {{"connections", server_->open_connections()}});
    server_->Drain(options().drain_timeout);
    log_->Info("stopped");
  }

 private:
  const config::ServerOptions& options() const { return configuration_.options; }

  FolderTables::Dependencies FolderDependencies(storage::Stores& stores) {
    return {.stores = stores,
            .log = *log_,
            .shared = [this] { return follower_.folders(); },
            .changed = [this] { follower_.FindFolderTables(); }};
  }
  /// What is made from now on, is made with the newest key.
  void UseKeys(const crypto::KeyRing& keys) {
    tokens_.SetKeys(keys.DeriveKeys(kPageTokens));
    urls_.SetKeys(keys);
  }

  audit::Regions RegionsOf(std::string_view recipient, std::string_view share) const {
    const catalog::ViewPtr view = catalog_.Current();
    const auto read = view->FindShare(protocol::ShareName(std::string(share)));
    const auto reader = view->FindRecipient(recipient);
    return {.from = read == nullptr ? "" : read->traits().region,
            .to = reader == nullptr ? "" : reader->record.region};
  }

  Result<std::vector<std::string>> KeyFingerprints(bool rotates) {
    const crypto::KeyRing keys =
        TRY(rotates ? RotateMasterKeys(options(), *data_) : LoadMasterKeys(options(), *data_));
    if (rotates) UseKeys(keys);
    std::vector<std::string> fingerprints;
    for (const Secret& secret : keys.secrets()) {
      fingerprints.push_back(crypto::KeyRing::Fingerprint(secret));
    }
    return fingerprints;
  }

  catalog::Follower::Dependencies FollowerDependencies() {
    return {.store = *governance_.store,
            .catalog = catalog_,
            .clock = clock_,
            .log = *log_,
            .published = [this](const catalog::View& view) {
              quotas_.SetLimits(view.settings().quotas);
              authenticator_.TakeRules(view);
            }};
  }

  admin::AdminService::Dependencies AdminDependencies() {
    return {.store = *governance_.store,
            .follower = follower_,
            .catalog = catalog_,
            .clock = clock_,
            .metrics = metrics_,
            .journal = governance_.journal.get(),
            .check_table =
                [this](const std::string& location) {
                  return CheckTableAt(*stores_, location, options().allowed_roots);
                },
            .check_folder =
                [this](const std::string& location) { return folder_tables_.Check(location); },
            .keys = [this](bool rotates) { return KeyFingerprints(rotates); },
            .describe_table =
                [this](const std::string& location, const std::string& condition) {
                  return MeasureRead(*stores_, location, condition);
                },
            .prices = governance_.prices ? &*governance_.prices : nullptr,
            .find_token_endpoint =
                std::bind_front(&auth::IdentityProviders::TokenEndpointOf, &providers_)};
  }

  admin::AuditService::Dependencies AuditDependencies() {
    return {.records = governance_.records(),
            .store = *governance_.store,
            .journal = governance_.journal.get(),
            .prices = governance_.prices ? &*governance_.prices : nullptr,
            .node = governance_.node,
            .public_key = governance_.public_key,
            .catalog = &catalog_,
            .measure_table = [this](const std::string& location) -> Result<std::int64_t> {
              return TRY(MeasureRead(*stores_, location, "")).bytes;
            }};
  }

  bool ReloadAll() {
    auto loaded = config::LoadConfiguration(sources_);
    if (!loaded.ok()) {
      log_->Error("reload failed, the old configuration stays",
                  {{"error", loaded.error().ToString()}});
      return false;
    }
    if (!ReadShares(*loaded)) return false;
    if (const auto identities = LoadIdentities(*loaded); !identities.ok()) {
      log_->Error("reload failed, old recipients stay", {{"error", identities.error().ToString()}});
      return false;
    }
    if (const auto keys = LoadMasterKeys(options(), *data_); keys.ok()) {
      UseKeys(*keys);
    } else {
      log_->Error("reload failed, the old master keys stay", {{"error", keys.error().ToString()}});
      return false;
    }
    ReportFixedSettings(*loaded);
    if (tls_ != nullptr) {
      if (const auto certificate = tls_->Reload(); !certificate.ok()) {
        log_->Error("reloaded, but the old certificate stays",
                    {{"error", certificate.error().ToString()}});
        return false;
      }
    }
    log_->Info("reloaded", {{"shares", report_.share_count}, {"tables", report_.table_count}});
    return true;
  }

  void LogWarnings(const std::vector<std::string>& warnings) {
    if (warnings == known_warnings_) return;  // a rescan finds the same again
    for (const std::string& warning : warnings) log_->Warn("catalog", {{"warning", warning}});
    known_warnings_ = warnings;
  }

  void AddMonitoring() {
    const Monitored monitored{.catalog = catalog_,
                              .follower = follower_,
                              .governance = governance_,
                              .shipper = shipper_.get(),
                              .tables = tables_,
                              .stores = *stores_,
                              .clock = clock_,
                              .is_audit_required = options().audit == "required"};
    AddMetrics(monitored, metrics_);
    AddHealthParts(monitored, health_);
    health_.AddPart("configuration", [this]() -> PartHealth {
      if (!reload_failed_) return {};
      return {.state = PartHealth::State::kDegraded,
              .reason = "the last reload failed, what was in force stays; the log says why"};
    });
  }

  void AddSurfaces() {
    Surface recipients;
    recipients.Add("", kHealthRoutes, health_);
    recipients.Add(options().prefix, sharing::kSharingRoutes, service_);
    recipients.Add(options().prefix, sharing::kFileRoutes, service_);
    recipients.Add(options().prefix, admin::kActivationRoutes, admin_);
    recipients.Add(options().prefix, admin::kReceiptRoutes, audit_);
    const std::string own_address = options().prefix + std::string(auth::kOwnAddress);
    recipients.Add(own_address, auth::kSignInRoutes, sign_in_);
    recipients.Add(own_address, sharing::kSharingRoutes, service_, options().prefix);
    Surface owner;
    owner.Add("", kOwnerHealthRoutes, health_);
    owner.Add("", admin::kAdminRoutes, admin_);
    owner.Add("", admin::kAuditRoutes, audit_);
    owner.Add("", admin::kSqlRoutes, admin_);
    Surface files;
    files.Add("", kHealthRoutes, health_);
    files.Add(options().prefix, sharing::kFileRoutes, service_);
    for (const Surface* surface : {&recipients, &owner, &owner, &files})
      pipeline_.AddSurface(*surface);
  }

  Result<void> LoadIdentities(const Configuration& configuration) {
    OwnIdentities own = TRY(ReadOwnIdentities(sources_, configuration, *data_, report_.endpoint));
    report_.profile_path = own.profile_path;
    report_.endpoint_rewritten = own.is_endpoint_rewritten;
    report_.anonymous = own.is_anonymous;
    authenticator_.AllowAnonymous(own.is_anonymous);
    follower_.SetFile({.shares = file_shares_,
                       .recipients = {catalog::MakeRecipient(std::move(own.recipient),
                                                             /*reads_file_shares=*/true)},
                       .principals = {std::move(own.owner)}});
    DescribeCatalog(*catalog_.Current());
    return {};
  }

  bool ReadShares(const Configuration& configuration) {
    auto source = ReadCatalog(sources_, configuration);
    if (!source.ok()) {
      log_->Error("cannot read what is shared, the old shares stay",
                  {{"error", source.error().ToString()}});
      return false;
    }
    const auto checked = CheckStores(source->shares, serving_, *stores_);
    if (!checked.ok()) {
      log_->Error("the old shares stay", {{"error", checked.error().ToString()}});
      return false;
    }
    LogWarnings(source->warnings);
    file_shares_ = std::move(source->shares);
    return true;
  }

  void DescribeCatalog(const catalog::View& view) {
    report_.share_count = view.shares().size();
    report_.table_count = view.table_count();
    report_.example_table = FirstTable(view);
  }

  // The logger keeps its descriptor; what that stands for changes between two lines.
  void ReopenLogFile() {
    if (!log_file_.valid()) return;
    const auto file = OpenLogFile(options().log_file);
    if (!file.ok() || ::dup3(file->get(), log_file_.get(), O_CLOEXEC) < 0) {
      log_->Error("cannot open the log file again, the old one stays",
                  {{"file", options().log_file}});
    }
  }

  // Listeners, limits and the like are fixed at the start: say so rather than pretend.
  void ReportFixedSettings(const Configuration& loaded) {
    for (std::size_t i = 0; i < loaded.in_force.size() && i < configuration_.in_force.size(); ++i) {
      if (loaded.in_force[i].value == configuration_.in_force[i].value) continue;
      log_->Warn("setting takes effect at the next start", {{"setting", loaded.in_force[i].name}});
    }
    const bool have_stores = loaded.shares && configuration_.shares;
    if (have_stores && loaded.shares->stores != configuration_.shares->stores) {
      log_->Warn("setting takes effect at the next start", {{"setting", "stores"}});
    }
  }

  const ConfigurationSources sources_;
  const Configuration configuration_;  ///< As of the start.
  const std::unique_ptr<const Clock> clock_owner_;
  const Clock& clock_;
  const std::unique_ptr<observe::MetricRegistry> metrics_owner_;
  observe::MetricRegistry& metrics_;
  FileDescriptor log_file_;
  std::unique_ptr<observe::Logger> log_;
  std::unique_ptr<catalog::DataDirectory> data_;
  Health health_;
  std::atomic<bool> reload_failed_ = false;
  catalog::Catalog catalog_{catalog::View::Of({})};
  std::vector<catalog::SharePtr> file_shares_;
  const std::unique_ptr<http::Client> identity_client_;
  auth::IdentityProviders providers_;
  auth::TokenVerifier verifier_{providers_, clock_, {}};
  auth::SignIn sign_in_{catalog_, providers_};
  auth::Authenticator authenticator_{catalog_, clock_, &verifier_};
  const Governance governance_;
  audit::Quotas quotas_{clock_, *governance_.leases};
  FolderTables folder_tables_;
  catalog::Follower follower_;
  const std::unique_ptr<storage::Stores> stores_;
  const config::ServingTerms serving_;
  sharing::TableCache tables_;
  storage::FileUrlSigner urls_;
  crypto::TokenSealer tokens_;
  sharing::SharingService service_;
  admin::AdminService admin_;
  admin::AuditService audit_;
  const std::unique_ptr<audit::Shipper> shipper_;
  FailedSignIns failed_sign_ins_{
      governance_.journal.get(), clock_, {.per_minute = options().failed_sign_ins_per_minute}};
  Pipeline pipeline_;
  std::shared_ptr<http::TlsContext> tls_;
  std::unique_ptr<http::Server> server_;
  StartReport report_;
  std::vector<std::string> known_warnings_;
};

}  // namespace

Result<std::unique_ptr<App>> App::Start(const ConfigurationSources& sources) {
  auto app = std::make_unique<ComposedApp>(TRY(MakeParts(sources)));
  TRY(app->Listen());
  return std::unique_ptr<App>(std::move(app));
}

}  // namespace sluice::server
