#pragma once

#include <string>

#include "base/clock.h"

namespace sluice::storage::azure {

/// Appends "Sat, 21 Nov 2026 10:00:00 GMT" (RFC 9110, section 5.6.7), rounded down.
void AppendHttpDate(SystemTime time, std::string& out);

/// Appends "2026-11-21T10:00:00Z", rounded down: the form of the times that are signed.
void AppendUtcSeconds(SystemTime time, std::string& out);

}  // namespace sluice::storage::azure
