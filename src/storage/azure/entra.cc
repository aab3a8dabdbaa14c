#include "storage/azure/entra.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/encoding.h"
#include "base/json.h"
#include "storage/small_file.h"

namespace sluice::storage::azure {
namespace {

constexpr std::size_t kMaxAnswerBytes = 256 << 10;
constexpr std::size_t kMaxErrorChars = 100;
constexpr std::int64_t kMaxLifetimeSeconds = 400LL * 24 * 3600;

// Of all clouds.
constexpr std::string_view kStorageResource = "https://storage.azure.com/";

Error NoToken(std::string detail) {
  return WithDetail(Unavailable("Microsoft Entra gave no token"), std::move(detail));
}

/// Seconds as a number, or as text the way the metadata service has them.
std::optional<std::int64_t> SecondsIn(const json::value* value) {
  if (value == nullptr) return std::nullopt;
  if (value->is_int64()) return value->get_int64();
  if (!value->is_string()) return std::nullopt;
  const std::string_view text = value->get_string();
  std::int64_t seconds = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return seconds;
}

/// Of {"error":"invalid_client","error_description":"AADSTS7000215: Invalid client…"} what tells
/// the cause and repeats nothing that was sent.
std::string ErrorIn(std::string_view body) {
  const auto answer = ParseJson(body);
  if (!answer.ok() || !answer->is_object()) return "no JSON";
  std::string text;
  for (const char* name : {"error", "error_description"}) {
    const json::value* const value = FindMember(answer->get_object(), name);
    if (value == nullptr || !value->is_string()) continue;
    const std::string_view words = value->get_string();
    const std::string_view code = words.substr(0, words.find_first_of(":. \r\n"));
    text += Format("{}{}", text.empty() ? "" : " ", code.substr(0, kMaxErrorChars));
  }
  return text;
}

Result<Expiring<Secret>> ReadAnswer(const http::ClientResponse& answer, std::string_view who,
                                    const Clock& clock) {
  if (answer.status != 200) {
    return NoToken(Format("{}: HTTP {}, {}", who, answer.status, ErrorIn(answer.body)));
  }
  auto token = ParseTokenAnswer(answer.body, clock.Now());
  if (token.ok()) return token;
  return NoToken(Format("{}: {}", who, token.error().detail));
}

void AppendField(std::string_view name, std::string_view value, std::string& form) {
  form += Format("{}{}={}", form.empty() ? "" : "&", name, PercentEncode(value));
}

Result<std::string> FormOf(const EntraApplication& application) {
  std::string form;
  AppendField("grant_type", "client_credentials", form);
  AppendField("client_id", application.client_id, form);
  AppendField("scope", Format("{}.default", kStorageResource), form);
  if (!application.federated_token_file.empty()) {
    const Secret token = TRY(ReadSecretFile(application.federated_token_file));
    AppendField("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                form);
    AppendField("client_assertion", token.Reveal(), form);
    return form;
  }
  const Secret secret = application.secret_file.empty()
                            ? application.secret
                            : TRY(ReadSecretFile(application.secret_file));
  AppendField("client_secret", secret.Reveal(), form);
  return form;
}

}  // namespace

Result<Expiring<Secret>> ParseTokenAnswer(std::string_view body, SystemTime now) {
  const auto answer = ParseJson(body, {.max_bytes = kMaxAnswerBytes, .max_depth = 10});
  if (!answer.ok() || !answer->is_object()) return NoToken("the answer is no JSON object");
  const json::value* const token = FindMember(answer->get_object(), "access_token");
  const auto seconds = SecondsIn(FindMember(answer->get_object(), "expires_in"));
  if (token == nullptr || !token->is_string() || token->get_string().empty()) {
    return NoToken("the answer has no access_token");
  }
  const std::string_view text = token->get_string();
  // It goes into a header.
  if (std::ranges::any_of(text, [](char c) { return c <= ' ' || c > '~'; })) {
    return NoToken("the access_token has characters that none has");
  }
  if (!seconds || *seconds <= 0) return NoToken("the answer does not say when its token ends");
  return Expiring<Secret>{
      .value = Secret(std::string(text)),
      .expires_at = now + std::chrono::seconds(std::min(*seconds, kMaxLifetimeSeconds))};
}

Result<Expiring<Secret>> FetchToken(const EntraApplication& application, Requests& requests,
                                    const Clock& clock) {
  const auto form = FormOf(application);
  if (!form.ok()) return NoToken(form.error().ToString());
  const auto make = [&]() -> Result<http::ClientRequest> {
    http::ClientRequest request{.method = "POST",
                                .url = Format("{}/{}/oauth2/v2.0/token", application.authority,
                                              PercentEncode(application.tenant_id)),
                                .body = *form};
    request.headers.Add("Content-Type", "application/x-www-form-urlencoded");
    request.headers.Add("Accept", "application/json");
    return request;
  };
  const auto answer = requests.Send(Operation::kCredentials, make, kMaxAnswerBytes);
  if (!answer.ok()) return NoToken(answer.error().ToString());
  return ReadAnswer(*answer, application.authority, clock);
}

Result<Expiring<Secret>> FetchToken(const ManagedIdentity& identity, Requests& requests,
                                    const Clock& clock) {
  const auto make = [&]() -> Result<http::ClientRequest> {
    http::ClientRequest request{
        .method = "GET",
        .url = Format("{}/metadata/identity/oauth2/token?api-version=2018-02-01&resource={}",
                      identity.endpoint, PercentEncode(kStorageResource))};
    if (!identity.client_id.empty()) {
      request.url += Format("&client_id={}", PercentEncode(identity.client_id));
    }
    request.headers.Add("Metadata", "true");  // Proves that no redirect led there.
    return request;
  };
  const auto answer = requests.Send(Operation::kCredentials, make, kMaxAnswerBytes);
  if (!answer.ok()) return NoToken(answer.error().ToString());
  return ReadAnswer(*answer, identity.endpoint, clock);
}

}  // namespace sluice::storage::azure
