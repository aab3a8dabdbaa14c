// sluice token: tokens of recipients. A token's text is shown once, in the profile.

#include <algorithm>
#include <utility>

#include "base/clock.h"
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

constexpr char kIssueNotes[] =
    "Examples:\n"
    "  sluice token issue acme > acme.share\n"
    "  sluice token issue acme --lifetime 30d --comment \"nightly job\" --out acme.share\n"
    "The profile goes to standard output, or to a file that only you can read. It is not shown\n"
    "again. Unlike an activation link, it passes through your hands.\n";

constexpr char kRotateNotes[] =
    "Examples:\n"
    "  sluice token rotate acme --grace 24h --out acme.share\n"
    "      A new token; those there are end in 24 hours, or when they would have anyway.\n"
    "  sluice token rotate acme --grace 0\n"
    "      They end now: after a leak.\n"
    "The new profile goes to standard output, what becomes of older tokens to standard error.\n";

std::string RecipientPath(const std::string& name) { return "/recipients" + PathPart(name); }

std::string StateOf(const json::value& token, SystemTime now) {
  if (!TextOf(token, "revokedAt").empty()) return "revoked";
  const std::string end = TextOf(token, "expiresAt");
  const auto time = ParseTime("expiresAt", end);
  return !end.empty() && time.ok() && *time <= now ? "expired" : "good";
}

Result<int> ListTokens(OwnerSession& session) {
  const std::string name = session.arguments.Text("RECIPIENT");
  const json::value recipient = TRY(session.server.Get(RecipientPath(name)));
  const json::array& tokens = ArrayIn(recipient, "tokens");
  TextTable table({"ID", "STATE", "CREATED", "EXPIRES", "PURPOSE", "COMMENT"});
  for (const json::value& token : tokens) {
    table.Add({TextOf(token, "id"), StateOf(token, SystemClock().Now()), TextOf(token, "createdAt"),
               TextOf(token, "expiresAt"), TextOf(token, "purpose"), TextOf(token, "comment")});
  }
  session.Print(json::object{{"items", tokens}},
                table.empty() ? Format("{} has no tokens: see sluice token issue --help\n", name)
                              : table.Text());
  return kSuccess;
}

Result<json::object> TokenBody(const Arguments& arguments) {
  json::object body;
  TRY(AddFields(arguments,
                {{"--lifetime", "lifetime"},
                 {"--no-expiry", "neverExpires", As::kTruth},
                 {"--comment", "comment"},
                 {"--purpose", "purpose"},
                 {"--grace", "grace"}},
                body));
  return body;
}

/// The profile alone goes to standard output, or to the file of --out.
Result<void> HandOver(OwnerSession& session, const json::value& answer) {
  std::string profile;
  AppendJson(ObjectIn(answer, "profile"), profile);
  profile += '\n';
  if (session.arguments.Has("--out")) {
    const std::string path = session.arguments.Text("--out");
    const auto written = WritePrivateFile(path, profile);
    if (!written.ok()) {
      // The token is there and its text is lost: it must not stay unseen.
      return InvalidArgument(
          "{}; token {} was made all the same: revoke it with sluice token revoke",
          written.error().message, TextOf(answer, "id"));
    }
    session.err() << Format("the profile is in {}\n", path);
    if (session.WantsJson()) {
      json::object shown = answer.as_object();
      shown.erase("token");
      shown.erase("profile");
      session.Print(shown, "");
    }
    return {};
  }
  session.Print(answer, profile);
  return {};
}

std::string EndText(const json::value& token) {
  const std::string end = TextOf(token, "expiresAt");
  return end.empty() ? "has no end" : "ends " + end;
}

Result<int> IssueToken(OwnerSession& session) {
  const std::string name = session.arguments.Text("RECIPIENT");
  const json::object body = TRY(TokenBody(session.arguments));
  const json::value answer = TRY(session.server.Post(RecipientPath(name) + "/tokens", body));
  TRY(HandOver(session, answer));
  session.err() << Format("token {} of {} {}\n", TextOf(answer, "id"), name, EndText(answer));
  return kSuccess;
}

/// What becomes of the tokens that were there before `new_id`.
std::string OlderTokensText(const json::value& recipient, std::string_view new_id) {
  std::string latest;
  std::size_t count = 0;
  for (const json::value& token : ArrayIn(recipient, "tokens")) {
    if (TextOf(token, "id") == new_id || StateOf(token, SystemClock().Now()) != "good") continue;
    latest = std::max(latest, TextOf(token, "expiresAt"));  // of one form, so they sort as texts
    ++count;
  }
  if (count == 0) return "no older token is good any more\n";
  return Format("{} good until {} at the latest: hand the new profile over before\n",
                count == 1 ? "1 older token is" : Format("{} older tokens are", count), latest);
}

Result<int> RotateToken(OwnerSession& session) {
  const std::string name = session.arguments.Text("RECIPIENT");
  const json::object body = TRY(TokenBody(session.arguments));
  const json::value answer = TRY(session.server.Post(RecipientPath(name) + "/rotation", body));
  TRY(HandOver(session, answer));
  const std::string id = TextOf(answer, "id");
  session.err() << Format("token {} of {} {}\n", id, name, EndText(answer));
  const auto recipient = session.server.Get(RecipientPath(name));
  if (recipient.ok()) session.err() << OlderTokensText(*recipient, id);
  return kSuccess;
}

Result<int> RevokeToken(OwnerSession& session) {
  const std::string name = session.arguments.Text("RECIPIENT");
  const std::string id = session.arguments.Text("ID");
  const json::value answer =
      TRY(session.server.Delete(RecipientPath(name) + "/tokens" + PathPart(id)));
  session.Print(answer, Format("token {} of {} is revoked\n", id, name));
  return kSuccess;
}

std::vector<Parameter> TokenParameters(std::vector<Parameter> first) {
  for (Parameter& parameter : std::vector<Parameter>{
           {.name = "--lifetime",
            .help = "How long it lives; else what the recipient says, else the server",
            .value_name = "DURATION"},
           {.name = "--no-expiry",
           .help = "It never ends; only where the server allows that",
           .kind = Kind::kSwitch},
           {.name = "--comment", .help = "What it is for, for you"},
           {.name = "--purpose", .help = "What its reads are for, where a share wants to know"},
           {.name = "--out",
           .help = "Write the profile to this file instead",
           .value_name = "FILE"}}) {
    first.push_back(std::move(parameter));
  }
  return first;
}

}  // namespace

std::vector<Command> TokenCommands() {
  const Parameter recipient{
      .name = "RECIPIENT", .help = "A recipient that is there", .kind = Kind::kRequired};
  return {
      OwnerCommand({.path = "token list",
                    .about = "List the tokens of a recipient, without their texts.",
                    .parameters = {recipient}},
                   ListTokens),
      OwnerCommand({.path = "token issue",
                    .about = "Make one more token and print its profile.",
                    .notes = kIssueNotes,
                    .parameters = TokenParameters({recipient})},
                   IssueToken),
      OwnerCommand({.path = "token rotate",
                    .about = "Make a new token and let the older ones end.",
                    .notes = kRotateNotes,
                    .parameters = TokenParameters({recipient,
                                                   {.name = "--grace",
                                                    .help = "How long older tokens stay good [24h]",
                                                    .value_name = "DURATION"}})},
                   RotateToken),
      OwnerCommand({.path = "token revoke",
                    .about = "End a token at once.",
                    .notes = "Example:\n  sluice token revoke acme "
                             "0b5f4a32-7c1b-4f0e-9a77-2b1e6f3d9c10\n"
                             "sluice token list names them.\n",
                    .parameters = {recipient,
                                   {.name = "ID",
                                    .help = "As sluice token list prints it",
                                    .kind = Kind::kRequired}}},
                   RevokeToken),
  };
}

}  // namespace sluice::cli
