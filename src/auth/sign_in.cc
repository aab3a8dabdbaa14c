#include "auth/sign_in.h"

#include <utility>

namespace sluice::auth {
namespace {

Error NoSignIn() { return NotFound("there is nobody to sign in here"); }

Result<http::Response> GetDocument(const http::Request& http, const Caller& /*caller*/,
                                   SignIn& service) {
  http::Response response;
  response.body = TRY(service.DocumentOf(http.PathParameter("recipient")));
  response.headers.Add("Content-Type", "application/json; charset=utf-8");
  response.headers.Add("Cache-Control", "no-cache");
  return response;
}

}  // namespace

Result<std::string> SignIn::DocumentOf(std::string_view recipient_id) const {
  const catalog::ViewPtr view = catalog_.Current();
  const catalog::RecipientPtr recipient = view->FindRecipientById(recipient_id);
  if (recipient == nullptr || !recipient->record.enabled) return NoSignIn();
  const auto& rule = recipient->record.federation;
  if (!rule) return NoSignIn();
  const catalog::Issuer* const issuer = view->settings().FindIssuer(rule->issuer);
  if (issuer == nullptr) return NoSignIn();
  return providers_.BrowserDocumentOf(*issuer);
}

const Route<SignIn> kSignInRoutes[1] = {
    {"GET", "/oidc/.well-known/openid-configuration", Who::kAnyone, http::Execution::kWorker,
     GetDocument},
};

}  // namespace sluice::auth
