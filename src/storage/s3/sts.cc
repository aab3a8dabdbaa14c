#include "storage/s3/sts.h"

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "storage/s3/answers.h"
#include "storage/s3/signature.h"

namespace sluice::storage::s3 {
namespace {

constexpr std::size_t kMaxAnswerBytes = 256 << 10;
constexpr std::size_t kMaxPolicyBytes = 2048;
constexpr std::chrono::seconds kMinDuration{900};
constexpr std::chrono::seconds kMaxDuration{12 * 3600};

Parameters FormOf(std::string_view action, const RoleTerms& terms) {
  Parameters form = {{"Action", std::string(action)},
                     {"Version", "2011-06-15"},
                     {"RoleSessionName", terms.session_name}};
  if (!terms.role_arn.empty()) form.emplace_back("RoleArn", terms.role_arn);
  if (terms.duration.count() > 0) {
    form.emplace_back("DurationSeconds", Format("{}", terms.duration.count()));
  }
  return form;
}

Error Refused(const http::ClientResponse& response, std::string_view origin) {
  const ErrorAnswer answer = ParseErrorAnswer(response.body);
  return WithDetail(Unavailable("the store's token service gave no credentials"),
                    Format("{}: {} {}: {}", origin, response.status, answer.code, answer.message));
}

}  // namespace

TokenService::TokenService(Dependencies dependencies, Address address, std::string region)
    : dependencies_(std::move(dependencies)),
      address_(std::move(address)),
      region_(std::move(region)) {}

Result<TokenService> TokenService::New(Dependencies dependencies, std::string_view url,
                                       std::string region) {
  Address address = TRY(EndpointAddress(url));
  address.base_path += '/';
  return TokenService(std::move(dependencies), std::move(address), std::move(region));
}

Result<Expiring<Credentials>> TokenService::Post(std::string_view action, const std::string& form,
                                                 const Credentials* caller) const {
  const auto make = [&]() -> Result<http::ClientRequest> {
    http::ClientRequest request{
        .method = "POST", .url = address_.origin + address_.base_path, .headers = {}, .body = form};
    request.headers.Add("Content-Type", "application/x-www-form-urlencoded");
    if (caller == nullptr) return request;
    SignHeaders({.method = request.method,
                 .host = address_.host(),
                 .path = address_.base_path,
                 .query = "",
                 .body = form},
                {.credentials = *caller,
                 .region = region_,
                 .service = "sts",
                 .time = dependencies_.clock.Now()},
                request.headers);
    return request;
  };
  const auto response =
      dependencies_.requests->Send(Operation::kCredentials, make, kMaxAnswerBytes);
  if (!response.ok()) {
    return WithDetail(Unavailable("the store's token service cannot be reached"),
                      Format("{}: {}", address_.origin, response.error().ToString()));
  }
  if (response->status != 200) return Refused(*response, address_.origin);
  return ParseStsAnswer(response->body, action);
}

Result<Expiring<Credentials>> TokenService::AssumeRole(const Credentials& caller,
                                                       const RoleTerms& terms) const {
  Parameters form = FormOf("AssumeRole", terms);
  if (!terms.external_id.empty()) form.emplace_back("ExternalId", terms.external_id);
  if (!terms.policy.empty()) form.emplace_back("Policy", terms.policy);
  return Post("AssumeRole", CanonicalQuery(form), &caller);
}

Result<Expiring<Credentials>> TokenService::AssumeRoleWithWebIdentity(
    const Secret& token, const RoleTerms& terms) const {
  Parameters form = FormOf("AssumeRoleWithWebIdentity", terms);
  form.emplace_back("WebIdentityToken", token.Reveal());
  return Post("AssumeRoleWithWebIdentity", CanonicalQuery(form), nullptr);
}

Result<std::string> PrefixPolicy(const PrefixGrant& grant) {
  for (const std::string_view text : {grant.bucket, grant.prefix}) {
    if (text.find_first_of("*?$") != std::string_view::npos) {
      return WithDetail(Unsupported("a policy cannot name this directory"), std::string(text));
    }
  }
  const std::string arn = Format("arn:{}:s3:::{}", PartitionOf(grant.region), grant.bucket);
  const std::string objects = grant.prefix.empty() ? "*" : Format("{}/*", grant.prefix);
  std::string policy =
      Format(R"({{"Version":"2012-10-17","Statement":[)"
             R"({{"Effect":"Allow","Action":"s3:GetObject","Resource":{}}},)"
             R"({{"Effect":"Allow","Action":"s3:ListBucket","Resource":{},)"
             R"("Condition":{{"StringLike":{{"s3:prefix":{}}}}}}}]}})",
             JsonString(Format("{}/{}", arn, objects)), JsonString(arn), JsonString(objects));
  if (policy.size() > kMaxPolicyBytes) return Unsupported("the directory is too long for a policy");
  return policy;
}

Result<Expiring<Credentials>> AssumeRoleForPrefix(const TokenService& service,
                                                  const Credentials& caller,
                                                  const PrefixGrant& grant) {
  const std::string policy = TRY(PrefixPolicy(grant));
  return service.AssumeRole(caller,
                            {.role_arn = std::string(grant.role_arn),
                             .external_id = std::string(grant.external_id),
                             .policy = policy,
                             .duration = std::clamp(grant.duration, kMinDuration, kMaxDuration)});
}

}  // namespace sluice::storage::s3
