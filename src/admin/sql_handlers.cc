#include "admin/sql_handlers.h"

#include <string>
#include <utility>

#include "admin/json_answer_internal.h"
#include "admin/json_fields_internal.h"
#include "admin/sql/executor.h"
#include "admin/sql/parser.h"
#include "protocol/error.h"

namespace sluice::admin {
namespace {

json::array ArrayOf(const std::vector<std::string>& texts) {
  json::array array;
  for (const std::string& text : texts) array.emplace_back(text);
  return array;
}

json::object ResultJson(const sql::StatementResult& result) {
  json::object out = {{"line", result.at.line}, {"column", result.at.column}};
  if (result.columns.empty()) {
    out["message"] = result.message;
    return out;
  }
  out["columns"] = ArrayOf(result.columns);
  json::array rows;
  for (const auto& row : result.rows) rows.emplace_back(ArrayOf(row));
  out["rows"] = std::move(rows);
  return out;
}

// Names that are not there and rights that are missing are faults of the text here, and not of the
// route: a 404 would say that there is no SQL.
Result<http::Response> AnswerFault(const Error& error, std::size_t done) {
  const int status = protocol::HttpStatus(error.code);
  if (status >= 500 || status == 429) return error;
  return Answer(400, json::object{{"errorCode", protocol::WireErrorCode(error)},
                                  {"message", error.message},
                                  {"statementsDone", done}});
}

Result<http::Response> RunSql(const http::Request& http, const auth::Caller& caller,
                              AdminService& service) {
  const json::object body = TRY(BodyOf(http));
  JsonFields fields(body);
  sql::ExecutionOptions options;
  TRY(fields.Read("skipQueries", options.skip_queries));
  TRY(fields.Read("recipient", options.as_recipient));
  const json::value* const text = fields.Take("sql");
  TRY(fields.CheckAllRead());
  if (text == nullptr || !text->is_string()) return InvalidArgument("sql: expected a text");
  const auto statements = sql::ParseSql(text->as_string());
  if (!statements.ok()) return AnswerFault(statements.error(), 0);
  const sql::Execution execution = sql::Execute(*statements, caller, service, options);
  if (execution.fault) return AnswerFault(*execution.fault, execution.results.size());
  json::array results;
  for (const sql::StatementResult& result : execution.results) {
    results.emplace_back(ResultJson(result));
  }
  return Answer(200, json::object{{"results", std::move(results)}});
}

}  // namespace

const auth::Route<AdminService> kSqlRoutes[1] = {
    {"POST", "/api/v1/sql", auth::Who::kOwner, http::Execution::kWorker, RunSql},
};

}  // namespace sluice::admin
