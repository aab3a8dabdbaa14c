// Queries of one version of a table.

#include <string>
#include <utility>

#include "base/json.h"
#include "crypto/hash.h"
#include "expr/predicate.h"
#include "protocol/features.h"
#include "sharing/servable.h"
#include "sharing/service.h"
#include "sharing/time_travel.h"

namespace sluice::sharing {
namespace {

constexpr std::string_view kPageNoun = "page token";
constexpr std::string_view kRefreshNoun = "refresh token";
constexpr std::int64_t kNoCheckpoint = -1;

// What hints say, as far as they are understood: the rest filters nothing.
std::vector<expr::Predicate> ParseHints(const protocol::QueryBody& query,
                                        const expr::Schema& schema) {
  std::vector<expr::Predicate> predicates;
  if (!query.predicate_hints.empty()) {
    predicates.push_back(expr::ParseSqlHints(query.predicate_hints, schema));
  }
  if (query.json_predicate_hints) {
    auto predicate = expr::ParseJsonHint(*query.json_predicate_hints, schema);
    if (predicate.ok()) predicates.push_back(std::move(predicate).value());
  }
  return predicates;
}

// The hints as they were sent, for the record.
std::string HintsOf(const protocol::QueryBody& body) {
  std::string text;
  for (const std::string& hint : body.predicate_hints) text += (text.empty() ? "" : " and ") + hint;
  if (body.json_predicate_hints) text += (text.empty() ? "" : " and ") + *body.json_predicate_hints;
  if (body.limit_hint) text += Format("{}limit {}", text.empty() ? "" : " ", *body.limit_hint);
  return text;
}

// What must be the same for all pages of a query.
std::string ParametersOf(const protocol::QueryBody& body) {
  std::string text;
  for (const std::string& hint : body.predicate_hints) text += JsonString(hint);
  text += JsonString(body.json_predicate_hints.value_or(""));
  text += body.limit_hint ? Format(" limit {}", *body.limit_hint) : "";
  text += body.version ? Format(" version {}", *body.version) : "";
  text += body.timestamp ? Format(" timestamp {}", UnixMillis(*body.timestamp)) : "";
  return text;
}

// Tells a table from another that took its place.
std::int64_t IdentityOf(const table::Snapshot& snapshot) {
  std::int64_t identity = 0;
  constexpr std::size_t kBytes = 6;
  const crypto::Sha256Digest digest = crypto::Sha256(snapshot.metadata().id);
  for (std::size_t i = 0; i < kBytes; ++i) identity = identity << 8 | digest[i];
  return identity;
}

}  // namespace

// The snapshot that a page or a refreshed answer is about, in numbers.
struct SharingService::Pin {
  static constexpr std::size_t kNumbers = 3;

  table::Version version;
  table::Layout layout;
  std::int64_t identity = 0;

  static Pin Of(const table::Snapshot& snapshot) {
    return {.version = snapshot.version(),
            .layout = snapshot.layout(),
            .identity = IdentityOf(snapshot)};
  }
  static Pin Read(const std::vector<std::int64_t>& numbers) {
    Pin pin{.version = table::Version(numbers[0]), .identity = numbers[2]};
    if (numbers[1] != kNoCheckpoint) pin.layout.checkpoint = table::Version(numbers[1]);
    return pin;
  }
  std::vector<std::int64_t> Numbers() const {
    const std::int64_t checkpoint = layout.checkpoint ? layout.checkpoint->value() : kNoCheckpoint;
    return {version.value(), checkpoint, identity};
  }
};

TokenScope SharingService::PageScope(const GrantedTable& table, const Asker& asker,
                                     std::string parameters) const {
  return {.kind = "page",
          .noun = kPageNoun,
          .recipient = asker.caller.recipient,
          .table = table.shared->ref,
          .parameters = std::move(parameters)};
}

TokenScope SharingService::RefreshScope(const GrantedTable& table, const Asker& asker) const {
  return {.kind = "refresh",
          .noun = kRefreshNoun,
          .recipient = asker.caller.recipient,
          .table = table.shared->ref,
          .parameters = {}};
}

Result<table::SnapshotPtr> SharingService::PinnedSnapshot(const GrantedTable& table, const Pin& pin,
                                                          std::string_view noun) {
  table::SnapshotPtr snapshot =
      TRY(dependencies_.tables.At(table.shared->location, pin.version, pin.layout));
  if (IdentityOf(*snapshot) != pin.identity) {
    return InvalidArgument("The {} does not match the table", noun);
  }
  TRY(CheckServable(*snapshot, RootsOf(table)));
  return snapshot;
}

Result<SharingService::QueryStart> SharingService::StartQuery(const GrantedTable& table,
                                                              const Asker& asker,
                                                              const protocol::QueryBody& body) {
  const VersionChoice choice{.version = body.version, .timestamp = body.timestamp};
  if (!choice.is_latest()) TRY(CheckHistoryShared(*table.shared));
  QueryStart start;
  if (body.page_token) {
    const TokenScope scope = PageScope(table, asker, ParametersOf(body));
    const auto numbers =
        TRY(OpenNumbers(dependencies_.tokens, scope, *body.page_token, Pin::kNumbers + 1));
    start.first = static_cast<std::size_t>(numbers.back());
    start.snapshot = TRY(PinnedSnapshot(table, Pin::Read(numbers), kPageNoun));
  } else if (body.refresh_token) {
    const auto numbers = TRY(OpenNumbers(dependencies_.tokens, RefreshScope(table, asker),
                                         *body.refresh_token, Pin::kNumbers));
    start.snapshot = TRY(PinnedSnapshot(table, Pin::Read(numbers), kRefreshNoun));
  } else if (asker.pinned) {
    start.snapshot = TRY(dependencies_.tables.At(table.shared->location, *asker.pinned));
    TRY(CheckServable(*start.snapshot, RootsOf(table)));
  } else {
    LatestSnapshot found = TRY(SnapshotFor(table, choice));
    start.snapshot = std::move(found.snapshot);
    start.stale_for = found.stale_for;
  }
  if (choice.is_latest()) return start;
  TRY(CheckStartVersion(*table.shared, start.snapshot->version(), "table data"));
  start.stamp = TRY(StampOf(table, start.snapshot->version()));
  return start;
}

Result<std::optional<protocol::EndStreamAction>> SharingService::PlanEnd(
    const GrantedTable& table, const Asker& asker, const protocol::QueryBody& body, const Pin& pin,
    SystemTime urls_expire_at) const {
  const bool is_wanted =
      asker.capabilities.include_end_stream_action || body.include_refresh_token || body.max_files;
  if (!is_wanted) return std::optional<protocol::EndStreamAction>();
  protocol::EndStreamAction end{.min_url_expires_at = urls_expire_at};
  if (body.include_refresh_token) {
    end.refresh_token = TRY(SealNumbers(dependencies_.tokens, RefreshScope(table, asker),
                                        pin.Numbers(), options_.refresh_token_lifetime));
  }
  return std::optional(std::move(end));
}

Result<TableAnswer> SharingService::QuerySnapshot(const GrantedTable& table, const Asker& asker,
                                                  const protocol::QueryBody& body) {
  audit::Quotas::Permit permit = TRY(AdmitQuery(asker.caller, table));
  const QueryStart start = TRY(StartQuery(table, asker, body));
  const table::Snapshot& snapshot = *start.snapshot;
  const auto needs =
      protocol::NeedsOf(snapshot.protocol(), snapshot.metadata(), snapshot.HasDeletionVectors());
  const auto format = TRY(protocol::ChooseFormat(asker.capabilities, needs));
  protocol::HeadOptions head{.format = format, .history_shared = table.shared->history_shared};
  if (start.stamp) head.metadata_version = start.stamp->version;
  LineContext context = TRY(ContextOf(table, asker, format));
  const Pin pin = Pin::Of(snapshot);
  table::FileSelection selection =
      snapshot.Select(ParseHints(body, snapshot.metadata().schema), body.limit_hint);

  TableAnswer answer{.version = snapshot.version(),
                     .format = format,
                     .id_hash = asker.id_hash,
                     .head_lines = protocol::RenderHeadLines(snapshot, head),
                     .stale_for = start.stale_for,
                     .pruned = Format("{}/{}", selection.file_count, snapshot.file_count()),
                     .permit = std::move(permit)};
  answer.end = TRY(PlanEnd(table, asker, body, pin, context.links->expires_at()));
  PageSealer seal = [this, pin,
                     scope = PageScope(table, asker, ParametersOf(body))](std::size_t next_first) {
    std::vector<std::int64_t> numbers = pin.Numbers();
    numbers.push_back(static_cast<std::int64_t>(next_first));
    return SealNumbers(dependencies_.tokens, scope, numbers, options_.page_token_lifetime);
  };
  const ReadPlan plan{.share = *table.share,
                      .table = *table.shared,
                      .version = snapshot.version(),
                      .schema = &snapshot.metadata().schema,
                      .predicate = HintsOf(body),
                      .totals = TotalsOf(selection, start.first, PageSize(body.max_files)),
                      .delivery = context.links->delivery()};
  TRY(Admit(asker.caller, plan, dependencies_.quotas));
  answer.files = SnapshotLines(
      std::move(selection), std::move(context), start.stamp,
      {.first = start.first, .max_files = PageSize(body.max_files), .seal = std::move(seal)});
  return answer;
}

Result<TableAnswer> SharingService::QueryTable(const auth::Caller& caller,
                                               const protocol::QueryTableRequest& request,
                                               std::string_view forwarded_origin) {
  const GrantedTable table = TRY(Grant(caller, request.table));
  const Asker asker{.caller = caller,
                    .capabilities = request.capabilities,
                    .id_hash = request.file_id_hash,
                    .forwarded_origin = forwarded_origin};
  if (request.body.starting_version) return QueryRange(table, asker, request.body);
  return QuerySnapshot(table, asker, request.body);
}

Result<SharingService::AsyncAnswer> SharingService::SubmitQuery(
    const auth::Caller& caller, const protocol::QueryTableRequest& request,
    std::string_view forwarded_origin) {
  const protocol::QueryBody& body = request.body;
  const bool may_wait = request.capabilities.async_query && body.idempotency_key &&
                        !body.starting_version && !body.page_token && !body.refresh_token;
  if (!may_wait) return AsyncAnswer(TRY(QueryTable(caller, request, forwarded_origin)));
  const GrantedTable table = TRY(Grant(caller, request.table));
  const VersionChoice choice{.version = body.version, .timestamp = body.timestamp};
  AsyncQuery submitted{.recipient = caller.recipient,
                       .table = table.shared->ref,
                       .parameters = ParametersOf(body),
                       .body = body,
                       .id_hash = request.file_id_hash,
                       .version = TRY(VersionFor(table, choice))};
  const auto query = TRY(async_queries_.Submit(std::move(submitted), *body.idempotency_key));
  const Asker asker{.caller = caller,
                    .capabilities = request.capabilities,
                    .id_hash = request.file_id_hash,
                    .forwarded_origin = forwarded_origin,
                    .pinned = query->version};
  return AnswerAsync(table, asker, *query, body, options_.async_wait);
}

Result<SharingService::AsyncAnswer> SharingService::PollQuery(
    const auth::Caller& caller, const protocol::PollQueryRequest& request,
    std::string_view forwarded_origin) {
  const GrantedTable table = TRY(Grant(caller, request.table));
  const auto query =
      TRY(async_queries_.Find(caller.recipient, table.shared->ref, request.query_id));
  protocol::QueryBody body = query->body;
  body.max_files = request.max_files;
  body.page_token = request.page_token;
  const Asker asker{.caller = caller,
                    .capabilities = request.capabilities,
                    .id_hash = query->id_hash,  // clients name it only when they submit
                    .forwarded_origin = forwarded_origin,
                    .pinned = query->version};
  return AnswerAsync(table, asker, *query, body, std::chrono::milliseconds(0));
}

Result<SharingService::AsyncAnswer> SharingService::AnswerAsync(const GrantedTable& table,
                                                                const Asker& asker,
                                                                const AsyncQuery& query,
                                                                const protocol::QueryBody& body,
                                                                std::chrono::milliseconds wait) {
  if (!TRY(async_queries_.WaitUntilReady(query, wait))) {
    return AsyncAnswer(
        PendingQuery{.id = query.id, .version = query.version, .id_hash = query.id_hash});
  }
  return AsyncAnswer(TRY(QuerySnapshot(table, asker, body)));
}

Result<void> SharingService::Prepare(const AsyncQuery& query) {
  const auth::Caller caller{.recipient = query.recipient};
  const GrantedTable table = TRY(Grant(caller, query.table));
  TRY(dependencies_.tables.At(table.shared->location, query.version));
  return {};
}

}  // namespace sluice::sharing
