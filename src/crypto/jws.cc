#include "crypto/jws.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/json.h"

namespace sluice::crypto {
namespace {

constexpr JsonLimits kHeaderLimits{.max_bytes = kMaxJwsBytes, .max_depth = 8};

Result<std::string> DecodePart(std::string_view name, std::string_view text) {
  auto decoded = Base64UrlDecode(text);
  if (!decoded.ok() || text.ends_with('=')) {
    return Malformed("the {} is not base64url without padding", name);
  }
  return decoded;
}

/// A member that must be text if it is there.
Result<std::optional<std::string>> FindText(const json::object& header, std::string_view name) {
  const json::value* const member = header.if_contains(name);
  if (member == nullptr) return std::optional<std::string>();
  const json::string* const text = member->if_string();
  if (text == nullptr) return Malformed("the header's {} is not text", name);
  return std::optional<std::string>(std::string(*text));
}

Result<void> ReadHeader(const json::object& header, Jws& jws) {
  if (header.contains("crit")) return Unsupported("the header demands extensions by crit");
  const auto algorithm = TRY(FindText(header, "alg"));
  if (!algorithm) return Malformed("the header names no alg");
  jws.algorithm = TRY(ParseSignatureAlgorithm(*algorithm));
  jws.key_id = TRY(FindText(header, "kid"));
  if (jws.key_id && (jws.key_id->empty() || jws.key_id->size() > kMaxKeyIdBytes)) {
    return Malformed("the header's kid has {} bytes, 1 to {} are allowed", jws.key_id->size(),
                     kMaxKeyIdBytes);
  }
  jws.type = TRY(FindText(header, "typ")).value_or("");
  return {};
}

}  // namespace

Result<Jws> ParseJws(std::string_view token) {
  if (token.size() > kMaxJwsBytes) {
    return TooLarge("the token has {} bytes, {} are allowed", token.size(), kMaxJwsBytes);
  }
  const std::size_t first = token.find('.');
  const std::size_t second = first == token.npos ? first : token.find('.', first + 1);
  if (second == token.npos || token.find('.', second + 1) != token.npos) {
    return Malformed("the token does not have three parts");
  }
  const std::string header_text = TRY(DecodePart("header", token.substr(0, first)));
  const auto header = ParseJson(header_text, kHeaderLimits);
  if (!header.ok() || !header->is_object()) return Malformed("the header is not a JSON object");
  Jws jws{};
  TRY(ReadHeader(header->get_object(), jws));
  jws.signed_text = token.substr(0, second);
  jws.payload = TRY(DecodePart("payload", token.substr(first + 1, second - first - 1)));
  jws.signature = TRY(DecodePart("signature", token.substr(second + 1)));
  if (jws.signature.empty()) return Malformed("the token is not signed");
  return jws;
}

bool LooksLikeJws(std::string_view text) {
  return !text.starts_with('.') && std::ranges::count(text, '.') == 2;
}

}  // namespace sluice::crypto
