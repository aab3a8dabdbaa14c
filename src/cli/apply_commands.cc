// sluice apply: makes a server share what a file says.

#include <algorithm>
#include <utility>

#include "cli/apply_plan.h"
#include "cli/owner_session.h"
#include "cli/report.h"
#include "cli/server_catalog.h"
#include "cli/sharing_file.h"
#include "config/yaml.h"

namespace sluice::cli {
namespace {

using Kind = Parameter::Kind;

constexpr char kNotes[] =
    "Examples:\n"
    "  sluice apply -f sharing.yaml --plan    what would change, as lines with + ~ and -\n"
    "  sluice apply -f sharing.yaml           do it; a second time there is nothing to do\n"
    "  sluice apply -f sharing.yaml --prune   and remove what the file's lists do not name\n"
    "A file:\n"
    "  shares:\n"
    "  - name: sales\n"
    "    schemas:\n"
    "    - name: retail\n"
    "      tables:\n"
    "      - {name: orders, location: warehouse/retail/orders, historyShared: true}\n"
    "  recipients:\n"
    "  - {name: acme, attributes: {country: FR}, tokenLifetime: 90d}\n"
    "  grants:\n"
    "  - {share: sales, to: [acme]}\n"
    "What the file does not name stays as it is: fields always, things unless --prune. It holds "
    "no\n"
    "secrets: sluice recipient activation-link hands profiles over.\n"
    "The exit code is 0 if all is well, 1 if something failed, and of --plan 3 if something "
    "differs.\n";

struct Counts {
  std::size_t added = 0;
  std::size_t changed = 0;
  std::size_t removed = 0;
};

Counts Count(const Plan& plan) {
  const auto count = [&plan](Step::Change change) {
    return static_cast<std::size_t>(std::ranges::count(plan.steps, change, &Step::change));
  };
  return {.added = count(Step::Change::kAdd),
          .changed = count(Step::Change::kChange),
          .removed = count(Step::Change::kRemove)};
}

std::string LeftAloneText(const Plan& plan) {
  if (plan.left_alone == 0) return {};
  return Format("{} on the server {} not in the file and stay{}; --prune --plan lists them\n",
                Counted(plan.left_alone, "thing"), plan.left_alone == 1 ? "is" : "are",
                plan.left_alone == 1 ? "s" : "");
}

json::object PlanJson(const Plan& plan) {
  json::array steps;
  for (const Step& step : plan.steps) steps.emplace_back(step.Json());
  return {{"steps", std::move(steps)}, {"leftAlone", plan.left_alone}};
}

int ShowPlan(OwnerSession& session, const Plan& plan) {
  std::string text;
  for (const Step& step : plan.steps) text += step.Text() + "\n";
  const Counts counts = Count(plan);
  text += plan.steps.empty() ? "nothing differs\n"
                             : Format("{} to add, {} to change, {} to remove\n", counts.added,
                                      counts.changed, counts.removed);
  session.Print(PlanJson(plan), text + LeftAloneText(plan));
  return plan.steps.empty() ? kSuccess : kDifference;
}

/// Removing needs a yes: of the command line, or of a person who has seen what goes.
Result<void> ConfirmRemovals(OwnerSession& session, const Plan& plan) {
  const std::size_t removed = Count(plan).removed;
  if (removed == 0 || session.arguments.IsSet("--yes")) return {};
  for (const Step& step : plan.steps) {
    if (step.change == Step::Change::kRemove) session.err() << step.Text() << '\n';
  }
  if (!session.terminal.confirm) {
    return InvalidArgument("--prune would remove {}: add --yes if that is right",
                           Counted(removed, "thing"));
  }
  const std::string question = Format("Remove {} from the server?", Counted(removed, "thing"));
  if (session.terminal.confirm(question)) return {};
  return InvalidArgument("nothing was done");
}

Result<int> Execute(OwnerSession& session, const Plan& plan) {
  TRY(ConfirmRemovals(session, plan));
  const bool checks = !session.arguments.IsSet("--no-check");
  std::size_t done = 0;
  for (const Step& step : plan.steps) {
    const auto outcome = DoStep(session.server, step, checks);
    if (!outcome.ok()) {
      session.err() << Format("{} of {} changes were made; to go on, run it again\n", done,
                              plan.steps.size());
      Error error = outcome.error();
      error.message = Format("{}{}: {}", step.thing.where.empty() ? "" : step.thing.where + ": ",
                             step.thing.Name(), error.message);
      return error;
    }
    ++done;
    if (!session.WantsJson()) session.out() << step.Text() << std::endl;  // as it goes on
  }
  const Counts counts = Count(plan);
  const std::string text = plan.steps.empty()
                               ? "nothing to do\n"
                               : Format("{} added, {} changed, {} removed\n", counts.added,
                                        counts.changed, counts.removed);
  session.Print(PlanJson(plan), text + LeftAloneText(plan));
  return kSuccess;
}

Result<int> Apply(OwnerSession& session) {
  const auto document = TRY(config::ReadYamlFile(session.arguments.Text("--file")));
  const WantedCatalog wanted = TRY(ReadSharingFile(document));
  const std::vector<Thing> current = TRY(ReadServerCatalog(session.server, wanted));
  const Plan plan = Compare(wanted, current, session.arguments.IsSet("--prune"));
  return session.arguments.IsSet("--plan") ? ShowPlan(session, plan) : Execute(session, plan);
}

}  // namespace

std::vector<Command> ApplyCommands() {
  return {OwnerCommand(
      {.path = "apply",
       .about = "Make the server share what a file says, or show how it differs.",
       .notes = kNotes,
       .parameters =
           {{.name = "-f,--file",
             .help = "Shares, recipients, grants and more in YAML",
             .kind = Kind::kRequired,
             .value_name = "FILE"},
            {.name = "--plan", .help = "Change nothing; print what differs", .kind = Kind::kSwitch},
            {.name = "--prune",
             .help = "Remove what is not in the file's lists",
             .kind = Kind::kSwitch},
            {.name = "--yes", .help = "Remove without asking", .kind = Kind::kSwitch},
            {.name = "--no-check",
             .help = "Do not look whether tables are there and can be served",
             .kind = Kind::kSwitch}}},
      Apply)};
}

}  // namespace sluice::cli
