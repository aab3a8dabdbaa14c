#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "audit/quota.h"
#include "auth/authenticator.h"
#include "base/result.h"
#include "catalog/share.h"
#include "expr/schema.h"
#include "table/metadata.h"
#include "table/snapshot.h"

namespace sluice::sharing {

/// What is about to be given to a recipient.
struct ReadPlan {
  const catalog::Share& share;
  const catalog::SharedTable& table;
  table::Version version;
  std::optional<table::Version> end_version = {};  ///< Of a range.
  const expr::Schema* schema = nullptr;            ///< Whose columns are shown; may be null.
  std::string predicate = {};                      ///< The hints as they were sent.
  std::optional<table::FileTotals> totals = {};
  std::string_view delivery = {};  ///< "url", "proxy" or "dir"
};

/// Writes what a plan tells into the caller's record, if there is one.
void Describe(const auth::Caller& caller, const ReadPlan& plan);

/// Errors: kInvalidArgument if the share asks what its data is read for and the caller did not say.
Result<void> CheckPurpose(const auth::Caller& caller, const catalog::Share& share);

/// The last step before links, credentials or rows: charges files and bytes, then makes the record
/// durable. `quotas` may be null. Errors: kResourceExhausted, kUnavailable.
Result<void> Admit(const auth::Caller& caller, const ReadPlan& plan, audit::Quotas* quotas);

}  // namespace sluice::sharing
