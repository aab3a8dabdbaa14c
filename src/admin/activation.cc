#include "admin/activation.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "base/encoding.h"

namespace sluice::admin {
namespace {

using auth::Caller;
using http::Request;
using http::Response;

// Tools that a person runs to fetch a file. Whatever else asks may be looking for a preview.
constexpr std::array<std::string_view, 6> kTools = {"curl/",  "wget/",  "httpie/",
                                                    "sluice", "aria2/", "powershell/"};

bool IsTool(const Request& request) {
  const std::string* const agent = request.headers.Find("User-Agent");
  if (agent == nullptr) return false;
  const std::string name = AsciiLower(*agent);
  // PowerShell names itself behind "Mozilla/5.0 (...)".
  return std::ranges::any_of(kTools, [&](std::string_view tool) { return name.starts_with(tool); }) ||
         name.find("windowspowershell/") != std::string::npos;
}

void AddSafety(Response& response) {
  response.headers.Add("Cache-Control", "no-store");
  response.headers.Add("Referrer-Policy", "no-referrer");
  response.headers.Add("X-Robots-Tag", "noindex");
}

Response Page() {
  Response response;
  response.headers.Add("Content-Type", "text/html; charset=utf-8");
  response.headers.Add("Content-Security-Policy",
                       "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
                       "frame-ancestors 'none'");
  AddSafety(response);
  response.body =
      std::string("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">"
                  "<meta name=\"viewport\" content=\"width=device-width\">"
                  "<title>Your data share</title>"
                  "<style>body{font:18px/1.5 sans-serif;max-width:36em;margin:4em auto;padding:0 "
                  "1em}button{font:inherit;padding:.5em 1em}</style>"
                  "<h1>Your data share</h1>"
                  "<p>The button downloads a profile file with your access token. It works once: "
                  "keep the file as you would keep a password.</p>"
                  "<form method=\"post\"><button>Download the profile</button></form></html>\n");
  return response;
}

Result<Response> GiveProfile(const Request& http, const Caller& caller, AdminService& service) {
  std::string profile = TRY(service.Activate(caller, http.PathParameter("code")));
  Response response;
  response.headers.Add("Content-Type", "application/json; charset=utf-8");
  response.headers.Add("Content-Disposition", "attachment; filename=\"profile.share\"");
  AddSafety(response);
  response.body = std::move(profile);
  return response;
}

Result<Response> Look(const Request& http, const Caller& /*caller*/, AdminService& service) {
  TRY(service.CheckActivation(http.PathParameter("code")));
  return Page();
}

Result<Response> Get(const Request& http, const Caller& caller, AdminService& service) {
  return IsTool(http) ? GiveProfile(http, caller, service) : Look(http, caller, service);
}

}  // namespace

const auth::Route<AdminService> kActivationRoutes[3] = {
    {"GET", "/activate/{code}", auth::Who::kAnyone, http::Execution::kWorker, Get},
    {"HEAD", "/activate/{code}", auth::Who::kAnyone, http::Execution::kWorker, Look},
    {"POST", "/activate/{code}", auth::Who::kAnyone, http::Execution::kWorker, GiveProfile},
};

}  // namespace sluice::admin
