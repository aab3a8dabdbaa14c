#include "audit/receipt.h"

#include "base/encoding.h"
#include "base/json.h"

namespace sluice::audit {
namespace {

/// A record in a JSON string, in which every one of its bytes may be escaped, and what is around
/// it.
constexpr std::size_t kMaxReceiptBytes = 6 * kMaxRecordBytes + (64 << 10);
/// Of a tree with 2^63 leaves.
constexpr std::size_t kMaxProofHashes = 63;

Result<std::vector<Hash>> ReadProof(const json::object& object) {
  const json::value* member = FindMember(object, "proof");
  if (member == nullptr || !member->is_array()) return Malformed("a receipt has no proof");
  if (member->get_array().size() > kMaxProofHashes) return Malformed("the proof is too long");
  std::vector<Hash> proof;
  for (const json::value& hash : member->get_array()) {
    if (!hash.is_string()) return Malformed("a proof is a list of hashes");
    proof.push_back(TRY(DecodeHash(hash.get_string())));
  }
  return proof;
}

}  // namespace

Result<Receipt> MakeReceipt(const Journal& journal, Sequence sequence) {
  auto records = TRY(journal.Read(sequence, 1));
  if (records.empty()) return NotFound("there is no audit record {}", sequence);
  Receipt receipt{.record = std::move(records.front()), .sequence = sequence};
  receipt.head = TRY(journal.Head());
  receipt.proof = TRY(journal.Inclusion(sequence, receipt.head.size));
  return receipt;
}

Result<void> VerifyReceipt(const Receipt& receipt, const std::vector<crypto::VerifyKey>& keys) {
  if (!IsSignedByOne(keys, receipt.head)) {
    return CorruptData("the receipt's head is not signed by the node's key");
  }
  std::string beginning;
  AppendRecordHead(receipt.head.node, receipt.sequence, beginning);
  if (!receipt.record.starts_with(beginning + ",")) {
    return CorruptData("the receipt's record is another one than the receipt says");
  }
  return VerifyInclusion(receipt.sequence, LeafHash(receipt.record),
                         {receipt.head.size, receipt.head.root}, receipt.proof);
}

std::string EncodeReceipt(const Receipt& receipt) {
  std::string text = R"({"record":)";
  AppendJsonString(receipt.record, text);
  text += R"(,"sequence":)";
  AppendNumber(receipt.sequence, text);
  text += R"(,"head":)";
  text += EncodeTreeHead(receipt.head);
  text += R"(,"proof":[)";
  for (std::size_t i = 0; i < receipt.proof.size(); ++i) {
    text += i == 0 ? "\"" : ",\"";
    AppendBase64(crypto::AsText(receipt.proof[i]), text);
    text += '"';
  }
  text += "]}";
  return text;
}

Result<Receipt> DecodeReceipt(std::string_view text) {
  const json::value value = TRY(ParseJson(text, {.max_bytes = kMaxReceiptBytes, .max_depth = 4}));
  if (!value.is_object()) return Malformed("a receipt is a JSON object");
  const json::object& object = value.get_object();
  Receipt receipt;
  const json::value* record = FindMember(object, "record");
  const json::value* sequence = FindMember(object, "sequence");
  const json::value* head = FindMember(object, "head");
  if (record == nullptr || !record->is_string()) return Malformed("a receipt has no record");
  if (sequence == nullptr || !sequence->is_int64()) return Malformed("a receipt has no sequence");
  if (head == nullptr) return Malformed("a receipt has no head");
  receipt.record = std::string(record->get_string());
  receipt.sequence = sequence->get_int64();
  receipt.head = TRY(ReadTreeHead(*head));
  receipt.proof = TRY(ReadProof(object));
  return receipt;
}

}  // namespace sluice::audit
