#include "admin/audit_service.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "base/utc.h"

namespace sluice::admin {
namespace {

using audit::RecordFilter;
using audit::Sequence;
using catalog::Role;

constexpr std::int64_t kPageRecords = 500;
/// One request makes one record, and a download a few more.
constexpr std::int64_t kMaxRecordsOfRequest = 10;

Error NothingRecorded() { return NotFound("this server records no requests"); }
Error NoSuchReceipt() { return NotFound("there is no record of such a request"); }

Result<void> RequireAuditor(const auth::Caller& caller) {
  if (caller.role == Role::kAdmin || caller.role == Role::kAuditor) return {};
  return PermissionDenied("the role {} may not do this", catalog::RoleName(caller.role));
}

/// The table of "share.schema.table", as far as it is named.
std::string TableOf(const audit::UsageKey& key) {
  if (!key.object.starts_with(key.share + ".")) return "";
  return key.object.substr(key.share.size() + 1);
}

std::vector<audit::UsageRow> RowsToCharge(const audit::Usage& usage) {
  std::vector<audit::UsageRow> rows;
  rows.reserve(usage.size());
  for (const auto& [key, counts] : usage) {
    const Result<SystemTime> day = ParseUtc(key.day + "T00:00:00.000Z");
    if (!day.ok()) continue;  // no day that the shipping wrote
    rows.push_back({.recipient = key.recipient,
                    .share = key.share,
                    .table = TableOf(key),
                    .day = std::chrono::floor<std::chrono::days>(*day),
                    .from_region = key.from_region,
                    .to_region = key.to_region,
                    .requests = counts.requests,
                    .files = counts.files,
                    .bytes = counts.direct_bytes + counts.bytes_sent});  // each below 2^62
  }
  return rows;
}

}  // namespace

Result<audit::ShareScope> AuditService::ScopeOf(const auth::Caller& caller) const {
  if (caller.role != Role::kShareOwner) return audit::ShareScope();
  std::vector<std::string> shares;
  const auto read = [&](catalog::Transaction& transaction) -> Result<void> {
    shares = TRY(transaction.ListSharesOf(caller.recipient));
    return {};
  };
  TRY(dependencies_.store.Read(read));
  return audit::ShareScope(std::move(shares));
}

Result<AuditService::RecordPage> AuditService::Records(const auth::Caller& caller,
                                                       RecordFilter filter) const {
  if (filter.limit < 1 || filter.limit > RecordFilter::kMaxRecords) {
    return InvalidArgument("limit: from 1 to {}", RecordFilter::kMaxRecords);
  }
  filter.scope = TRY(ScopeOf(caller));
  RecordPage page;
  std::size_t bytes = 0;
  bool is_more = true;
  for (std::int64_t left = filter.limit; left > 0 && is_more && bytes < kMaxAnswerBytes;) {
    filter.limit = std::min(left, kPageRecords);
    auto records = TRY(audit::ReadRecords(dependencies_.records, filter));
    is_more = std::ssize(records) == filter.limit;
    left -= std::ssize(records);
    for (audit::StoredRecord& record : records) {
      bytes += record.text.size();
      page.records.push_back(std::move(record));
    }
    if (!page.records.empty()) filter.after = page.records.back().place;
  }
  if (is_more) page.next = filter.after;
  return page;
}

Result<AuditService::Heads> AuditService::GetHeads(const auth::Caller& caller,
                                                   std::string_view node,
                                                   std::int64_t limit) const {
  TRY(RequireAuditor(caller));
  Heads heads{.gathered = TRY(audit::ReadHeads(dependencies_.records, node, limit))};
  const bool is_ours = node.empty() || node == dependencies_.node;
  if (dependencies_.journal != nullptr && is_ours) {
    heads.current = TRY(dependencies_.journal->Head());
  }
  return heads;
}

Result<audit::Receipt> AuditService::OwnersReceipt(const auth::Caller& caller,
                                                   std::string_view request_id) const {
  const audit::ShareScope scope = TRY(ScopeOf(caller));
  return FindReceipt(request_id, [&](const audit::Record& record) {
    if (!scope) return true;
    return std::ranges::any_of(*scope, [&](const std::string& share) {
      return EqualsIgnoringAsciiCase(share, record.share);
    });
  });
}

Result<audit::Receipt> AuditService::RecipientsReceipt(const auth::Caller& caller,
                                                       std::string_view request_id) const {
  // Whoever shows no credential cannot be told from others who do not.
  if (caller.credential == auth::Credential::kNone || caller.recipient.empty()) {
    return NoSuchReceipt();
  }
  return FindReceipt(request_id, [&](const audit::Record& record) {
    const bool is_owners = record.action == audit::Action::kChange;
    return !is_owners && EqualsIgnoringAsciiCase(record.recipient, caller.recipient);
  });
}

Result<audit::Receipt> AuditService::FindReceipt(std::string_view request_id,
                                                 const IsVisible& is_visible) const {
  if (dependencies_.journal == nullptr) return NothingRecorded();
  if (request_id.empty()) return NoSuchReceipt();
  const std::vector<Sequence> sequences = TRY(FindSequences(request_id));
  for (const Sequence sequence : sequences) {
    auto receipt = audit::MakeReceipt(*dependencies_.journal, sequence);
    if (!receipt.ok() && receipt.error().code == ErrorCode::kNotFound) continue;  // dropped
    if (!receipt.ok()) return receipt;
    const auto decoded = audit::DecodeRecord(receipt->record);
    // What the database says is no proof: the journal's own record must be of that request.
    if (decoded.ok() && decoded->record.request_id == request_id && is_visible(decoded->record)) {
      return receipt;
    }
  }
  return NoSuchReceipt();
}

/// The places in the journal of a request's records: as the database has them, and in what is too
/// young to be there.
Result<std::vector<Sequence>> AuditService::FindSequences(std::string_view request_id) const {
  const audit::Journal& journal = *dependencies_.journal;
  std::vector<Sequence> sequences;
  const auto shipped =
      audit::ReadRecords(dependencies_.records, {.request_id = std::string(request_id),
                                                 .node = dependencies_.node,
                                                 .newest_first = false,
                                                 .limit = kMaxRecordsOfRequest});
  // While the database is away, the journal's end still tells of what was just done.
  if (shipped.ok()) {
    for (const audit::StoredRecord& record : *shipped) sequences.push_back(record.place.sequence);
  }
  if (!sequences.empty()) return sequences;
  Sequence at = std::max(journal.first(), journal.size() - kMaxTail);
  const std::string mark = Format(R"("request_id":"{}")", request_id);
  const Sequence end = journal.size();
  while (at < end) {
    const std::vector<std::string> texts = TRY(journal.Read(at, kPageRecords));
    if (texts.empty()) break;
    for (const std::string& text : texts) {
      if (text.find(mark) != text.npos) sequences.push_back(at);
      ++at;
    }
  }
  if (sequences.empty() && !shipped.ok()) return shipped.error();
  return sequences;
}

Result<AuditService::ConsistencyProof> AuditService::ProveConsistency(
    const auth::Caller& caller, std::int64_t from, std::optional<std::int64_t> to) const {
  TRY(RequireAuditor(caller));
  if (dependencies_.journal == nullptr) return NothingRecorded();
  ConsistencyProof proof{.from = from};
  if (!to) proof.newer = TRY(dependencies_.journal->Head());
  proof.to = to ? *to : proof.newer->size;
  proof.hashes = TRY(dependencies_.journal->Consistency(proof.from, proof.to));
  return proof;
}

Result<audit::Usage> AuditService::GetUsage(const auth::Caller& caller,
                                            audit::UsageFilter filter) const {
  filter.scope = TRY(ScopeOf(caller));
  return audit::ReadUsage(dependencies_.records, filter);
}

Result<audit::CostReport> AuditService::GetCost(const auth::Caller& caller,
                                                audit::UsageFilter filter,
                                                bool with_storage) const {
  if (dependencies_.prices == nullptr) return NotFound("this server has no price list");
  filter.scope = TRY(ScopeOf(caller));
  std::vector<audit::StorageRow> storage;
  if (with_storage) storage = TRY(StorageRows(filter));
  const audit::Usage usage = TRY(audit::ReadUsage(dependencies_.records, filter));
  const std::vector<audit::UsageRow> rows = RowsToCharge(usage);
  return audit::MakeCostReport(*dependencies_.prices, storage, rows);
}

}  // namespace sluice::admin
