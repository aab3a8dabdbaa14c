#include "audit/tree_head.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/utc.h"

namespace sluice::audit {
namespace {

constexpr std::size_t kMaxHeadBytes = 4'096;
constexpr std::size_t kMaxNodeBytes = 128;

Result<std::string> ReadText(const json::object& object, std::string_view key) {
  const json::value* member = FindMember(object, key);
  if (member == nullptr || !member->is_string()) return Malformed("a tree head has no {}", key);
  return std::string(member->get_string());
}

bool IsNodeCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == ':' || c == '-';
}

}  // namespace

std::string TreeHeadText(const TreeHead& head) {
  return Format("sluice audit tree v1\n{}\n{}\n{}\n{}\n", head.node, head.size,
                Base64Encode(crypto::AsText(head.root)), UnixMillis(head.time));
}

bool IsNodeName(std::string_view node) {
  return !node.empty() && node.size() <= kMaxNodeBytes &&
         std::ranges::all_of(node, IsNodeCharacter);
}

Result<void> SignTreeHead(const crypto::SigningKey& key, TreeHead& head) {
  head.signature = TRY(key.Sign(TreeHeadText(head)));
  return {};
}

bool IsSignedByOne(const std::vector<crypto::VerifyKey>& keys, const TreeHead& head) {
  const std::string text = TreeHeadText(head);
  return std::ranges::any_of(keys,
                             [&](const auto& key) { return key.Verify(text, head.signature); });
}

std::string EncodeTreeHead(const TreeHead& head) {
  std::string line = R"({"node":)";
  AppendJsonString(head.node, line);
  line += R"(,"size":)";
  AppendNumber(head.size, line);
  line += R"(,"root":")";
  AppendBase64(crypto::AsText(head.root), line);
  line += R"(","time":")";
  AppendUtc(head.time, line);
  line += R"(","signature":")";
  AppendBase64(head.signature, line);
  line += R"("})";
  return line;
}

Result<Hash> DecodeHash(std::string_view base64) {
  const Result<std::string> bytes = Base64Decode(base64);
  Hash hash{};
  if (!bytes.ok() || bytes->size() != hash.size()) return Malformed("a hash is 32 bytes in base64");
  std::ranges::copy(*bytes, hash.begin());
  return hash;
}

Result<TreeHead> DecodeTreeHead(std::string_view line) {
  const json::value value = TRY(ParseJson(line, {.max_bytes = kMaxHeadBytes, .max_depth = 4}));
  return ReadTreeHead(value);
}

Result<TreeHead> ReadTreeHead(const json::value& value) {
  if (!value.is_object()) return Malformed("a tree head is a JSON object");
  const json::object& object = value.get_object();
  TreeHead head;
  head.node = TRY(ReadText(object, "node"));
  if (!IsNodeName(head.node)) return Malformed("a tree head names no node");
  const json::value* size = FindMember(object, "size");
  if (size == nullptr || !size->is_int64() || size->get_int64() < 0) {
    return Malformed("a tree head has no size");
  }
  head.size = size->get_int64();
  const std::string root = TRY(ReadText(object, "root"));
  head.root = TRY(DecodeHash(root));
  const std::string time = TRY(ReadText(object, "time"));
  head.time = TRY(ParseUtc(time));
  const std::string signature = TRY(ReadText(object, "signature"));
  Result<std::string> bytes = Base64Decode(signature);
  if (!bytes.ok() || bytes->size() != crypto::kSignatureBytes) {
    return Malformed("a tree head has no signature");
  }
  head.signature = std::move(bytes).value();
  return head;
}

HeadLines SplitHeads(std::string_view text) {
  HeadLines result;
  for (std::size_t end = 0;
       (end = text.find('\n', result.whole_bytes)) != std::string_view::npos;) {
    result.lines.push_back(text.substr(result.whole_bytes, end - result.whole_bytes));
    result.whole_bytes = end + 1;
  }
  return result;
}

}  // namespace sluice::audit
