#include "protocol/temporary_credentials.h"

#include <utility>
#include <variant>

#include "base/clock.h"
#include "protocol/body_reader_internal.h"
#include "protocol/object_writer_internal.h"
#include "protocol/query.h"

namespace sluice::protocol {
namespace {

/// Writes the one member that says which cloud's they are.
struct CredentialWriter {
  ObjectWriter& object;

  void operator()(const storage::s3::Credentials& session) const {
    ObjectWriter aws = object.Object("awsTempCredentials");
    aws.Text("accessKeyId", session.access_key_id);
    aws.Text("secretAccessKey", session.secret_access_key.Reveal());
    aws.Text("sessionToken", session.session_token.Reveal());
  }
  void operator()(const storage::DirectorySas& sas) const {
    object.Object("azureUserDelegationSas").Text("sasToken", sas.query.Reveal());
  }
  void operator()(const storage::BearerToken& token) const {
    object.Object("gcpOauthToken").Text("oauthToken", token.text.Reveal());
  }
};

}  // namespace

Result<TemporaryCredentialsRequest> ParseTemporaryCredentials(const http::Request& request) {
  const BodyReader body =
      TRY(BodyReader::Parse(request.body, "GenerateTemporaryTableCredentialRequest"));
  TemporaryCredentialsRequest parsed{.table = TableOf(request), .location = {}};
  parsed.location = TRY(body.Text("location"));
  if (parsed.location && parsed.location->empty()) parsed.location.reset();
  return parsed;
}

std::string EncodeTemporaryCredentials(std::string_view location,
                                       const storage::VendedCredentials& vended) {
  std::string out;
  {
    ObjectWriter answer(out);
    ObjectWriter object = answer.Object("credentials");
    object.Text("location", location);
    std::visit(CredentialWriter{object}, vended.credentials);
    object.Number("expirationTime", UnixMillis(vended.expires_at));
  }
  out.push_back('\n');
  return out;
}

}  // namespace sluice::protocol
