#include "storage/gcs/credential_file.h"

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "storage/small_file.h"

namespace sluice::storage::gcs {
namespace {

constexpr std::size_t kMaxFileBytes = 64 << 10;
constexpr std::size_t kMaxTypeBytes = 64;
constexpr std::string_view kTokenUri = "https://oauth2.googleapis.com/token";
constexpr std::string_view kUniverse = "googleapis.com";

/// The member, which must be text that is not empty.
Result<std::string> TextOf(const json::object& file, std::string_view key) {
  const json::value* member = FindMember(file, key);
  if (member == nullptr || !member->is_string() || member->get_string().empty()) {
    return InvalidArgument("the Google credentials have no {}", key);
  }
  return std::string(member->get_string());
}

Result<std::string> TokenUriOf(const json::object& file) {
  if (FindMember(file, "token_uri") == nullptr) return std::string(kTokenUri);
  std::string uri = TRY(TextOf(file, "token_uri"));
  const bool is_clean = std::ranges::all_of(uri, [](char c) { return c > ' ' && c < '\x7f'; });
  if (!is_clean || (!uri.starts_with("https://") && !uri.starts_with("http://"))) {
    return InvalidArgument("the token_uri of the Google credentials is not a URL");
  }
  return uri;
}

Result<CredentialFile> ParseServiceAccount(const json::object& file) {
  std::string client_email = TRY(TextOf(file, "client_email"));
  std::string token_uri = TRY(TokenUriOf(file));
  const Secret pem(TRY(TextOf(file, "private_key")));
  Result<crypto::RsaPrivateKey> key = crypto::RsaPrivateKey::FromPem(pem);
  if (!key.ok()) {
    return InvalidArgument("the private_key of the Google credentials: {}", key.error().message);
  }
  const Result<std::string> key_id = TextOf(file, "private_key_id");
  return ServiceAccount{.client_email = std::move(client_email),
                        .key_id = key_id.ok() ? *key_id : std::string(),
                        .token_uri = std::move(token_uri),
                        .key = std::move(key).value()};
}

Result<CredentialFile> ParseAuthorizedUser(const json::object& file) {
  std::string client_id = TRY(TextOf(file, "client_id"));
  Secret client_secret(TRY(TextOf(file, "client_secret")));
  Secret refresh_token(TRY(TextOf(file, "refresh_token")));
  std::string token_uri = TRY(TokenUriOf(file));
  return AuthorizedUser{.client_id = std::move(client_id),
                        .client_secret = std::move(client_secret),
                        .refresh_token = std::move(refresh_token),
                        .token_uri = std::move(token_uri)};
}

/// Types are words: what else stands there is not repeated.
Error OtherType(std::string_view type) {
  const bool is_word = type.size() <= kMaxTypeBytes && std::ranges::all_of(type, [](char c) {
                         return (c >= 'a' && c <= 'z') || c == '_';
                       });
  return Unsupported(
      "Google credentials of the type {} are not supported: service_account and authorized_user "
      "are",
      is_word ? type : "given");
}

}  // namespace

Result<CredentialFile> ParseCredentialFile(std::string_view text) {
  const Result<json::value> parsed = ParseJson(text, {.max_bytes = kMaxFileBytes, .max_depth = 20});
  if (!parsed.ok() || !parsed->is_object()) {
    return InvalidArgument("the Google credentials are not a JSON object");
  }
  const json::object& file = parsed->get_object();
  const std::string type = TRY(TextOf(file, "type"));
  const json::value* universe = FindMember(file, "universe_domain");
  if (universe != nullptr && *universe != json::value(kUniverse)) {
    return Unsupported("Google credentials of another universe_domain than {} are not supported",
                       kUniverse);
  }
  if (type == "service_account") return ParseServiceAccount(file);
  if (type == "authorized_user") return ParseAuthorizedUser(file);
  return OtherType(type);
}

Result<CredentialFile> ReadCredentialFile(const std::string& path) {
  const Secret text(TRY(ReadSmallFile(path, kMaxFileBytes)));
  Result<CredentialFile> file = ParseCredentialFile(text.Reveal());
  if (!file.ok()) return WithDetail(std::move(file).error(), path);
  return file;
}

}  // namespace sluice::storage::gcs
