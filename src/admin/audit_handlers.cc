#include "admin/audit_handlers.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "admin/requests.h"
#include "admin/usage_text_internal.h"
#include "audit/cost_format.h"
#include "base/encoding.h"
#include "base/json.h"
#include "config/value.h"
#include "crypto/hash.h"
#include "protocol/response.h"

namespace sluice::admin {
namespace {

using auth::Caller;
using auth::Who;
using http::Request;
using http::Response;

/// Where a list goes on: the value of `after` of the next request.
constexpr char kNextHeader[] = "Sluice-Next";

/// Reads query parameters, and says which one nobody knows.
class Parameters {
 public:
  explicit Parameters(const Request& request) : request_(request) {}

  std::string Text(std::string_view name) {
    const std::string* const found = Find(name);
    return found == nullptr ? "" : *found;
  }
  Result<std::optional<std::int64_t>> Number(std::string_view name) {
    return Read<std::int64_t>(name, config::ParseInteger);
  }
  Result<std::optional<bool>> Truth(std::string_view name) {
    return Read<bool>(name, config::ParseBool);
  }
  Result<std::optional<SystemTime>> Time(std::string_view name) {
    return Read<SystemTime>(name, ParseTime);
  }
  /// "2026-11-21"; empty if it is not there.
  Result<std::string> Day(std::string_view name) {
    const std::string day = Text(name);
    if (!day.empty() && !ParseTime(day + "T00:00:00Z").ok()) {
      return InvalidArgument("{}: expected a day like 2026-11-21", name);
    }
    return day;
  }
  template <typename T, typename Parse>
  Result<std::optional<T>> Read(std::string_view name, const Parse& parse) {
    const std::string* const found = Find(name);
    if (found == nullptr) return std::optional<T>();
    Result<T> value = parse(*found);
    if (!value.ok()) return InvalidArgument("{}: {}", name, value.error().message);
    return std::optional<T>(std::move(value).value());
  }
  Result<void> CheckAllRead() const {
    for (const auto& [name, value] : request_.query) {
      if (std::ranges::find(known_, name) == known_.end()) {
        return InvalidArgument("there is no query parameter '{}' here; known are {}", name,
                               config::JoinList(known_));
      }
    }
    return {};
  }

 private:
  const std::string* Find(std::string_view name) {
    known_.emplace_back(name);
    return request_.FindQuery(name);
  }

  const Request& request_;
  std::vector<std::string> known_;
};

Response TextResponse(std::string_view type, std::string body) {
  Response response;
  response.headers.Add("Content-Type", std::string(type));
  response.headers.Add("Cache-Control", "no-store");
  response.body = std::move(body);
  return response;
}

Response Answer(const json::value& value) {
  std::string text;
  AppendJson(value, text);
  return TextResponse("application/json; charset=utf-8", text + "\n");
}

Result<audit::RecordFilter> FilterOf(const Request& http) {
  Parameters parameters(http);
  audit::RecordFilter filter{.recipient = parameters.Text("recipient"),
                             .share = parameters.Text("share"),
                             .object = parameters.Text("object"),
                             .request_id = parameters.Text("requestId"),
                             .node = parameters.Text("node")};
  filter.action = TRY(parameters.Read<audit::Action>("action", audit::ParseAction));
  filter.allowed = TRY(parameters.Truth("allowed"));
  filter.since = TRY(parameters.Time("since"));
  filter.until = TRY(parameters.Time("until"));
  filter.after = TRY(parameters.Read<audit::RecordPlace>("after", audit::DecodeRecordPlace));
  const auto limit = TRY(parameters.Number("limit"));
  filter.limit = limit.value_or(filter.limit);
  const std::string order = parameters.Text("order");
  if (!order.empty() && order != "newest" && order != "oldest") {
    return InvalidArgument("order: newest or oldest first");
  }
  filter.newest_first = order != "oldest";
  const auto follow = TRY(parameters.Truth("follow"));
  if (follow.value_or(false)) {
    return InvalidArgument("follow: ask again, oldest first, with after={} of the last answer",
                           kNextHeader);
  }
  TRY(parameters.CheckAllRead());
  return filter;
}

/// One record a line, as it was hashed.
Result<Response> ListRecords(const Request& http, const Caller& caller, AuditService& service) {
  audit::RecordFilter filter = TRY(FilterOf(http));
  const bool is_followed = !filter.newest_first;
  const AuditService::RecordPage page = TRY(service.Records(caller, std::move(filter)));
  std::string lines;
  for (const audit::StoredRecord& record : page.records) lines += record.text + "\n";
  Response response = TextResponse("application/x-ndjson; charset=utf-8", std::move(lines));
  // Whoever follows asks on even if there is no more now.
  std::optional<audit::RecordPlace> next = page.next;
  if (!next && is_followed && !page.records.empty()) next = page.records.back().place;
  if (next) response.headers.Add(kNextHeader, audit::EncodeRecordPlace(*next));
  return response;
}

json::value HeadJson(const audit::TreeHead& head, std::string_view public_key) {
  json::object out = {{"node", head.node},
                      {"size", head.size},
                      {"root", Base64Encode(crypto::AsText(head.root))},
                      {"time", TimeText(head.time)},
                      {"signature", Base64Encode(head.signature)},
                      {"publicKey", public_key}};
  return out;
}

Result<Response> ListHeads(const Request& http, const Caller& caller, AuditService& service) {
  Parameters parameters(http);
  const std::string node = parameters.Text("node");
  const auto limit = TRY(parameters.Number("limit"));
  TRY(parameters.CheckAllRead());
  constexpr std::int64_t kDefaultHeads = 100;
  const auto heads = TRY(service.GetHeads(caller, node, limit.value_or(kDefaultHeads)));
  json::object out;
  if (heads.current) {
    const auto& key = service.dependencies().public_key;
    out["current"] = HeadJson(*heads.current, HexEncode(crypto::AsText(key)));
  }
  json::array items;
  for (const audit::StoredHead& stored : heads.gathered) {
    items.emplace_back(HeadJson(stored.head, stored.public_key));
  }
  out["items"] = std::move(items);
  return Answer(out);
}

Response AnswerReceipt(const audit::Receipt& receipt) {
  return TextResponse("application/json; charset=utf-8", audit::EncodeReceipt(receipt) + "\n");
}

Result<Response> GetReceipt(const Request& http, const Caller& caller, AuditService& service) {
  return AnswerReceipt(TRY(service.OwnersReceipt(caller, http.PathParameter("request"))));
}

Result<Response> GetOwnReceipt(const Request& http, const Caller& caller, AuditService& service) {
  return AnswerReceipt(TRY(service.RecipientsReceipt(caller, http.PathParameter("request"))));
}

Result<Response> GetConsistency(const Request& http, const Caller& caller, AuditService& service) {
  Parameters parameters(http);
  const auto from = TRY(parameters.Number("from"));
  const auto to = TRY(parameters.Number("to"));
  TRY(parameters.CheckAllRead());
  if (!from) return InvalidArgument("from: the size of an earlier tree is missing");
  const auto proof = TRY(service.ProveConsistency(caller, *from, to));
  json::array hashes;
  for (const audit::Hash& hash : proof.hashes) {
    hashes.emplace_back(Base64Encode(crypto::AsText(hash)));
  }
  json::object out = {
      {"node", service.dependencies().node}, {"from", proof.from}, {"to", proof.to}};
  if (proof.newer) {
    const auto& key = service.dependencies().public_key;
    out["newer"] = HeadJson(*proof.newer, HexEncode(crypto::AsText(key)));
  }
  out["proof"] = std::move(hashes);
  return Answer(out);
}

struct UsageRequest {
  audit::UsageFilter filter;
  std::string format;  ///< "json" if nothing was said.
  bool with_storage = false;
};
Result<UsageRequest> UsageRequestOf(const Request& http, bool of_costs) {
  Parameters parameters(http);
  UsageRequest request{.filter = {.recipient = parameters.Text("recipient"),
                                  .share = parameters.Text("share"),
                                  .object = parameters.Text("object")},
                       .format = parameters.Text("format")};
  request.filter.first_day = TRY(parameters.Day("since"));
  request.filter.last_day = TRY(parameters.Day("until"));
  if (of_costs) request.with_storage = TRY(parameters.Truth("storage")).value_or(false);
  TRY(parameters.CheckAllRead());
  if (request.format.empty()) request.format = "json";
  return request;
}

Response AnswerUsage(const std::string& format, std::string text) {
  if (format == "csv") return TextResponse("text/csv; charset=utf-8", std::move(text));
  if (!text.ends_with('\n')) text += '\n';
  return TextResponse("application/json; charset=utf-8", std::move(text));
}

Result<Response> GetUsage(const Request& http, const Caller& caller, AuditService& service) {
  const UsageRequest request = TRY(UsageRequestOf(http, /*of_costs=*/false));
  const bool is_csv = request.format == "csv";
  if (!is_csv && request.format != "json") return InvalidArgument("format: json or csv");
  const audit::Usage usage = TRY(service.GetUsage(caller, request.filter));
  return AnswerUsage(request.format, is_csv ? FormatUsageCsv(usage) : FormatUsageJson(usage));
}

Result<Response> GetCost(const Request& http, const Caller& caller, AuditService& service) {
  const UsageRequest request = TRY(UsageRequestOf(http, /*of_costs=*/true));
  const std::string& format = request.format;
  if (format != "json" && format != "csv" && format != "focus" && format != "table") {
    return InvalidArgument("format: json, csv, focus or table");
  }
  const auto report = TRY(service.GetCost(caller, request.filter, request.with_storage));
  if (format == "table") {
    return TextResponse("text/plain; charset=utf-8", audit::FormatCostTable(report));
  }
  if (format == "csv") return AnswerUsage(format, audit::FormatCostCsv(report));
  if (format == "json") return AnswerUsage(format, audit::FormatCostJson(report));
  const std::string& node = service.dependencies().node;
  return AnswerUsage(format, audit::FormatCostFocus(report, {.billing_account = node}));
}

}  // namespace

constexpr auto kWorker = http::Execution::kWorker;

const auth::Route<AuditService> kAuditRoutes[6] = {
    {"GET", "/api/v1/audit/records", Who::kOwner, kWorker, ListRecords},
    {"GET", "/api/v1/audit/heads", Who::kOwner, kWorker, ListHeads},
    {"GET", "/api/v1/audit/receipts/{request}", Who::kOwner, kWorker, GetReceipt},
    {"GET", "/api/v1/audit/proofs/consistency", Who::kOwner, kWorker, GetConsistency},
    {"GET", "/api/v1/usage", Who::kOwner, kWorker, GetUsage},
    {"GET", "/api/v1/usage/cost", Who::kOwner, kWorker, GetCost},
};

const auth::Route<AuditService> kReceiptRoutes[1] = {
    {"GET", "/receipts/{request}", Who::kRecipient, kWorker, GetOwnReceipt},
};

}  // namespace sluice::admin
