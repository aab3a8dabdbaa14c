// Queries of a range of versions, and the change data feed.

#include <algorithm>
#include <string>
#include <utility>

#include "protocol/features.h"
#include "sharing/commit_range.h"
#include "sharing/service.h"
#include "sharing/time_travel.h"

namespace sluice::sharing {
namespace {

Result<void> CheckOrder(table::Version start, table::Version end, table::Version latest) {
  if (start > latest) {
    return InvalidArgument(
        "Start version cannot be greater than the latest version of the table({}): {}", latest,
        start);
  }
  if (end < start)
    return InvalidArgument("End cannot be before start: {} is before {}", end, start);
  return {};
}

Result<void> CheckStillThere(const table::History& history, table::Version start) {
  if (start >= history.earliest()) return {};
  return InvalidArgument(
      "version {} is before the earliest available version {}: the commits before that have been "
      "cleaned up",
      start, history.earliest());
}

std::string Optional(std::string_view name, const std::optional<table::Version>& version) {
  return version ? Format(" {} {}", name, *version) : std::string();
}
std::string Optional(std::string_view name, const std::optional<SystemTime>& time) {
  return time ? Format(" {} {}", name, UnixMillis(*time)) : std::string();
}

}  // namespace

struct SharingService::RangeTerms {
  RangeRequest::Kind kind = RangeRequest::Kind::kFiles;
  bool historical_metadata = false;
  bool historical_protocol = false;
  std::optional<std::int32_t> max_files;
  std::optional<std::string> page_token;
  std::string parameters;  ///< What must be the same for all pages.
};

// The versions of a range, found at its first page and the same for all.
struct SharingService::RangeBounds {
  table::Version start;
  table::Version end;
  table::Version latest;

  static constexpr std::size_t kNumbers = 7;

  static RangeBounds Read(const std::vector<std::int64_t>& numbers) {
    return {.start = table::Version(numbers[0]),
            .end = table::Version(numbers[1]),
            .latest = table::Version(numbers[2])};
  }
  static RangePosition ReadPosition(const std::vector<std::int64_t>& numbers) {
    return {.commit = table::Version(numbers[3]),
            .files = static_cast<std::size_t>(numbers[4]),
            .metadata_since = table::Version(numbers[5]),
            .protocol_since = table::Version(numbers[6])};
  }
  std::vector<std::int64_t> Numbers(const RangePosition& next) const {
    return {start.value(),
            end.value(),
            latest.value(),
            next.commit.value(),
            static_cast<std::int64_t>(next.files),
            next.metadata_since.value(),
            next.protocol_since.value()};
  }
  RangePosition Begin() const {
    return {.commit = start, .files = 0, .metadata_since = start, .protocol_since = start};
  }
};

Result<SharingService::RangeBounds> SharingService::QueryBounds(const GrantedTable& table,
                                                                const protocol::QueryBody& body) {
  const LatestSnapshot latest = TRY(LatestOf(table));
  RangeBounds bounds{.start = *body.starting_version, .latest = latest.snapshot->version()};
  bounds.end = body.ending_version.value_or(bounds.latest);
  TRY(CheckOrder(bounds.start, bounds.end, bounds.latest));
  if (bounds.end > bounds.latest) {
    return InvalidArgument(
        "End version cannot be greater than the latest version of the table({}): {}", bounds.latest,
        bounds.end);
  }
  return bounds;
}

Result<SharingService::RangeBounds> SharingService::ChangesBounds(
    const GrantedTable& table, table::History& history,
    const protocol::TableChangesRequest& request) {
  const LatestSnapshot latest = TRY(LatestOf(table));
  RangeBounds bounds{.latest = latest.snapshot->version()};
  bounds.start = request.starting_version ? *request.starting_version
                                          : TRY(RangeStartAt(history, *request.starting_timestamp));
  bounds.end = bounds.latest;
  if (request.ending_version) bounds.end = *request.ending_version;
  if (request.ending_timestamp) bounds.end = TRY(RangeEndAt(history, *request.ending_timestamp));
  TRY(CheckOrder(bounds.start, bounds.end, bounds.latest));
  bounds.end = std::min(bounds.end, bounds.latest);
  return bounds;
}

Result<TableAnswer> SharingService::QueryRange(const GrantedTable& table, const Asker& asker,
                                               const protocol::QueryBody& body) {
  TRY(CheckHistoryShared(*table.shared));
  TRY(CheckStartVersion(*table.shared, *body.starting_version, "table data"));
  const auto history = TRY(dependencies_.tables.OpenHistory(table.shared->location));
  const RangeTerms terms{
      .kind = RangeRequest::Kind::kFiles,
      .historical_metadata = true,
      .historical_protocol = body.include_historical_protocol,
      .max_files = body.max_files,
      .page_token = body.page_token,
      .parameters = Format("range{}{} {}", Optional("from", body.starting_version),
                           Optional("to", body.ending_version), body.include_historical_protocol)};
  if (body.page_token) return ContinueRange(table, asker, history, terms);
  const RangeBounds bounds = TRY(QueryBounds(table, body));
  return AnswerRange(table, asker, history, terms, bounds, bounds.Begin());
}

Result<TableAnswer> SharingService::ReadChanges(const auth::Caller& caller,
                                                const protocol::TableChangesRequest& request,
                                                std::string_view forwarded_origin) {
  const GrantedTable table = TRY(Grant(caller, request.table));
  TRY(CheckChangesShared(*table.shared));
  const Asker asker{.caller = caller,
                    .capabilities = request.capabilities,
                    .id_hash = request.file_id_hash,
                    .forwarded_origin = forwarded_origin};
  const auto history = TRY(dependencies_.tables.OpenHistory(table.shared->location));
  const RangeTerms terms{
      .kind = RangeRequest::Kind::kChanges,
      .historical_metadata = request.include_historical_metadata,
      .historical_protocol = request.include_historical_protocol,
      .max_files = request.max_files,
      .page_token = request.page_token,
      .parameters = Format(
          "changes{}{}{}{} {} {}", Optional("from", request.starting_version),
          Optional("since", request.starting_timestamp), Optional("to", request.ending_version),
          Optional("until", request.ending_timestamp), request.include_historical_metadata,
          request.include_historical_protocol)};
  if (request.page_token) return ContinueRange(table, asker, history, terms);
  const RangeBounds bounds = TRY(ChangesBounds(table, *history, request));
  TRY(CheckStartVersion(*table.shared, bounds.start, "table changes"));
  return AnswerRange(table, asker, history, terms, bounds, bounds.Begin());
}

Result<TableAnswer> SharingService::ContinueRange(const GrantedTable& table, const Asker& asker,
                                                  const table::HistoryPtr& history,
                                                  const RangeTerms& terms) {
  const auto numbers =
      TRY(OpenNumbers(dependencies_.tokens, PageScope(table, asker, terms.parameters),
                      *terms.page_token, RangeBounds::kNumbers));
  const RangeBounds bounds = RangeBounds::Read(numbers);
  TRY(CheckStartVersion(*table.shared, bounds.start, "table data"));
  return AnswerRange(table, asker, history, terms, bounds, RangeBounds::ReadPosition(numbers));
}

Result<TableAnswer> SharingService::AnswerRange(const GrantedTable& table, const Asker& asker,
                                                const table::HistoryPtr& history,
                                                const RangeTerms& terms, const RangeBounds& bounds,
                                                const RangePosition& position) {
  audit::Quotas::Permit permit = TRY(AdmitQuery(asker.caller, table));
  TRY(CheckStillThere(*history, bounds.start));
  TableCache& tables = dependencies_.tables;
  const std::string& location = table.shared->location;
  const table::SnapshotPtr start = TRY(tables.At(location, bounds.start));
  const table::SnapshotPtr latest = TRY(tables.At(location, bounds.latest));
  const table::SnapshotPtr end = TRY(tables.At(location, bounds.end));
  const protocol::ResponseFormat format = TRY(FormatOfRange(asker, *start, *end));
  const RangeRequest request{.kind = terms.kind,
                             .start = bounds.start,
                             .end = bounds.end,
                             .historical_metadata = terms.historical_metadata,
                             .historical_protocol = terms.historical_protocol,
                             .format = format,
                             .capabilities = asker.capabilities,
                             .max_files = PageSize(terms.max_files)};
  RangeLines range = TRY(ReadRange(*history, start, request, position, RootsOf(table)));

  // The feed's rows are read with the latest schema unless each version's own was asked for.
  const bool is_feed = terms.kind == RangeRequest::Kind::kChanges;
  const table::Snapshot& head = is_feed && !terms.historical_metadata ? *latest : *start;
  protocol::HeadOptions options{
      .format = format, .history_shared = true, .metadata_version = head.version()};
  if (terms.historical_protocol) options.protocol_version = head.version();
  LineContext context = TRY(ContextOf(table, asker, format));
  TableAnswer answer{.version = bounds.start,
                     .format = format,
                     .id_hash = asker.id_hash,
                     .head_lines = protocol::RenderHeadLines(head, options),
                     .permit = std::move(permit)};
  if (asker.capabilities.include_end_stream_action || terms.max_files) {
    answer.end = protocol::EndStreamAction{.min_url_expires_at = context.links->expires_at()};
  }
  std::optional<std::string> next;
  if (range.next) {
    next = TRY(SealNumbers(dependencies_.tokens, PageScope(table, asker, terms.parameters),
                           bounds.Numbers(*range.next), options_.page_token_lifetime));
  }
  const ReadPlan plan{.share = *table.share,
                      .table = *table.shared,
                      .version = bounds.start,
                      .end_version = bounds.end,
                      .schema = &head.metadata().schema,
                      .totals = range.totals,
                      .delivery = context.links->delivery()};
  TRY(Admit(asker.caller, plan, dependencies_.quotas));
  answer.files = CommitLines(history, std::move(range.parts), std::move(context), std::move(next));
  return answer;
}

Result<protocol::ResponseFormat> SharingService::FormatOfRange(const Asker& asker,
                                                               const table::Snapshot& start,
                                                               const table::Snapshot& end) {
  protocol::ReadingNeeds needs;
  for (const table::Snapshot* snapshot : {&start, &end}) {
    protocol::ReadingNeeds more = protocol::NeedsOf(snapshot->protocol(), snapshot->metadata(),
                                                    snapshot->HasDeletionVectors());
    needs.needs_delta |= more.needs_delta;
    needs.features.insert(needs.features.end(), more.features.begin(), more.features.end());
  }
  return protocol::ChooseFormat(asker.capabilities, needs);
}

}  // namespace sluice::sharing
