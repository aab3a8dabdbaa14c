#include "storage/gcs/tokens.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "base/json.h"
#include "storage/gcs/answers.h"

namespace sluice::storage::gcs {
namespace {

constexpr std::size_t kMaxTokenAnswerBytes = 64 << 10;
constexpr std::size_t kMaxEmailBytes = 320;  // RFC 5321: 64, '@', 255.
constexpr std::chrono::seconds kAssertionLifetime{3600};
constexpr std::chrono::seconds kLifetimeUnlessSaid{600};
constexpr std::string_view kMetadataPath = "/computeMetadata/v1/instance/service-accounts/default";

AccessToken Expire(TokenAnswer answer, SystemTime asked_at, std::chrono::seconds unless_said) {
  return {.value = std::move(answer.token),
          .expires_at = asked_at + answer.lifetime.value_or(unless_said)};
}

/// The claim that the key's owner asks, as a JWT (RFC 7519), signed by RS256.
Result<Secret> MakeAssertion(const ServiceAccount& account, std::string_view scope,
                             SystemTime now) {
  const auto second = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch();
  const std::string header =
      Format(R"({{"alg":"RS256","typ":"JWT","kid":{}}})", JsonString(account.key_id));
  const std::string claims =
      Format(R"({{"iss":{},"scope":{},"aud":{},"iat":{},"exp":{}}})",
             JsonString(account.client_email), JsonString(scope), JsonString(account.token_uri),
             second.count(), (second + kAssertionLifetime).count());
  std::string jwt = Base64UrlEncode(header);
  jwt += '.';
  AppendBase64Url(claims, jwt);
  const std::string signature = TRY(account.key.SignSha256(jwt));
  jwt += '.';
  AppendBase64Url(signature, jwt);
  return Secret(std::move(jwt));
}

/// The answer of the machine's metadata server.
Result<http::ClientResponse> AskMachine(const MachineAccount& account, std::string_view what,
                                        Requests& requests) {
  http::ClientRequest request;
  request.url = Format("http://{}{}/{}", account.metadata_host, kMetadataPath, what);
  request.headers.Add("Metadata-Flavor", "Google");
  http::ClientResponse response = TRY(AskService(request, requests));
  const std::string* flavor = response.headers.Find("Metadata-Flavor");
  if (flavor == nullptr || *flavor != "Google") {
    return NoCredentials(Format("{}: not Google's metadata server", account.metadata_host));
  }
  return response;
}

}  // namespace

Error NoCredentials(std::string detail) {
  return WithDetail(Unavailable("the store's credentials cannot be had"), std::move(detail));
}

Result<http::ClientResponse> AskService(const http::ClientRequest& request, Requests& requests) {
  Result<http::ClientResponse> response = requests.Send(
      Operation::kCredentials, [&request]() -> Result<http::ClientRequest> { return request; },
      kMaxTokenAnswerBytes);
  if (!response.ok()) {
    return NoCredentials(Format("{}: {}", request.url, response.error().ToString()));
  }
  if (response->status != 200) {
    return NoCredentials(
        Format("{}: status {} {}", request.url, response->status, DescribeError(response->body)));
  }
  return response;
}

Result<AccessToken> PostForToken(const TokenForm& post, const IdentityContext& context) {
  const SystemTime asked_at = context.clock.Now();
  http::ClientRequest request;
  request.method = "POST";
  request.url = post.url;
  request.headers.Add("Content-Type", "application/x-www-form-urlencoded");
  request.body = post.form.Reveal();
  const http::ClientResponse response = TRY(AskService(request, context.requests));
  Result<TokenAnswer> answer = ParseToken(response.body);
  if (!answer.ok()) return NoCredentials(Format("{}: {}", post.url, answer.error().detail));
  return Expire(std::move(answer).value(), asked_at, post.lifetime);
}

Result<AccessToken> FetchToken(const ServiceAccount& account, std::string_view scope,
                               const IdentityContext& context) {
  const Secret assertion = TRY(MakeAssertion(account, scope, context.clock.Now()));
  const Secret form(
      Format("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"
             "&assertion={}",
             assertion.Reveal()));
  return PostForToken({.url = account.token_uri, .form = form, .lifetime = kLifetimeUnlessSaid},
                      context);
}

Result<AccessToken> FetchToken(const AuthorizedUser& user, const IdentityContext& context) {
  const Secret form(
      Format("grant_type=refresh_token&client_id={}&client_secret={}&refresh_token={}",
             PercentEncode(user.client_id), PercentEncode(user.client_secret.Reveal()),
             PercentEncode(user.refresh_token.Reveal())));
  return PostForToken({.url = user.token_uri, .form = form, .lifetime = kLifetimeUnlessSaid},
                      context);
}

Result<AccessToken> FetchToken(const MachineAccount& account, const IdentityContext& context) {
  const SystemTime asked_at = context.clock.Now();
  const http::ClientResponse response = TRY(AskMachine(account, "token", context.requests));
  Result<TokenAnswer> answer = ParseToken(response.body);
  if (!answer.ok()) {
    return NoCredentials(Format("{}: {}", account.metadata_host, answer.error().detail));
  }
  return Expire(std::move(answer).value(), asked_at, kLifetimeUnlessSaid);
}

Result<std::string> FetchEmail(const MachineAccount& account, const IdentityContext& context) {
  const http::ClientResponse response = TRY(AskMachine(account, "email", context.requests));
  const std::string_view email = TrimAsciiSpace(response.body);
  const bool is_clean = std::ranges::all_of(email, [](char c) { return c > ' ' && c < '\x7f'; });
  if (email.size() > kMaxEmailBytes || !is_clean || email.find('@') == std::string_view::npos) {
    return NoCredentials(
        Format("{}: the machine has no service account of its own", account.metadata_host));
  }
  return std::string(email);
}

}  // namespace sluice::storage::gcs
