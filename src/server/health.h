#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "auth/route.h"

namespace sluice::server {

/// How a part of the server is. A part that is degraded leaves the server ready: it does its work,
/// or another does it instead. One that is failing makes it unready.
struct PartHealth {
  enum class State : std::uint8_t { kOk, kDegraded, kFailing };
  State state = State::kOk;
  std::string reason;  ///< For the owner; empty if all is well.
};

/// Whether the process lives, and whether it should be sent requests. Thread-safe, but for AddPart.
class Health {
 public:
  using AskPart = std::function<PartHealth()>;

  void SetReady(bool ready) { takes_requests_ = ready; }
  /// Before the start only. `ask` only reads memory, and is thread-safe.
  void AddPart(std::string name, AskPart ask);

  /// What a stranger may know: "ready", "stopping" (or not started yet) or "failing".
  std::string status() const;
  /// For the owner:
  ///   {"status":"ready","parts":{"configuration":"ok","certificate":"degraded: it ends in 3
  ///   days"}}
  std::string Describe() const;

 private:
  std::string StatusOf(const std::vector<PartHealth>& parts) const;
  std::vector<PartHealth> AskParts() const;

  std::atomic<bool> takes_requests_ = false;
  std::vector<std::pair<std::string, AskPart>> parts_;
};

/// `/healthz` and `/readyz`: status and no more, for everybody.
extern const auth::Route<Health> kHealthRoutes[2];
/// The same for the owner's listeners: `/readyz` names the parts, to the owner and this machine.
extern const auth::Route<Health> kOwnerHealthRoutes[2];

}  // namespace sluice::server
