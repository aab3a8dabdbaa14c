#include "sharing/admission.h"

#include <algorithm>
#include <utility>

#include "audit/decision.h"

namespace sluice::sharing {

void Describe(const auth::Caller& caller, const ReadPlan& plan) {
  if (caller.decision == nullptr) return;
  audit::Record& record = caller.decision->record();
  record.share = plan.table.ref.share.value();
  record.object = plan.table.ref.ToString();
  record.table_id = plan.table.id;
  record.version = plan.version.value();
  if (plan.end_version) record.end_version = plan.end_version->value();
  if (plan.schema != nullptr) {
    const std::size_t count = std::min(plan.schema->fields.size(), audit::Record::kMaxColumns);
    for (std::size_t i = 0; i < count; ++i) record.columns.push_back(plan.schema->fields[i].name);
  }
  record.predicate = plan.predicate;
  if (plan.totals) {
    record.files = plan.totals->files;
    record.bytes = plan.totals->bytes;
  }
  record.delivery = plan.delivery;
}

Result<void> CheckPurpose(const auth::Caller& caller, const catalog::Share& share) {
  if (!share.traits().purpose_required || !caller.purpose.empty()) return {};
  return InvalidArgument(
      "share '{}' asks what its data is read for: send the header {}, or ask the owner for a token "
      "with a purpose",
      share.name(), auth::kPurposeHeader);
}

Result<void> Admit(const auth::Caller& caller, const ReadPlan& plan, audit::Quotas* quotas) {
  Describe(caller, plan);
  if (quotas != nullptr) {
    const table::FileTotals totals = plan.totals.value_or(table::FileTotals{});
    TRY(quotas->AdmitRead({.recipient_id = caller.recipient_id, .share_id = plan.share.id()},
                          totals.files, totals.bytes));
  }
  if (caller.decision == nullptr) return {};
  return caller.decision->Allow();
}

}  // namespace sluice::sharing
