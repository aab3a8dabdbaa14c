#pragma once

#include <cstdint>

#include "audit/journal.h"
#include "audit/record.h"
#include "base/clock.h"
#include "base/result.h"

namespace sluice::audit {

/// What a node does while its journal cannot be written.
enum class OnFailure : std::uint8_t {
  kRefuse,  ///< Answers 503: no read without a record.
  kServe,   ///< Goes on; the owner chose this. The log says what was not recorded.
};

/// The record of one request while it is being decided: filled in by whoever knows, written once.
/// Not thread-safe.
class Decision {
 public:
  /// Without a journal nothing is written. Both must outlive the decision.
  Decision(Journal* journal, OnFailure on_failure, SystemTime now);

  /// To be filled in before it is written.
  Record& record() { return record_; }

  /// Says that the caller is allowed what the record tells, and returns when that is on disk: only
  /// then may a link, credential or row leave. Once. Errors: kUnavailable.
  Result<void> Allow();
  /// The end of the request: writes what was not written yet, without waiting for the disk. Null
  /// for a success.
  /// Errors: kUnavailable if it cannot be recorded: the answer must not be given then.
  Result<void> Finish(const Error* refusal);

  /// Nothing is to be recorded: it is part of something that was.
  void Drop() { is_written_ = true; }

 private:
  Result<void> Settle(Result<void> written);

  Journal* journal_;
  OnFailure on_failure_;
  Record record_;
  bool is_written_ = false;
};

}  // namespace sluice::audit
