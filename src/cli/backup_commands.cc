// sluice backup and sluice restore: the state of a server in one file.

#include <utility>

#include "base/clock.h"
#include "base/utc.h"
#include "cli/command.h"
#include "cli/values.h"
#include "config/configuration.h"
#include "config/server_options.h"
#include "config/value.h"

namespace sluice::cli {
namespace {

using Kind = Parameter::Kind;

constexpr char kBackupNotes[] =
    "Examples:\n"
    "  sluice backup /backups/sluice-2026-11-22.tar\n"
    "  sluice backup --with-keys /backups/sluice-2026-11-22.tar\n"
    "      The file then opens everything that is shared: encrypt it.\n"
    "Works while the server runs, as the server's own user. Where the database is PostgreSQL, the\n"
    "file holds the rest: the database is backed up by pg_dump.\n"
    "Configuration, shared tables, and copies of records by audit_file and audit_table lie\n"
    "elsewhere: they are not in it.\n";

constexpr char kRestoreNotes[] =
    "Examples:\n"
    "  sluice restore /backups/sluice-2026-11-22.tar --data-dir ./state\n"
    "The data directory must be missing or empty, and is made whole or not at all. The server's\n"
    "records go on in a new journal, under a new name of the node; the earlier one is kept beside "
    "it.\n";

Result<config::ServerOptions> OptionsOf(const Session& session) {
  config::ConfigurationSources sources{
      .file = session.arguments.Text("--config"),
      .environment = config::SettingsInEnvironment(session.terminal.environment)};
  for (const config::SettingRow& row : config::ServerSettingRows()) {
    if (row.name != "data_dir" || !session.arguments.Has(row.Flag())) continue;
    sources.flags.push_back({.name = std::string(row.name),
                             .layer = config::Layer::kFlag,
                             .where = row.Flag(),
                             .items = {session.arguments.Text(row.Flag())}});
  }
  config::Configuration loaded = TRY(config::LoadConfiguration(sources));
  return std::move(loaded.options);
}

Result<int> Backup(const Session& session) {
  const std::string file = session.arguments.Text("FILE");
  const server::BackupRequest request{.options = TRY(OptionsOf(session)),
                                      .file = file,
                                      .with_secrets = session.arguments.IsSet("--with-keys")};
  const server::BackupReport report = TRY(session.operations.backup(request, SystemClock()));
  std::ostream& out = session.terminal.out;
  out << Format("{} holds {} files, {} bytes\n", file, report.files, report.bytes);
  if (!report.has_database) {
    out << "the database is PostgreSQL: back it up with pg_dump, after this, and keep both "
           "together\n";
  }
  if (request.with_secrets) {
    out << "it holds keys and tokens: whoever has it can read everything that is shared\n";
  } else if (!report.left_out.empty()) {
    out << Format("not in it, and to be kept elsewhere: {}; see --with-keys\n",
                  config::JoinList(report.left_out));
  }
  return kSuccess;
}

Result<int> Restore(const Session& session) {
  const config::ServerOptions options = TRY(OptionsOf(session));
  const server::RestoreReport report =
      TRY(session.operations.restore(session.arguments.Text("FILE"), options.data_dir));
  std::ostream& out = session.terminal.out;
  std::string time;
  AppendUtc(report.made_at, time);
  out << Format("{} is as it was at {}: what was revoked, granted or changed since is not\n",
                options.data_dir, time);
  if (!report.has_database) {
    out << "its database is PostgreSQL: restore that with pg_restore before the start\n";
  }
  if (!report.has_secrets) {
    out << "keys are not in the backup: put master.key and the other secrets there before the "
           "start,\nor new ones are made, and links and page tokens that are out are void\n";
  }
  out << Format("the node's name ends in -{} from now on, with a journal of its own\n",
                report.suffix);
  if (!report.journal.empty()) out << Format("earlier records: {}\n", report.journal);
  return kSuccess;
}

}  // namespace

std::vector<Command> BackupCommands() {
  const Parameter config{.name = "--config",
                         .help = "A configuration file: its data_dir and catalog_url",
                         .value_name = "FILE"};
  const Parameter data_directory{
      .name = "--data-dir", .help = "Where the server keeps its state", .value_name = "DIR"};
  return {
      {.path = "backup",
       .about = "Copy a server's state into one file.",
       .notes = kBackupNotes,
       .parameters = {{.name = "FILE", .help = "To be made", .kind = Kind::kRequired},
                      {.name = "--with-keys",
                       .help = "Keys, tokens and profiles too",
                       .kind = Kind::kSwitch},
                      config,
                      data_directory},
       .run = Backup},
      {.path = "restore",
       .about = "Make a data directory of a backup.",
       .notes = kRestoreNotes,
       .parameters = {{.name = "FILE", .help = "Of sluice backup", .kind = Kind::kRequired},
                      config,
                      data_directory},
       .run = Restore},
  };
}

}  // namespace sluice::cli
