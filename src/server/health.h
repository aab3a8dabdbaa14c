#pragma once

#include <atomic>

#include "auth/route.h"

namespace sluice::server {

/// Whether the process lives, and whether it should be sent requests. Thread-safe.
class Health {
 public:
  void SetReady(bool ready) { ready_ = ready; }
  bool ready() const { return ready_; }

 private:
  std::atomic<bool> ready_ = false;
};

/// `/healthz` and `/readyz`, served by both listeners.
extern const auth::Route<Health> kHealthRoutes[2];

}  // namespace sluice::server
