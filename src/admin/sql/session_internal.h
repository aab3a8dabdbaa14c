#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admin/service.h"
#include "admin/sql/executor.h"
#include "admin/sql/parser.h"
#include "base/encoding.h"

namespace sluice::admin::sql {

/// What statements run with.
struct Session {
  const auth::Caller& caller;
  AdminService& service;
  const ExecutionOptions& options;

  catalog::ViewPtr view() const { return service.dependencies().catalog.Current(); }
  SystemTime now() const { return service.dependencies().clock.Now(); }
};

/// The error, if there is one, with its place in the text.
template <typename T>
Result<T> Placed(const Position& at, Result<T> result) {
  if (result.ok()) return result;
  return AtPosition(at, std::move(result).error());
}

template <typename... Args>
StatementResult Done(FormatString<Args...> pattern, Args&&... args) {
  StatementResult result;
  result.message = Format(pattern, std::forward<Args>(args)...);
  return result;
}

/// Whether the share is there, though perhaps another's.
bool IsShare(const Session& session, std::string_view name);
/// The name of the share or recipient meant by "name" or "account.name": the whole text if there
/// is one called so, else what stands behind the dot. An account says nothing here.
std::string ShareNamed(const Session& session, const QualifiedName& name);
std::string RecipientNamed(const Session& session, const QualifiedName& name);

// Each runs one kind of statement. Errors have their place.
Result<StatementResult> Run(const Session& session, const CreateShare& create);
Result<StatementResult> Run(const Session& session, const AlterShare& alter);
Result<StatementResult> Run(const Session& session, const DropShare& drop);
Result<StatementResult> Run(const Session& session, const ShowShares& show);
Result<StatementResult> Run(const Session& session, const DescribeShare& describe);
Result<StatementResult> Run(const Session& session, const ShowAllInShare& show);
Result<StatementResult> Run(const Session& session, const ShowGrantsOnShare& show);
Result<StatementResult> Run(const Session& session, const CreateRecipient& create);
Result<StatementResult> Run(const Session& session, const AlterRecipient& alter);
Result<StatementResult> Run(const Session& session, const DropRecipient& drop);
Result<StatementResult> Run(const Session& session, const ShowRecipients& show);
Result<StatementResult> Run(const Session& session, const DescribeRecipient& describe);
Result<StatementResult> Run(const Session& session, const ShowGrantsToRecipient& show);
Result<StatementResult> Run(const Session& session, const GrantShare& grant);
Result<StatementResult> Run(const Session& session, const RevokeShare& revoke);
Result<StatementResult> Run(const Session& session, const GrantToShare& grant);
Result<StatementResult> Run(const Session& session, const RevokeFromShare& revoke);
Result<StatementResult> Run(const Session& session, const CreateDatabase& create);
Result<StatementResult> Run(const Session& session, const DropDatabase& drop);
Result<StatementResult> Run(const Session& session, const ExplainCost& explain);

// Parts of ALTER SHARE.
Result<StatementResult> AddToShare(const Session& session, const Name& share,
                                   const AddObject& added);
Result<StatementResult> RemoveFromShare(const Session& session, const Name& share,
                                        const RemoveObject& removed);

}  // namespace sluice::admin::sql
