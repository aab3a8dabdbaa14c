#include "crypto/sealed_token.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/encoding.h"
#include "crypto/compare.h"

namespace sluice::crypto {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kExpiryBytes = 8;
constexpr std::size_t kHeadBytes = 1 + kExpiryBytes;
constexpr std::size_t kMacBytes = 16;

std::int64_t UnixSeconds(SystemTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

void AppendBigEndian(std::uint64_t value, std::string& out) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

std::uint64_t ReadBigEndian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = (value << 8) | static_cast<std::uint8_t>(byte);
  return value;
}

std::string MacOf(const HmacSha256Key& key, const TokenBinding& binding, std::string_view body) {
  const std::string bound = JoinParts({binding.purpose, binding.context});
  return std::string(AsText(key.Mac({bound, body})).substr(0, kMacBytes));
}

}  // namespace

void TokenSealer::SetKeys(std::vector<HmacSha256Key> keys) {
  auto next = std::make_shared<const Keys>(std::move(keys));
  const std::lock_guard lock(mutex_);
  keys_.swap(next);
}

std::shared_ptr<const TokenSealer::Keys> TokenSealer::CurrentKeys() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

Result<std::string> TokenSealer::Seal(const TokenBinding& binding, std::string_view payload,
                                      std::chrono::seconds lifetime) const {
  if (payload.size() > kMaxPayloadBytes) {
    return TooLarge("the {} would be longer than {} characters", binding.noun, kMaxTokenChars);
  }
  std::string body(1, kVersion);
  AppendBigEndian(static_cast<std::uint64_t>(UnixSeconds(clock_->Now()) + lifetime.count()), body);
  body += payload;
  body += MacOf(CurrentKeys()->front(), binding, body);
  return Base64UrlEncode(body);
}

Result<std::string> TokenSealer::Open(const TokenBinding& binding, std::string_view token) const {
  // One text for every way of being wrong, so that trying teaches nothing.
  const auto refuse = [&] { return InvalidArgument("Error decoding the {}", binding.noun); };
  if (token.size() > kMaxTokenChars) return refuse();
  const Result<std::string> sealed = Base64UrlDecode(token);
  if (!sealed.ok() || sealed->size() < kHeadBytes + kMacBytes) return refuse();

  const std::string_view body = std::string_view(*sealed).substr(0, sealed->size() - kMacBytes);
  const std::string_view mac = std::string_view(*sealed).substr(body.size());
  const std::shared_ptr<const Keys> keys = CurrentKeys();
  const bool is_ours = std::ranges::any_of(*keys, [&](const HmacSha256Key& key) {
    return ConstantTimeEquals(mac, MacOf(key, binding, body));
  });
  if (!is_ours || body.front() != kVersion) return refuse();

  const auto expiry = static_cast<std::int64_t>(ReadBigEndian(body.substr(1, kExpiryBytes)));
  if (UnixSeconds(clock_->Now()) >= expiry) {
    return InvalidArgument("the {} has expired", binding.noun);
  }
  return std::string(body.substr(kHeadBytes));
}

}  // namespace sluice::crypto
