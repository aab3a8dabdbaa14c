// What only admins manage: who else may use the owner's surface, where tables may be shared from,
// and whose identities are believed.

#include <algorithm>
#include <utility>

#include "cli/owner_session.h"
#include "cli/request_body.h"
#include "cli/text_table.h"
#include "cli/values.h"

namespace sluice::cli {
namespace {

using As = BodyField::As;
using Kind = Parameter::Kind;

constexpr char kPrincipalNotes[] =
    "Examples:\n"
    "  sluice principal set ann --role share_owner\n"
    "  export SLUICE_TOKEN=$(sluice principal set ci --role admin --lifetime 30d)\n"
    "An admin may do all; a share owner manages the shares and recipients that are theirs; an\n"
    "auditor looks at everything. The token alone goes to standard output and is not shown again;\n"
    "one that the principal had before ends.\n";

constexpr char kRootNotes[] =
    "Examples:\n"
    "  sluice root add lake /data/lake --principal ann --principal bob\n"
    "  sluice root add archive s3://archive --region eu-west-1\n"
    "Share owners may share tables below the roots that name them. Adding again replaces it.\n";

constexpr char kIssuerNotes[] =
    "Example:\n"
    "  sluice issuer add corporate https://login.example.com/tenant\n"
    "Then sluice recipient create NAME --oidc-issuer corporate ... Adding again replaces it.\n";

Result<int> WhoAmI(OwnerSession& session) {
  const json::value answer = TRY(session.server.Get("/whoami"));
  session.Print(answer, Format("{}, role {}, at {}\n", TextOf(answer, "name"),
                               TextOf(answer, "role"), TextOf(answer, "endpoint")));
  return kSuccess;
}

/// When the last good token of a principal ends.
std::string TokenEnd(const json::value& principal) {
  std::string end;
  for (const json::value& token : ArrayIn(principal, "tokens")) {
    if (TextOf(token, "revokedAt").empty()) end = std::max(end, TextOf(token, "expiresAt"));
  }
  return end;
}

Result<int> ListPrincipals(OwnerSession& session) {
  const json::value answer = TRY(session.server.Get("/principals"));
  TextTable table({"NAME", "ROLE", "TOKEN ENDS", "COMMENT"});
  for (const json::value& principal : ArrayIn(answer, "items")) {
    table.Add({TextOf(principal, "name"), TextOf(principal, "role"), TokenEnd(principal),
               TextOf(principal, "comment")});
  }
  session.Print(answer, table.empty()
                            ? "nobody but the token of the data directory, which may do all: see "
                              "sluice principal set --help\n"
                            : table.Text());
  return kSuccess;
}

Result<int> SetPrincipal(OwnerSession& session) {
  json::object body;
  TRY(AddFields(session.arguments,
                {{"--role", "role"}, {"--comment", "comment"}, {"--lifetime", "lifetime"}}, body));
  const std::string name = session.arguments.Text("NAME");
  const json::value answer = TRY(session.server.Put("/principals" + PathPart(name), body));
  if (!session.WantsJson()) {
    session.err() << Format(
        "{} may use the owner's surface as {} until {}, with SLUICE_TOKEN set to:\n", name,
        session.arguments.Text("--role"), TextOf(answer, "expiresAt"));
  }
  session.Print(answer, TextOf(answer, "token") + "\n");
  return kSuccess;
}

std::string JoinedTexts(const json::array& texts) {
  std::string joined;
  for (const json::value& text : texts) {
    if (!text.is_string()) continue;
    joined += (joined.empty() ? "" : ", ") + std::string(text.as_string());
  }
  return joined;
}

Result<int> ListRoots(OwnerSession& session) {
  const json::value answer = TRY(session.server.Get("/roots"));
  TextTable table({"NAME", "LOCATION", "REGION", "PRINCIPALS"});
  for (const json::value& root : ArrayIn(answer, "items")) {
    table.Add({TextOf(root, "name"), TextOf(root, "location"), TextOf(root, "region"),
               JoinedTexts(ArrayIn(root, "principals"))});
  }
  session.Print(answer, table.empty() ? "no roots: see sluice root add --help\n" : table.Text());
  return kSuccess;
}

Result<int> AddRoot(OwnerSession& session) {
  json::object body;
  TRY(AddFields(session.arguments,
                {{"LOCATION", "location", As::kLocation},
                 {"--region", "region"},
                 {"--principal", "principals", As::kList}},
                body));
  const std::string name = session.arguments.Text("NAME");
  const json::value answer = TRY(session.server.Put("/roots" + PathPart(name), body));
  session.Print(answer, Format("root {} is {}\n", name, TextOf(answer, "location")));
  return kSuccess;
}

Result<int> ListIssuers(OwnerSession& session) {
  const json::value answer = TRY(session.server.Get("/issuers"));
  TextTable table({"NAME", "URL", "KEYS"});
  for (const json::value& issuer : ArrayIn(answer, "items")) {
    const std::string keys = TextOf(issuer, "jwksUrl");
    table.Add({TextOf(issuer, "name"), TextOf(issuer, "url"), keys.empty() ? "discovered" : keys});
  }
  session.Print(answer,
                table.empty() ? "no issuers: see sluice issuer add --help\n" : table.Text());
  return kSuccess;
}

Result<int> AddIssuer(OwnerSession& session) {
  json::object body;
  TRY(AddFields(session.arguments, {{"URL", "url"}, {"--jwks-url", "jwksUrl"}}, body));
  const std::string name = session.arguments.Text("NAME");
  const json::value answer = TRY(session.server.Put("/issuers" + PathPart(name), body));
  session.Print(answer, Format("issuer {} is {}\n", name, TextOf(answer, "url")));
  return kSuccess;
}

Parameter Required(const char* name, const char* help) {
  return {.name = name, .help = help, .kind = Kind::kRequired};
}

/// "sluice root drop NAME" and the like.
Command DropCommand(const std::string& kind, const std::string& about) {
  return OwnerCommand(
      {.path = kind + " drop", .about = about, .parameters = {Required("NAME", "As it is listed")}},
      [kind](OwnerSession& session) -> Result<int> {
        const std::string name = session.arguments.Text("NAME");
        const std::string path = "/" + kind + "s" + PathPart(name);
        const json::value answer = TRY(session.server.Delete(path));
        session.Print(answer, Format("{} {} is gone\n", kind, name));
        return kSuccess;
      });
}

}  // namespace

std::vector<Command> SettingCommands() {
  return {
      OwnerCommand({.path = "whoami", .about = "Say who the server takes you for."}, WhoAmI),
      OwnerCommand({.path = "principal list", .about = "List who may use the owner's surface."},
                   ListPrincipals),
      OwnerCommand({.path = "principal set",
                    .about = "Let somebody use the owner's surface, and print a token.",
                    .notes = kPrincipalNotes,
                    .parameters = {Required("NAME", "One word, such as ann"),
                                   {.name = "--role",
                                    .help = "admin, share_owner or auditor",
                                    .kind = Kind::kRequired,
                                    .choices = {"admin", "share_owner", "auditor"}},
                                   {.name = "--comment", .help = "For you"},
                                   {.name = "--lifetime",
                                    .help = "How long the token lives",
                                    .value_name = "DURATION"}}},
                   SetPrincipal),
      DropCommand("principal", "Let somebody no longer use the owner's surface."),
      OwnerCommand({.path = "root list", .about = "List all roots."}, ListRoots),
      OwnerCommand({.path = "root add",
                    .about = "Let share owners share the tables below a location.",
                    .notes = kRootNotes,
                    .parameters = {Required("NAME", "One word, such as lake"),
                                   Required("LOCATION", "A folder or a URL"),
                                   {.name = "--region", .help = "Where its data lies"},
                                   {.name = "--principal",
                                    .help = "Who may share from it; may be repeated",
                                    .kind = Kind::kMany,
                                    .value_name = "NAME"}}},
                   AddRoot),
      DropCommand("root", "End a root; what is shared from it stays shared."),
      OwnerCommand({.path = "issuer list", .about = "List the identity providers."}, ListIssuers),
      OwnerCommand({.path = "issuer add",
                    .about = "Believe the tokens of an identity provider.",
                    .notes = kIssuerNotes,
                    .parameters = {Required("NAME", "One word, such as corporate"),
                                   Required("URL", "Exactly as iss in its tokens"),
                                   {.name = "--jwks-url",
                                    .help = "Its keys; else as its discovery document says",
                                    .value_name = "URL"}}},
                   AddIssuer),
      DropCommand("issuer", "No longer believe an identity provider."),
  };
}

}  // namespace sluice::cli
