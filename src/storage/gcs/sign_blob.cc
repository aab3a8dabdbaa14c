#include "storage/gcs/sign_blob.h"

#include "base/encoding.h"
#include "base/json.h"
#include "storage/gcs/tokens.h"

namespace sluice::storage::gcs {
namespace {

constexpr std::size_t kMaxSignatureBytes = 1024;  // Of a key of 8,192 bits.
constexpr JsonLimits kLimits = {.max_bytes = 64 << 10, .max_depth = 20};

/// Empty if it is no answer.
std::string SignatureOf(std::string_view body) {
  const Result<json::value> answer = ParseJson(body, kLimits);
  if (!answer.ok() || !answer->is_object()) return {};
  const json::value* member = FindMember(answer->get_object(), "signedBlob");
  if (member == nullptr || !member->is_string()) return {};
  const Result<std::string> signature = Base64Decode(member->get_string());
  return signature.ok() && signature->size() <= kMaxSignatureBytes ? *signature : std::string();
}

}  // namespace

Result<std::string> SignBlob(const SignBlobRequest& sign, Requests& requests) {
  const std::string body = Format(R"({{"payload":"{}"}})", Base64Encode(sign.text));
  http::ClientRequest request;
  request.method = "POST";
  request.url = Format("{}/v1/projects/-/serviceAccounts/{}:signBlob", sign.iam_url,
                       PercentEncode(sign.client_email, "@"));
  request.headers.Add("Authorization", sign.authorization.Reveal());
  request.headers.Add("Content-Type", "application/json");
  request.body = body;
  const http::ClientResponse response = TRY(AskService(request, requests));
  std::string signature = SignatureOf(response.body);
  if (signature.empty()) return NoCredentials(Format("{}: no signedBlob", request.url));
  return signature;
}

}  // namespace sluice::storage::gcs
