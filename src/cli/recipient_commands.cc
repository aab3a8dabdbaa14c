// sluice recipient: who may read, and how they are let in.

#include <fstream>
#include <utility>

#include "base/secret.h"
#include "cli/owner_session.h"
#include "cli/private_file.h"
#include "cli/report.h"
#include "cli/request_body.h"
#include "cli/text_table.h"
#include "cli/values.h"

namespace sluice::cli {
namespace {

using As = BodyField::As;
using Kind = Parameter::Kind;

constexpr char kCreateNotes[] =
    "Examples:\n"
    "  sluice recipient create acme --attribute country=FR --expires 90d\n"
    "      Each token that acme gets lives for 90 days.\n"
    "  sluice recipient create audit-2026 --expires 2026-12-31 --allow-ip 203.0.113.0/24\n"
    "      The recipient itself ends on that day, and reads from one network only.\n"
    "  sluice recipient create globex --oidc-issuer corporate --oidc-audience sluice \\\n"
    "      --oidc-claim sub=globex-reader --oidc-client-id globex-reader\n"
    "      Shows tokens of an identity provider: see sluice issuer add, and sluice recipient "
    "profile.\n"
    "  sluice recipient create initech --cert-san DNS:reader.initech.example\n"
    "Next: sluice grant SHARE --to NAME, then sluice recipient activation-link NAME.\n";

constexpr char kUpdateNotes[] =
    "Examples:\n"
    "  sluice recipient update acme --attribute country=DE   replaces all attributes\n"
    "  sluice recipient update acme --attribute \"\"           removes all attributes\n"
    "  sluice recipient update acme --expires never          for the recipient itself\n"
    "  sluice recipient update acme --oidc-issuer \"\"         no longer by its identity provider\n"
    "What is not named stays as it is.\n";

constexpr char kLinkNotes[] =
    "Examples:\n"
    "  sluice recipient activation-link acme\n"
    "  LINK=$(sluice recipient activation-link acme)\n"
    "The link alone goes to standard output. It gives a profile with a new token once; opening it "
    "in\n"
    "a browser shows a page with a button, so that a preview does not use it up.\n";

constexpr char kProfileNotes[] =
    "Examples:\n"
    "  sluice recipient profile globex > globex.share\n"
    "      globex puts its client's secret into the file: this server never learns it.\n"
    "  sluice recipient profile globex --client-secret-file secret.txt --out globex.share\n"
    "For a recipient with --oidc-client-id. An activation link gives the same file, without the\n"
    "secret. Recipients that read with a token of this server are given it by an activation link "
    "or\n"
    "by sluice token issue.\n";

std::string RecipientPath(const std::string& name) { return "/recipients" + PathPart(name); }

std::vector<Parameter> RecipientParameters(Parameter name) {
  return {
      std::move(name),
      {.name = "--comment", .help = "For you and other owners"},
      {.name = "--owner", .help = "The principal who may change it", .value_name = "NAME"},
      {.name = "--attribute",
       .help = "For policies and reports; may be repeated",
       .kind = Kind::kMany,
       .value_name = "KEY=VALUE"},
      {.name = "--tag", .help = "May be repeated", .kind = Kind::kMany, .value_name = "KEY=VALUE"},
      {.name = "--expires",
       .help = "A duration: how long its tokens live. A day or time: when the recipient ends",
       .value_name = "90d|DATE|never"},
      {.name = "--allow-ip",
       .help = "It may read from this network only; may be repeated",
       .kind = Kind::kMany,
       .value_name = "CIDR"},
      {.name = "--region", .help = "Where it reads, for the cost of it"},
      {.name = "--oidc-issuer",
       .help = "The registered issuer of its tokens",
       .value_name = "NAME",
       .group = "Identity provider"},
      {.name = "--oidc-audience", .help = "What must be in aud", .group = "Identity provider"},
      {.name = "--oidc-claim",
       .help = "What its tokens must say; may be repeated",
       .kind = Kind::kMany,
       .value_name = "CLAIM=VALUE",
       .group = "Identity provider"},
      {.name = "--oidc-client-id",
       .help = "Its client there, for the profile file that it is handed",
       .group = "Identity provider"},
      {.name = "--oidc-token-endpoint",
       .help = "Where that client gets tokens; else as the provider says",
       .value_name = "URL",
       .group = "Identity provider"},
      {.name = "--oidc-scope",
       .help = "What that client asks for, if the provider wants it said",
       .group = "Identity provider"},
      {.name = "--cert-subject",
       .help = "The subject of its client certificate, as \"CN=reader,O=Acme\"",
       .group = "Client certificate"},
      {.name = "--cert-san",
       .help = "An alternative name of its certificate, as DNS:reader.acme.example",
       .group = "Client certificate"}};
}

/// Issuer, audience and claims together, or null to end it.
Result<void> AddFederation(const Arguments& arguments, json::object& body) {
  json::object rule;
  TRY(AddFields(arguments,
                {{"--oidc-issuer", "issuer"},
                 {"--oidc-audience", "audience"},
                 {"--oidc-claim", "claims", As::kPairs},
                 {"--oidc-client-id", "clientId"},
                 {"--oidc-token-endpoint", "tokenEndpoint"},
                 {"--oidc-scope", "scope"}},
                rule));
  if (rule.empty()) return {};
  if (!arguments.Has("--oidc-issuer")) {
    return InvalidArgument("--oidc-issuer is missing: what is said of it goes together");
  }
  const bool ends = arguments.Text("--oidc-issuer").empty();
  body["federation"] = ends ? json::value() : json::value(std::move(rule));
  return {};
}

Result<void> AddCertificate(const Arguments& arguments, json::object& body) {
  json::object rule;
  TRY(AddFields(arguments, {{"--cert-subject", "subject"}, {"--cert-san", "alternativeName"}},
                rule));
  if (rule.empty()) return {};
  const bool ends =
      arguments.Text("--cert-subject").empty() && arguments.Text("--cert-san").empty();
  body["certificate"] = ends ? json::value() : json::value(std::move(rule));
  return {};
}

Result<json::object> RecipientBody(const Arguments& arguments) {
  json::object body;
  TRY(AddFields(arguments,
                {{"--comment", "comment"},
                 {"--owner", "owner"},
                 {"--attribute", "attributes", As::kPairs},
                 {"--tag", "tags", As::kPairs},
                 {"--allow-ip", "allowedNetworks", As::kList},
                 {"--region", "region"}},
                body));
  if (arguments.Has("--expires")) {
    const Expiry expiry = TRY(ParseExpiry("--expires", arguments.Text("--expires")));
    if (expiry.lifetime) {
      body["tokenLifetime"] = arguments.Text("--expires");
    } else {
      body["expiresAt"] = expiry.time ? json::value(TimeText(*expiry.time)) : json::value();
    }
  }
  TRY(AddFederation(arguments, body));
  TRY(AddCertificate(arguments, body));
  return body;
}

Result<int> CreateRecipient(OwnerSession& session) {
  json::object body = TRY(RecipientBody(session.arguments));
  const std::string name = session.arguments.Text("NAME");
  body["name"] = name;
  const json::value answer = TRY(session.server.Post("/recipients", body));
  session.Print(answer, Format("recipient {0} is there; let it read with\n"
                               "  sluice grant SHARE --to {0}\n"
                               "and hand over its profile with\n"
                               "  sluice recipient activation-link {0}\n",
                               name));
  return kSuccess;
}

std::string JoinedShares(const json::value& recipient) {
  std::string text;
  for (const json::value& grant : ArrayIn(recipient, "grants")) {
    const std::string share = TextOf(grant, "share");
    if (!share.empty()) text += (text.empty() ? "" : ", ") + share;
  }
  return text;
}

std::string StateOf(const json::value& recipient) {
  const json::value* const enabled = FindMember(recipient.as_object(), "enabled");
  return enabled != nullptr && enabled->is_bool() && !enabled->as_bool() ? "disabled" : "enabled";
}

Result<int> ListRecipients(OwnerSession& session) {
  const json::value answer = TRY(session.server.Get("/recipients"));
  TextTable table({"NAME", "STATE", "SHARES", "TOKENS", "EXPIRES", "COMMENT"});
  for (const json::value& recipient : ArrayIn(answer, "items")) {
    table.Add({TextOf(recipient, "name"), StateOf(recipient), JoinedShares(recipient),
               Format("{}", ArrayIn(recipient, "tokens").size()), TextOf(recipient, "expiresAt"),
               TextOf(recipient, "comment")});
  }
  session.Print(answer, table.empty() ? "no recipients yet: see sluice recipient create --help\n"
                                      : table.Text());
  return kSuccess;
}

std::string RecipientText(const json::value& recipient) {
  TextTable facts({"recipient", TextOf(recipient, "name")});
  const auto add = [&facts](const char* name, const std::string& text) {
    if (!text.empty()) facts.Add({name, text});
  };
  add("state", StateOf(recipient));
  add("comment", TextOf(recipient, "comment"));
  add("owner", TextOf(recipient, "owner"));
  add("attributes", PairsText(ObjectIn(recipient, "attributes")));
  add("tags", PairsText(ObjectIn(recipient, "tags")));
  add("region", TextOf(recipient, "region"));
  add("expires", TextOf(recipient, "expiresAt"));
  for (const json::value& network : ArrayIn(recipient, "allowedNetworks")) {
    if (network.is_string()) add("reads from", std::string(network.as_string()));
  }
  const json::value federation = ObjectIn(recipient, "federation");
  add("issuer", TextOf(federation, "issuer"));
  add("audience", TextOf(federation, "audience"));
  add("claims", PairsText(ObjectIn(federation, "claims")));
  add("client", TextOf(federation, "clientId"));
  add("token endpoint", TextOf(federation, "tokenEndpoint"));
  add("scope", TextOf(federation, "scope"));
  add("for browsers", TextOf(recipient, "ownEndpoint"));
  const json::value certificate = ObjectIn(recipient, "certificate");
  add("certificate", TextOf(certificate, "subject") + TextOf(certificate, "alternativeName"));
  for (const json::value& grant : ArrayIn(recipient, "grants")) {
    const std::string end = TextOf(grant, "expiresAt");
    add("share", TextOf(grant, "share") + (end.empty() ? "" : " until " + end));
  }
  for (const json::value& token : ArrayIn(recipient, "tokens")) {
    const bool is_revoked = !TextOf(token, "revokedAt").empty();
    add("token", TextOf(token, "id") + (is_revoked ? " revoked" : " until ") +
                     (is_revoked ? "" : TextOf(token, "expiresAt")));
  }
  return facts.Text();
}

Result<int> ShowRecipient(OwnerSession& session) {
  const json::value answer = TRY(session.server.Get(RecipientPath(session.arguments.Text("NAME"))));
  session.Print(answer, RecipientText(answer));
  return kSuccess;
}

Result<int> Change(OwnerSession& session, const json::object& body, const std::string& done) {
  const std::string name = session.arguments.Text("NAME");
  const json::value answer = TRY(session.server.Patch(RecipientPath(name), body));
  session.Print(answer, Format("recipient {} {}\n", name, done));
  return kSuccess;
}

Result<int> UpdateRecipient(OwnerSession& session) {
  const json::object body = TRY(RecipientBody(session.arguments));
  if (body.empty()) return InvalidArgument("nothing to change: see sluice recipient update --help");
  return Change(session, body, "is changed");
}

Result<int> RenameRecipient(OwnerSession& session) {
  const std::string new_name = session.arguments.Text("NEW-NAME");
  return Change(session, json::object{{"name", new_name}},
                "is now " + new_name + "; its tokens stay");
}

Result<int> DropRecipient(OwnerSession& session) {
  const std::string name = session.arguments.Text("NAME");
  const json::value answer = TRY(session.server.Delete(RecipientPath(name)));
  session.Print(answer, Format("recipient {} is gone, with its tokens and grants\n", name));
  return kSuccess;
}

Result<int> MakeLink(OwnerSession& session) {
  json::object body;
  TRY(AddFields(session.arguments, {{"--comment", "comment"}, {"--expires", "lifetime"}}, body));
  const std::string name = session.arguments.Text("NAME");
  const json::value answer =
      TRY(session.server.Post(RecipientPath(name) + "/activation-links", body));
  if (!session.WantsJson()) {
    session.err() << Format(
        "The link gives {} its profile once, until {}. Send it as you would send a password:\n",
        name, TextOf(answer, "expiresAt"));
  }
  session.Print(answer, TextOf(answer, "activationLink") + "\n");
  return kSuccess;
}

/// The secret of a client, as a file holds it, without the line feed at its end.
Result<Secret> ReadClientSecret(const std::string& path) {
  constexpr std::size_t kMaxSecretBytes = 4'096;
  std::string text(kMaxSecretBytes + 1, '\0');
  std::ifstream file(path, std::ios::binary);
  if (!file) return InvalidArgument("cannot read {}", path);
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kMaxSecretBytes) return InvalidArgument("{} is too long for a secret", path);
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  if (text.empty()) return InvalidArgument("{} is empty", path);
  return Secret(std::move(text));
}

// The server is not told the secret: it goes from one file into the other.
Result<int> PrintProfile(OwnerSession& session) {
  const std::string name = session.arguments.Text("NAME");
  json::value profile = TRY(session.server.Get(RecipientPath(name) + "/profile"));
  if (session.arguments.Has("--client-secret-file")) {
    const Secret secret = TRY(ReadClientSecret(session.arguments.Text("--client-secret-file")));
    profile.as_object()["clientSecret"] = secret.Reveal();
  } else {
    session.err() << Format("{} puts its client's secret where the file says {}\n", name,
                            TextOf(profile, "clientSecret"));
  }
  std::string text;
  AppendJson(profile, text);
  text += '\n';
  if (!session.arguments.Has("--out")) {
    session.Print(profile, text);
    return kSuccess;
  }
  const std::string path = session.arguments.Text("--out");
  TRY(WritePrivateFile(path, text));
  session.err() << Format("the profile is in {}\n", path);
  return kSuccess;
}

Parameter Name(const char* name, const char* help) {
  return {.name = name, .help = help, .kind = Kind::kRequired};
}

}  // namespace

std::vector<Command> RecipientCommands() {
  const Parameter name = Name("NAME", "A recipient");
  const auto enable = [](OwnerSession& session) {
    return Change(session, json::object{{"enabled", true}}, "may read again what is granted to it");
  };
  const auto disable = [](OwnerSession& session) {
    return Change(session, json::object{{"enabled", false}},
                  "may read nothing until it is enabled");
  };
  return {
      OwnerCommand({.path = "recipient create",
                    .about = "Name somebody who may read.",
                    .notes = kCreateNotes,
                    .parameters = RecipientParameters(Name("NAME", "One word, such as acme"))},
                   CreateRecipient),
      OwnerCommand({.path = "recipient list", .about = "List all recipients."}, ListRecipients),
      OwnerCommand({.path = "recipient show",
                    .about = "Show a recipient, what is granted to it, and its tokens.",
                    .parameters = {name}},
                   ShowRecipient),
      OwnerCommand({.path = "recipient update",
                    .about = "Change what is said of a recipient.",
                    .notes = kUpdateNotes,
                    .parameters = RecipientParameters(name)},
                   UpdateRecipient),
      OwnerCommand({.path = "recipient rename",
                    .about = "Give a recipient another name.",
                    .notes = "Example:\n  sluice recipient rename acme acme-france\n",
                    .parameters = {name, Name("NEW-NAME", "Its new name")}},
                   RenameRecipient),
      OwnerCommand({.path = "recipient disable",
                    .about = "Refuse a recipient everything, at once, until it is enabled.",
                    .notes = "Tokens and grants stay as they are.\n",
                    .parameters = {name}},
                   disable),
      OwnerCommand({.path = "recipient enable",
                    .about = "Let a recipient read again that was disabled.",
                    .parameters = {name}},
                   enable),
      OwnerCommand({.path = "recipient drop",
                    .about = "End a recipient, its tokens and its grants.",
                    .notes = "Example:\n  sluice recipient drop acme\n",
                    .parameters = {name}},
                   DropRecipient),
      OwnerCommand({.path = "recipient activation-link",
                    .about = "Print a link that gives a recipient its profile, once.",
                    .notes = kLinkNotes,
                    .parameters = {name,
                                   {.name = "--expires",
                                    .help = "How long the token that it gives lives",
                                    .value_name = "DURATION"},
                                   {.name = "--comment", .help = "Of that token"}}},
                   MakeLink),
      OwnerCommand({.path = "recipient profile",
                    .about = "Print the profile of a recipient with an identity provider.",
                    .notes = kProfileNotes,
                    .parameters = {name,
                                   {.name = "--client-secret-file",
                                    .help = "Put the secret in this file into the profile; the "
                                            "server is not told it",
                                    .value_name = "FILE"},
                                   {.name = "--out",
                                    .help = "Write the profile to this file instead",
                                    .value_name = "FILE"}}},
                   PrintProfile),
  };
}

}  // namespace sluice::cli
