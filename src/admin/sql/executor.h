#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "admin/service.h"
#include "admin/sql/statement.h"
#include "auth/authenticator.h"
#include "base/result.h"

namespace sluice::admin::sql {

/// What one statement came to: a message, or a table if there are columns.
struct StatementResult {
  Position at;
  std::string message;
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;  ///< Each as long as `columns`; empty text: nothing.
};

struct ExecutionOptions {
  bool skip_queries = false;  ///< Passes over SELECT and WITH rather than refuse them.
  std::string as_recipient;   ///< Who makes and drops databases; empty: the only one that can.
};

struct Execution {
  std::vector<StatementResult> results;  ///< Of the statements that were done, in their order.
  /// Why the next one was not, beginning with its place and ending with how many were done.
  std::optional<Error> fault;
};

/// All results together; past it kTooLarge.
inline constexpr std::size_t kMaxResultBytes = 32U << 20;

/// Runs statements one after the other, each a transaction of its own, until one fails; what was
/// done before stays done. They do what the methods of the service do that owners reach otherwise.
///
/// `database` in a statement is the name of a location root or of a managed share that the caller
/// may use: `d.s.t` is the table at ROOT/s/t, or where that share has it. GRANT USAGE is checked
/// and records nothing; REVOKE takes out of a share whatever lies there.
///
/// Errors: those of the service, and kUnsupported for a query.
Execution Execute(std::span<const Statement> statements, const auth::Caller& caller,
                  AdminService& service, const ExecutionOptions& options);

}  // namespace sluice::admin::sql
