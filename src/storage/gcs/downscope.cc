#include "storage/gcs/downscope.h"

#include <algorithm>
#include <chrono>

#include "base/encoding.h"
#include "base/json.h"

namespace sluice::storage::gcs {
namespace {

constexpr std::size_t kMaxBoundaryBytes = 2048;
constexpr std::chrono::seconds kMaxLifetime{3600};

/// A text of Google's expression language (CEL), between quotes.
std::string CelString(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

/// What lies in the folder, by name, and lists of it.
std::string ConditionOf(const PrefixScope& scope) {
  const std::string folder = Format("{}/", scope.folder);
  return Format(
      "resource.name.startsWith({}) || "
      "api.getAttribute('storage.googleapis.com/objectListPrefix', '').startsWith({})",
      CelString(Format("projects/_/buckets/{}/objects/{}", scope.bucket, folder)),
      CelString(folder));
}

}  // namespace

Result<std::string> AccessBoundaryOf(const PrefixScope& scope) {
  const bool is_plain =
      std::ranges::none_of(scope.folder, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; });
  if (!is_plain) return Unsupported("the folder's name cannot be written in a condition");
  std::string rule = Format(
      R"({{"availableResource":{},"availablePermissions":["inRole:roles/storage.objectViewer"])",
      JsonString(Format("//storage.googleapis.com/projects/_/buckets/{}", scope.bucket)));
  if (!scope.folder.empty()) {
    rule +=
        Format(R"(,"availabilityCondition":{{"expression":{}}})", JsonString(ConditionOf(scope)));
  }
  std::string boundary = Format(R"({{"accessBoundary":{{"accessBoundaryRules":[{}}}]}}}})", rule);
  if (boundary.size() > kMaxBoundaryBytes) {
    return Unsupported("the folder's name is too long for a condition of {} bytes",
                       kMaxBoundaryBytes);
  }
  return boundary;
}

Result<AccessToken> DownscopeForPrefix(const PrefixScope& scope, const AccessToken& source,
                                       const IdentityContext& context) {
  const std::string boundary = TRY(AccessBoundaryOf(scope));
  const Secret form(
      Format("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange"
             "&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token"
             "&requested_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token"
             "&subject_token={}&options={}",
             PercentEncode(source.value.Reveal()), PercentEncode(boundary)));
  const std::string url = Format("{}/v1/token", scope.sts_url);
  AccessToken token =
      TRY(PostForToken({.url = url, .form = form, .lifetime = kMaxLifetime}, context));
  if (source.expires_at) {
    token.expires_at = std::min(token.expires_at.value_or(*source.expires_at), *source.expires_at);
  }
  return token;
}

}  // namespace sluice::storage::gcs
