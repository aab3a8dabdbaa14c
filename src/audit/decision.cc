#include "audit/decision.h"

#include <utility>

namespace sluice::audit {

Decision::Decision(Journal* journal, OnFailure on_failure, SystemTime now)
    : journal_(journal), on_failure_(on_failure) {
  record_.time = now;
}

Result<void> Decision::Allow() {
  if (is_written_ || journal_ == nullptr) return {};
  is_written_ = true;
  record_.allowed = true;
  record_.reason.clear();
  const Result<Sequence> written = journal_->Append(record_);
  return Settle(written.ok() ? Result<void>() : Result<void>(written.error()));
}

Result<void> Decision::Finish(const Error* refusal) {
  if (is_written_ || journal_ == nullptr) return {};
  is_written_ = true;
  record_.allowed = refusal == nullptr;
  if (refusal != nullptr) record_.reason = refusal->message;
  return Settle(journal_->AppendUnsynced(record_));
}

Result<void> Decision::Settle(Result<void> written) {
  if (written.ok() || on_failure_ == OnFailure::kServe) return {};
  Error error = std::move(written).error();
  return WithDetail(Unavailable("the server cannot record this request"), error.ToString());
}

}  // namespace sluice::audit
