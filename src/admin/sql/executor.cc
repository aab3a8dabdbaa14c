#include "admin/sql/executor.h"

#include <type_traits>
#include <utility>
#include <variant>

#include "admin/access_internal.h"
#include "admin/sql/session_internal.h"
#include "audit/cost_format.h"

namespace sluice::admin::sql {
namespace {

template <typename T, typename... Others>
constexpr bool kIsOneOf = (std::is_same_v<T, Others> || ...);

/// What auditors may run too.
template <typename T>
constexpr bool kOnlyLooks =
    kIsOneOf<T, ShowShares, DescribeShare, ShowAllInShare, ShowGrantsOnShare, ShowRecipients,
             DescribeRecipient, ShowGrantsToRecipient, ExplainCost, Query>;

Result<StatementResult> RunStatement(const Session& session, const Statement& statement) {
  const auto run = [&](const auto& action) -> Result<StatementResult> {
    using T = std::decay_t<decltype(action)>;
    if constexpr (std::is_same_v<T, Query>) {
      if (session.options.skip_queries) return Done("query passed over");
      return AtPosition(statement.at, Unsupported("this surface changes and shows shares; reading "
                                                  "them is what `sluice query` does (it can be "
                                                  "passed over with --skip-queries)"));
    } else {
      if constexpr (!kOnlyLooks<T>) {
        TRY(Placed(statement.at, RequireRole(session.caller, catalog::Role::kShareOwner)));
      }
      return Run(session, action);
    }
  };
  StatementResult result = TRY(std::visit(run, statement.action));
  result.at = statement.at;
  return result;
}

std::size_t BytesOf(const StatementResult& result) {
  std::size_t bytes = sizeof(StatementResult) + result.message.size();
  for (const auto& row : result.rows) {
    for (const std::string& cell : row) bytes += sizeof(std::string) + cell.size();
  }
  return bytes;
}

Error WithCount(Error error, std::size_t done) {
  if (done > 0) {
    error.message += Format("; {} {} before it {} done", done,
                            done == 1 ? "statement" : "statements", done == 1 ? "was" : "were");
  }
  return error;
}

}  // namespace

Execution Execute(std::span<const Statement> statements, const auth::Caller& caller,
                  AdminService& service, const ExecutionOptions& options) {
  const Session session{.caller = caller, .service = service, .options = options};
  Execution execution;
  if (statements.empty()) return execution;
  // Names are looked up in this node's view, which may not have what another node just did.
  if (const auto fresh = service.dependencies().follower.Refresh(); !fresh.ok()) {
    execution.fault = AtPosition(statements.front().at, fresh.error());
    return execution;
  }
  std::size_t bytes = 0;
  for (const Statement& statement : statements) {
    auto result = RunStatement(session, statement);
    if (result.ok()) {
      bytes += BytesOf(*result);
      if (bytes > kMaxResultBytes) {
        result = AtPosition(statement.at, TooLarge("more than {} bytes of answers: run fewer "
                                                   "statements at once",
                                                   kMaxResultBytes));
      }
    }
    if (!result.ok()) {
      execution.fault = WithCount(std::move(result).error(), execution.results.size());
      return execution;
    }
    execution.results.push_back(std::move(result).value());
  }
  return execution;
}

bool IsShare(const Session& session, std::string_view name) {
  if (session.view()->FindShare(protocol::ShareName(std::string(name))) != nullptr) return true;
  // A managed share that cannot be shown is in no view.
  return session.service.GetShare(session.caller, name).ok();
}

std::string ShareNamed(const Session& session, const QualifiedName& name) {
  const std::string whole = name.ToString();
  return IsShare(session, whole) ? whole : name.parts.back().text;
}

std::string RecipientNamed(const Session& session, const QualifiedName& name) {
  const std::string whole = name.ToString();
  return session.view()->FindRecipient(whole) != nullptr ? whole : name.parts.back().text;
}

Result<StatementResult> Run(const Session& session, const ExplainCost& explain) {
  const auto& parts = explain.table.parts;
  const AdminService::CostRequest request{
      .table = {protocol::ShareName(parts[0].text), protocol::SchemaName(parts[1].text),
                protocol::TableName(parts[2].text)},
      .recipient = explain.recipient ? explain.recipient->text : std::string(),
      .condition = explain.condition};
  const bool is_unknown =
      explain.recipient && session.view()->FindRecipient(request.recipient) == nullptr;
  const Position& at = is_unknown ? explain.recipient->at : explain.table.at();
  const auto cost = TRY(Placed(at, session.service.ExplainCost(session.caller, request)));
  StatementResult result{.columns = {"table", "files", "bytes"}};
  result.rows = {
      {explain.table.ToString(), std::to_string(cost.size.files), std::to_string(cost.size.bytes)}};
  if (cost.report) {
    result.columns.insert(result.columns.end(), {"cost", "currency"});
    result.rows[0].push_back(audit::FormatMoney(cost.report->total_micros));
    result.rows[0].push_back(cost.report->currency);
  }
  return result;
}

}  // namespace sluice::admin::sql
