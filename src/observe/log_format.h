#pragma once

#include <string>

#include "base/clock.h"
#include "observe/log.h"

namespace sluice::observe {

enum class LogFormat : std::uint8_t { kText, kJson };

/// Appends one line with its '\n'. Text:
///   2026-11-21T10:00:00.123Z info request method=GET path=/shares status=200
/// JSON:
///   {"time":"2026-11-21T10:00:00.123Z","level":"info","event":"request","method":"GET",...}
/// A value that is more than plain visible ASCII is quoted as in JSON, with everything escaped that
/// could start a line, steer a terminal or reorder the text. Values are cut at 4,096 bytes.
void AppendLogLine(const LogRecord& record, SystemTime time, LogFormat format, std::string& out);

}  // namespace sluice::observe
