#include "sharing/page_token.h"

#include <charconv>

#include "base/encoding.h"
#include "crypto/hash.h"

namespace sluice::sharing {
namespace {

constexpr std::size_t kDigestChars = 16;

// Enough to tell scopes apart; forging one is what the seal is against.
std::string ShortDigest(std::string_view text) {
  std::string hex;
  crypto::AppendSha256Hex(text, hex);
  hex.resize(kDigestChars);
  return hex;
}

std::string TableDigest(const TokenScope& scope) {
  return ShortDigest(AsciiLower(scope.table.ToString()));
}

// Table and parameters are part of the payload, not of the binding, so that a mistake can be named.
crypto::TokenBinding BindingOf(const TokenScope& scope) {
  return {.purpose = scope.kind, .context = scope.recipient, .noun = scope.noun};
}

}  // namespace

Result<std::string> SealNumbers(const crypto::TokenSealer& sealer, const TokenScope& scope,
                                std::span<const std::int64_t> numbers,
                                std::chrono::seconds lifetime) {
  std::string payload = TableDigest(scope) + ShortDigest(scope.parameters);
  for (const std::int64_t number : numbers) payload += Format(" {}", number);
  return sealer.Seal(BindingOf(scope), payload, lifetime);
}

Result<std::vector<std::int64_t>> OpenNumbers(const crypto::TokenSealer& sealer,
                                              const TokenScope& scope, std::string_view token,
                                              std::size_t count) {
  const std::string payload = TRY(sealer.Open(BindingOf(scope), token));
  const std::string_view text = payload;
  if (text.substr(0, kDigestChars) != TableDigest(scope)) {
    return InvalidArgument("The {} does not match the table", scope.noun);
  }
  if (text.substr(kDigestChars, kDigestChars) != ShortDigest(scope.parameters)) {
    return InvalidArgument(
        "Query parameter mismatch: all pages must be asked for with the parameters of the first");
  }
  std::vector<std::int64_t> numbers;
  const char* at = text.data() + 2 * kDigestChars;
  const char* const end = text.data() + text.size();
  while (at < end) {
    std::int64_t number = 0;
    const auto [stop, failure] = std::from_chars(at + 1, end, number);
    if (*at != ' ' || failure != std::errc()) break;
    numbers.push_back(number);
    at = stop;
  }
  if (at != end || numbers.size() != count) {
    return InvalidArgument("Error decoding the {}", scope.noun);
  }
  return numbers;
}

}  // namespace sluice::sharing
