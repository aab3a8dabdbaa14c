#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "audit/record.h"
#include "audit/tree_head.h"
#include "base/result.h"
#include "crypto/signing_key.h"

namespace sluice::audit {

struct JournalToVerify {
  std::string directory;
  std::vector<crypto::VerifyKey> keys;  ///< The node's: also those of earlier master secrets.
  /// Heads of this node that others kept: they also show that the end was cut off, or the whole
  /// journal written anew with the node's own key.
  std::vector<TreeHead> gathered;
};

struct VerifyReport {
  std::vector<std::string>
      findings;                      ///< What is wrong and where, in plain words; empty if nothing.
  std::vector<std::string> remarks;  ///< What is worth knowing and explained.
  Sequence first = 0;                ///< Of the records that are kept.
  Sequence size = 0;                 ///< One more than the last record's number.
  std::int64_t heads = 0;            ///< Whose signature is right.
};

/// Reads the whole journal, which may be one in use, and checks that every record is whole, in its
/// place and fits its hash; that the tree is that of the records; and that every head was signed by
/// the node and is that of the first records: then all heads are consistent with each other.
/// Records younger than the last head are only known to be undamaged. At most 100 findings. Errors:
/// kNotFound, kUnavailable if the journal cannot be read.
Result<VerifyReport> VerifyJournal(const JournalToVerify& journal);

}  // namespace sluice::audit
