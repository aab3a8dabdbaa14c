#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "server/serve.h"

namespace sluice::observe {
class Logger;
}

namespace sluice::server {

/// A whole server: every object of it, wired. Only this file knows all modules.
class App {
 public:
  /// Reads the configuration, opens the data directory, binds the listeners and begins to serve.
  static Result<std::unique_ptr<App>> Start(const config::ConfigurationSources& sources);
  virtual ~App() = default;

  virtual const StartReport& report() const = 0;
  /// How often to look for new tables; zero: never.
  virtual std::chrono::milliseconds rescan_interval() const = 0;
  /// Reads the folder again. Faults are logged, and what was in force stays.
  virtual void Rescan() = 0;
  /// Reads configuration, folder and certificate again, likewise.
  virtual void Reload() = 0;
  /// Lets requests in progress end.
  virtual void Drain() = 0;
};

}  // namespace sluice::server
