#include <algorithm>

#include "base/encoding.h"
#include "base/json.h"
#include "http/client_target.h"
#include "http/networks.h"
#include "storage/s3/credential_source.h"
#include "storage/small_file.h"
#include "storage/wire_time.h"

namespace sluice::storage::s3 {
namespace {

constexpr std::size_t kMaxAnswerBytes = 64 << 10;
constexpr int kAttempts = 2;
// These services are on this machine or next to it: one that is slow is not there.
constexpr std::chrono::seconds kInstanceTimeout{2};
constexpr std::chrono::seconds kContainerTimeout{5};

constexpr std::string_view kContainerHost = "http://169.254.170.2";
constexpr std::string_view kInstanceHost = "http://169.254.169.254";
constexpr std::string_view kInstanceHostIpv6 = "http://[fd00:ec2::254]";
constexpr char kRolesPath[] = "/latest/meta-data/iam/security-credentials/";

/// Asks again once if there is no answer, or one that may pass.
Result<http::ClientResponse> Ask(http::Client& client, const http::ClientRequest& request,
                                 std::chrono::seconds timeout) {
  const http::Client::Limits limits = {.timeout = timeout, .max_body_bytes = kMaxAnswerBytes};
  Result<http::ClientResponse> response = client.Send(request, limits);
  for (int attempt = 1; attempt < kAttempts; ++attempt) {
    const bool may_pass =
        response.ok() ? response->status >= 500 : response.error().code == ErrorCode::kUnavailable;
    if (!may_pass) break;
    response = client.Send(request, limits);
  }
  return response;
}

std::string TextOf(const json::object& object, std::string_view name) {
  const json::value* const value = FindMember(object, name);
  const json::string* const text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? "" : std::string(*text);
}

/// {"AccessKeyId":..,"SecretAccessKey":..,"Token":..,"Expiration":"2017-05-17T15:09:54Z"}
Result<Found> ParseCredentials(std::string_view text, const std::string& where) {
  const auto document = ParseJson(text, {.max_bytes = kMaxAnswerBytes, .max_depth = 10});
  if (!document.ok() || !document->is_object()) {
    return NoCredentials(where + ": the answer is no JSON object");
  }
  const json::object& object = document->get_object();
  const std::string code = TextOf(object, "Code");
  if (!code.empty() && code != "Success") {
    return NoCredentials(Format("{}: {}", where, code.substr(0, 100)));
  }
  Found found = TRY(FoundKey(TextOf(object, "AccessKeyId"), TextOf(object, "SecretAccessKey"),
                             TextOf(object, "Token"), where));
  if (!found.credentials) return NoCredentials(where + ": the answer has no credentials");
  const std::string end = TextOf(object, "Expiration");
  if (end.empty()) return found;
  const auto expires_at = ParseIsoTime(end);
  if (!expires_at.ok()) return NoCredentials(where + ": the credentials' end is no time");
  found.credentials->expires_at = *expires_at;
  return found;
}

/// Whether credentials may be asked for there without TLS.
bool IsOfThisMachine(std::string_view host) {
  if (host == "localhost") return true;
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  const auto address = http::ParseIpAddress(host);
  const auto known = http::Networks::Parse(
      {"127.0.0.0/8", "::1/128", "169.254.170.2/32", "169.254.170.23/32", "fd00:ec2::23/128"});
  return address && known.ok() && known->Contains(*address);
}

Result<void> CheckFullUri(const std::string& uri) {
  constexpr char kName[] = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
  const auto target = http::ParseClientUrl(uri);
  if (!target.ok()) return NoCredentials(Format("{}: {}", kName, target.error().message));
  if (target->is_tls || IsOfThisMachine(target->host)) return {};
  return NoCredentials(
      Format("{}: {} is neither of this machine nor over https", kName, target->host));
}

Result<std::string> ContainerToken(const Surroundings& surroundings) {
  std::string token = surroundings.environment("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  const std::string path = surroundings.environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  if (!path.empty()) {
    const auto secret = ReadSecretFile(path);
    if (!secret.ok()) {
      return NoCredentials("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: " + secret.error().ToString());
    }
    token = secret->Reveal();
  }
  if (std::ranges::any_of(token, [](char c) { return c >= 0 && c < ' '; })) {
    return NoCredentials("the container's authorization token has a line break");
  }
  return token;
}

/// What AWS_EC2_METADATA_SERVICE_ENDPOINT and _MODE say.
std::string InstanceEndpoint(const Surroundings& surroundings) {
  std::string endpoint = surroundings.environment("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  while (endpoint.ends_with('/')) endpoint.pop_back();
  if (!endpoint.empty()) return endpoint;
  const std::string mode = surroundings.environment("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
  return std::string(AsciiLower(mode) == "ipv6" ? kInstanceHostIpv6 : kInstanceHost);
}

/// Reads what is below the endpoint, with the token of a session.
Result<http::ClientResponse> GetMetadata(http::Client& client, const std::string& url,
                                         const std::string& token) {
  http::ClientRequest request{.method = "GET", .url = url, .headers = {}, .body = {}};
  request.headers.Add("X-aws-ec2-metadata-token", token);
  return Ask(client, request, kInstanceTimeout);
}

}  // namespace

Result<Found> FoundKey(std::string access_key_id, std::string secret, std::string session_token,
                       const std::string& where) {
  if (access_key_id.empty() && secret.empty()) return NotFoundBecause("no access key");
  if (access_key_id.empty()) return NoCredentials(where + ": a secret without its access key");
  if (secret.empty()) return NoCredentials(where + ": an access key without its secret");
  return Found{
      .credentials =
          Expiring<Credentials>{.value = {.access_key_id = std::move(access_key_id),
                                          .secret_access_key = Secret(std::move(secret)),
                                          .session_token = Secret(std::move(session_token))},
                                .expires_at = {}},
      .why_not = {}};
}

Result<Found> FindContainerCredentials(const Surroundings& surroundings) {
  const std::string relative = surroundings.environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  std::string uri = surroundings.environment("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (!relative.empty()) {
    uri = Format("{}{}{}", kContainerHost, relative.starts_with('/') ? "" : "/", relative);
  }
  if (uri.empty()) return NotFoundBecause("no AWS_CONTAINER_CREDENTIALS_..._URI");
  TRY(CheckFullUri(uri));
  http::ClientRequest request{.method = "GET", .url = uri, .headers = {}, .body = {}};
  const std::string token = TRY(ContainerToken(surroundings));
  if (!token.empty()) request.headers.Add("Authorization", token);
  const auto response = Ask(*surroundings.identity_client, request, kContainerTimeout);
  if (!response.ok()) return NoCredentials("container: " + response.error().ToString());
  if (response->status != 200) {
    return NoCredentials(Format("container: status {}", response->status));
  }
  return ParseCredentials(response->body, "container");
}

Result<Found> FindInstanceCredentials(const Surroundings& surroundings) {
  if (AsciiLower(surroundings.environment("AWS_EC2_METADATA_DISABLED")) == "true") {
    return NotFoundBecause("AWS_EC2_METADATA_DISABLED is set");
  }
  http::Client& client = *surroundings.identity_client;
  const std::string endpoint = InstanceEndpoint(surroundings);
  http::ClientRequest ask_token{
      .method = "PUT", .url = endpoint + "/latest/api/token", .headers = {}, .body = {}};
  ask_token.headers.Add("X-aws-ec2-metadata-token-ttl-seconds", "300");
  const auto token = Ask(client, ask_token, kInstanceTimeout);
  if (!token.ok()) return NotFoundBecause(token.error().ToString());
  const std::string session(TrimAsciiSpace(token->body));
  if (token->status != 200 || session.empty()) {
    return NotFoundBecause(Format("no session token, status {}", token->status));
  }
  const auto roles = GetMetadata(client, endpoint + kRolesPath, session);
  if (!roles.ok()) return NoCredentials("instance: " + roles.error().ToString());
  const std::string_view role =
      TrimAsciiSpace(std::string_view(roles->body).substr(0, roles->body.find('\n')));
  if (roles->status == 404 || (roles->status == 200 && role.empty())) {
    return NotFoundBecause("the instance has no role");
  }
  if (roles->status != 200) return NoCredentials(Format("instance: status {}", roles->status));
  const auto response =
      GetMetadata(client, Format("{}{}{}", endpoint, kRolesPath, PercentEncode(role)), session);
  if (!response.ok()) return NoCredentials("instance: " + response.error().ToString());
  if (response->status != 200) {
    return NoCredentials(Format("instance: status {}", response->status));
  }
  return ParseCredentials(response->body, "instance");
}

}  // namespace sluice::storage::s3
