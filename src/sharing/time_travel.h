#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "catalog/view.h"
#include "table/history.h"

namespace sluice::sharing {

// Which versions a recipient may name, and which version a point in time means. Messages are the
// reference server's, since clients' own tests look at them.

/// Errors: kInvalidArgument "history sharing is not enabled on table: ...".
Result<void> CheckHistoryShared(const catalog::SharedTable& table);
/// The same for the change data feed: "cdf is not enabled on table ...".
Result<void> CheckChangesShared(const catalog::SharedTable& table);

/// Errors: kInvalidArgument "You can only query {what} since version N." for versions before the
/// owner's start version. `what` is "table data" or "table changes".
Result<void> CheckStartVersion(const catalog::SharedTable& table, table::Version version,
                               std::string_view what);

/// The version that was the latest at `time`. Errors: kInvalidArgument if `time` is before the
/// first commit that is there or after the last.
Result<table::Version> VersionAt(table::History& history, SystemTime time);
/// The first version of a range that begins, or the last of one that ends, at `time`. Errors as
/// above.
Result<table::Version> RangeStartAt(table::History& history, SystemTime time);
Result<table::Version> RangeEndAt(table::History& history, SystemTime time);
/// The first version committed at or after `time`, which may be before the table's beginning.
/// Errors: kInvalidArgument if all are earlier.
Result<table::Version> FirstVersionSince(table::History& history, SystemTime time);

}  // namespace sluice::sharing
