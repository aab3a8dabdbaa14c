#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "audit/journal.h"
#include "audit/merkle.h"
#include "audit/tree_head.h"
#include "base/result.h"

namespace sluice::audit {

/// Shows whoever has the node's public key that a record stands in its log: the record, a signed
/// head, and the proof that the head's tree holds the record. It says nothing of other records.
struct Receipt {
  std::string record;  ///< As EncodeRecord wrote it.
  Sequence sequence = 0;
  TreeHead head;
  std::vector<Hash> proof;  ///< RFC 6962, section 2.1.1.
};

/// The receipt of a record on disk, of the tree as it is now. Errors: kNotFound if the record was
/// dropped or is not there yet; those of Journal.
Result<Receipt> MakeReceipt(const Journal& journal, Sequence sequence);

/// Errors: kCorruptData if the head is signed by none of the keys, or the record is not the one
/// that the proof is of, by number, node or text.
Result<void> VerifyReceipt(const Receipt& receipt, const std::vector<crypto::VerifyKey>& keys);

/// {"record":TEXT,"sequence":7,"head":{see EncodeTreeHead},"proof":[BASE64,...]}. The record is a
/// JSON string, so that its bytes stay as they were hashed.
std::string EncodeReceipt(const Receipt& receipt);
/// Checks the form alone. Errors: kMalformed, kTooLarge.
Result<Receipt> DecodeReceipt(std::string_view text);

}  // namespace sluice::audit
