// What a read would cost, before it is made.

#include <chrono>
#include <utility>

#include "admin/service.h"

namespace sluice::admin {

Result<AdminService::ReadCost> AdminService::ExplainCost(const auth::Caller& caller,
                                                         const CostRequest& request) {
  const protocol::TableRef& ref = request.table;
  const catalog::SharePtr share = TRY(FindShownShare(caller, ref.share.value()));
  const catalog::SharedTable* const table = share->FindTable(ref.schema, ref.table);
  if (table == nullptr) return NotFound("table '{}' does not exist", ref.ToString());
  audit::UsageRow usage{.recipient = request.recipient,
                        .share = share->name().value(),
                        .table = Format("{}.{}", ref.schema.value(), ref.table.value()),
                        .from_region = share->traits().region,
                        .requests = 1};
  const SystemTime now = dependencies_.clock.Now();
  usage.day = std::chrono::floor<std::chrono::days>(now);
  if (!request.recipient.empty()) {
    usage.to_region = TRY(GetRecipient(caller, request.recipient)).region;
    const catalog::ViewPtr view = dependencies_.catalog.Current();
    if (!view->SeenBy(request.recipient, now).FindShare(share->name()).ok()) {
      return NotFound("share '{}' is not granted to '{}'", usage.share, request.recipient);
    }
  }
  if (!dependencies_.describe_table) {
    return NotImplemented("this server cannot tell what reads cost");
  }
  ReadCost cost;
  cost.size = TRY(dependencies_.describe_table(table->location, request.condition));
  usage.files = cost.size.files;
  usage.bytes = cost.size.bytes;
  if (dependencies_.prices != nullptr) {
    const std::vector<audit::UsageRow> rows = {usage};
    cost.report = TRY(audit::MakeCostReport(*dependencies_.prices, {}, rows));
  }
  return cost;
}

}  // namespace sluice::admin
