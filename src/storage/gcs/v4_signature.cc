#include "storage/gcs/v4_signature.h"

#include "base/encoding.h"
#include "base/format.h"
#include "crypto/hash.h"

namespace sluice::storage::gcs {
namespace {

constexpr std::string_view kAlgorithm = "GOOG4-RSA-SHA256";

/// "20261121T100000Z"
std::string CompactUtc(SystemTime time) {
  std::string text;
  AppendUtc(time, text);  // "2026-11-21T10:00:00.123Z"
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text.substr(0, text.find('.')) + "Z";
}

/// Of "https://host:port" the host.
std::string_view HostOf(std::string_view base_url) {
  std::string_view host = base_url.substr(base_url.find("://") + 3);
  const std::size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) {
    host = host.substr(0, colon);
  }
  return host;
}

}  // namespace

V4Signature::V4Signature(const V4Terms& terms)
    : base_url_(terms.base_url), host_(HostOf(terms.base_url)) {
  const auto second = std::chrono::floor<std::chrono::seconds>(terms.signed_at);
  const std::string time = CompactUtc(second);
  const std::string scope = Format("{}/auto/storage/goog4_request", time.substr(0, 8));
  path_ = Format("/{}/", PercentEncode(terms.bucket));
  query_ = Format(
      "X-Goog-Algorithm={}&X-Goog-Credential={}%2F{}&X-Goog-Date={}&X-Goog-Expires={}"
      "&X-Goog-SignedHeaders=host",
      kAlgorithm, PercentEncode(terms.client_email), PercentEncode(scope), time,
      terms.lifetime.count());
  string_to_sign_ = Format("{}\n{}\n{}\n", kAlgorithm, time, scope);
  expires_at_ = second + terms.lifetime;
}

std::string V4Signature::CanonicalRequest(std::string_view key) const {
  return Format("GET\n{}{}\n{}\nhost:{}\n\nhost\nUNSIGNED-PAYLOAD", path_, PercentEncode(key, "/"),
                query_, host_);
}

std::string V4Signature::StringToSign(std::string_view key) const {
  std::string text = string_to_sign_;
  crypto::AppendSha256Hex(CanonicalRequest(key), text);
  return text;
}

void V4Signature::AppendUrl(std::string_view key, std::string_view signature,
                            std::string& out) const {
  out += base_url_;
  out += path_;
  AppendPercentEncoded(key, "/", out);
  out += '?';
  out += query_;
  out += "&X-Goog-Signature=";
  AppendHex(signature, out);
}

}  // namespace sluice::storage::gcs
