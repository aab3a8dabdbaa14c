#pragma once

#include <memory>

#include "base/clock.h"
#include "observe/log.h"
#include "observe/log_format.h"

namespace sluice::observe {

struct StreamLoggerOptions {
  int fd = 2;  ///< Stays the caller's. Standard error unless told otherwise.
  LogLevel min_level = LogLevel::kInfo;
  LogFormat format = LogFormat::kText;
};

/// Writes lines to a file descriptor from a thread of its own. A line of level warn or error is
/// written at once, others within 200 ms, all of them before the destructor returns. Callers wait,
/// rather than lose a line, when a megabyte is still to be written. What the descriptor refuses
/// is dropped. `clock` must outlive the logger.
std::unique_ptr<Logger> NewStreamLogger(const StreamLoggerOptions& options, const Clock& clock);

}  // namespace sluice::observe
