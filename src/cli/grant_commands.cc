// sluice grant, revoke and grants: who may read what.

#include <utility>

#include "base/clock.h"
#include "base/encoding.h"
#include "cli/owner_session.h"
#include "cli/text_table.h"
#include "cli/values.h"

namespace sluice::cli {
namespace {

using Kind = Parameter::Kind;

std::string GrantPath(const std::string& share, const std::string& recipient) {
  return "/shares" + PathPart(share) + "/recipients" + PathPart(recipient);
}

Result<int> GrantShare(OwnerSession& session) {
  const std::string share = session.arguments.Text("SHARE");
  const std::string recipient = session.arguments.Text("--to");
  json::object body;
  if (session.arguments.Has("--expires")) {
    const Expiry expiry = TRY(ParseExpiry("--expires", session.arguments.Text("--expires")));
    if (expiry.lifetime) body["expiresAt"] = TimeText(SystemClock().Now() + *expiry.lifetime);
    if (expiry.time) body["expiresAt"] = TimeText(*expiry.time);
  }
  const std::string end = TextOf(body, "expiresAt");
  const json::value answer = TRY(session.server.Put(GrantPath(share, recipient), body));
  session.Print(answer, Format("{} may read share {}{}\n", recipient, share,
                               end.empty() ? "" : " until " + end));
  return kSuccess;
}

Result<int> RevokeShare(OwnerSession& session) {
  const std::string share = session.arguments.Text("SHARE");
  const std::string recipient = session.arguments.Text("--from");
  const json::value answer = TRY(session.server.Delete(GrantPath(share, recipient)));
  session.Print(answer, Format("{} may no longer read share {}\n", recipient, share));
  return kSuccess;
}

Result<int> ListGrants(OwnerSession& session) {
  const Arguments& given = session.arguments;
  const auto is_wanted = [&given](const char* parameter, const std::string& name) {
    return !given.Has(parameter) || EqualsIgnoringAsciiCase(given.Text(parameter), name);
  };
  TextTable table({"SHARE", "RECIPIENT", "EXPIRES", "GRANTED", "BY"});
  json::array items;
  const json::array recipients = TRY(session.server.List("/recipients"));
  for (const json::value& recipient : recipients) {
    const std::string name = TextOf(recipient, "name");
    if (!is_wanted("--recipient", name)) continue;
    for (const json::value& grant : ArrayIn(recipient, "grants")) {
      const std::string share = TextOf(grant, "share");
      if (share.empty() || !is_wanted("--share", share)) continue;
      table.Add({share, name, TextOf(grant, "expiresAt"), TextOf(grant, "grantedAt"),
                 TextOf(grant, "grantedBy")});
      json::object item = grant.as_object();
      item["recipient"] = name;
      items.emplace_back(std::move(item));
    }
  }
  session.Print(json::object{{"items", std::move(items)}},
                table.empty() ? "no grants: see sluice grant --help\n" : table.Text());
  return kSuccess;
}

}  // namespace

std::vector<Command> GrantCommands() {
  const Parameter share{.name = "SHARE", .help = "A share", .kind = Kind::kRequired};
  return {
      OwnerCommand({.path = "grant",
                    .about = "Let a recipient read a share.",
                    .notes = "Examples:\n  sluice grant sales --to acme\n"
                             "  sluice grant sales --to acme --expires 2027-01-31\n"
                             "It holds at once. Granting again changes the end alone.\n",
                    .parameters = {share,
                                   {.name = "--to",
                                    .help = "A recipient",
                                    .kind = Kind::kRequired,
                                    .value_name = "RECIPIENT"},
                                   {.name = "--expires",
                                    .help = "When the grant ends; else never",
                                    .value_name = "30d|DATE"}}},
                   GrantShare),
      OwnerCommand({.path = "revoke",
                    .about = "Let a recipient no longer read a share.",
                    .notes = "Example:\n  sluice revoke sales --from acme\n"
                             "It holds at once; links handed out before work until they end.\n",
                    .parameters = {share,
                                   {.name = "--from",
                                    .help = "A recipient",
                                    .kind = Kind::kRequired,
                                    .value_name = "RECIPIENT"}}},
                   RevokeShare),
      OwnerCommand({.path = "grants list",
                    .about = "List who may read what.",
                    .notes = "Examples:\n  sluice grants list --recipient acme\n"
                             "  sluice grants list --share sales --json\n",
                    .parameters = {{.name = "--share", .help = "Only of this share"},
                                   {.name = "--recipient", .help = "Only to this recipient"}}},
                   ListGrants),
  };
}

}  // namespace sluice::cli
