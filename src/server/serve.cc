#include "server/serve.h"

#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "server/compose.h"
#include "server/service_manager.h"
#include "server/stores.h"
#include "sharing/servable.h"
#include "storage/location.h"

namespace sluice::server {
namespace {

sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);  // a client that leaves is an error code, not the end
  return signals;
}

// Memory holds keys and tokens. Of one byte, since 0 would still hand a core to a program that
// collects them: core(5), and fs/coredump.c of Linux.
void ForbidCoreFiles() {
  constexpr rlimit kOneByte{.rlim_cur = 1, .rlim_max = 1};
  ::setrlimit(RLIMIT_CORE, &kOneByte);
}

// The next signal, or 0 when `wait` has passed. A zero wait is for ever.
int NextSignal(const sigset_t& signals, std::chrono::milliseconds wait) {
  timespec timeout{};
  timeout.tv_sec = wait.count() / 1000;
  timeout.tv_nsec = wait.count() % 1000 * 1'000'000;
  while (true) {
    const int signal = wait.count() == 0 ? sigwaitinfo(&signals, nullptr)
                                         : sigtimedwait(&signals, nullptr, &timeout);
    if (signal > 0) return signal;
    if (errno == EAGAIN) return 0;
  }
}

}  // namespace

Result<void> Serve(const ServeRequest& request) {
  ForbidCoreFiles();
  const sigset_t signals = BlockSignals();
  const std::unique_ptr<App> app = TRY(App::Start(request.sources));
  if (request.on_listening) request.on_listening(app->report());
  TellServiceManager("READY=1");
  while (true) {
    switch (NextSignal(signals, app->rescan_interval())) {
      case 0: app->Rescan(); break;
      case SIGHUP: app->Reload(); break;
      default:
        TellServiceManager("STOPPING=1");
        app->Drain();
        return {};
    }
  }
}

Result<TableReport> CheckTable(const config::Configuration& configuration,
                               const std::string& location_text) {
  const storage::Location location = TRY(storage::ParseLocation(location_text, "/"));
  TableReport report{.location = location.path};
  const SystemClock clock;
  const auto stores = TRY(OpenStores(configuration, clock));
  const auto table = OpenTable(*stores, location_text);
  if (!table.ok() && table.error().code != ErrorCode::kNotImplemented) return table.error();
  if (!table.ok()) {
    report.reason = table.error().message;
    return report;
  }
  const auto latest = (*table)->Latest();
  if (!latest.ok() && latest.error().code != ErrorCode::kUnsupported) return latest.error();
  if (!latest.ok()) {
    report.reason = latest.error().message;
    return report;
  }
  const table::Snapshot& snapshot = **latest;
  const auto servable = sharing::CheckServable(
      snapshot, {.root = location.path, .allowed_roots = configuration.options.allowed_roots});
  report.can_be_served = servable.ok();
  if (!servable.ok()) report.reason = servable.error().message;
  report.version = snapshot.version().value();
  report.min_reader_version = snapshot.protocol().min_reader_version;
  if (snapshot.protocol().reader_features)
    report.reader_features = *snapshot.protocol().reader_features;
  report.file_count = static_cast<std::int64_t>(snapshot.file_count());
  report.size_bytes = snapshot.total_bytes();
  return report;
}

}  // namespace sluice::server
