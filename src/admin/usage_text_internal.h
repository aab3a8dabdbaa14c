#pragma once

#include <string>

#include "audit/usage.h"

namespace sluice::admin {

/// {"items":[{"day":"2026-11-21","recipient":...,"requests":1,...},...]}
std::string FormatUsageJson(const audit::Usage& usage);
/// The same with a head. RFC 4180: CRLF, quotes where needed; a text that a spreadsheet would take
/// for a formula begins with a quote sign.
std::string FormatUsageCsv(const audit::Usage& usage);

}  // namespace sluice::admin
