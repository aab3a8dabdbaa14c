#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "config/server_options.h"

namespace sluice::server {

// A backup is one tar archive of what a data directory holds of governance:
//
//   catalog.db, audit.db   copies made by SQLite; not there where the database is PostgreSQL
//   audit/...              the node's journal: tree, heads and whole segments
//   audit.before-R/...     journals of before earlier restores
//   master.key, admin.token, *.share, tls.key, tls.crt   if asked for
//   sluice-backup.json     last: what there is, with sizes and digests
//
// {"format":1,"createdAt":"2026-11-22T01:30:00.000Z","database":"sqlite","secrets":false,
//  "files":[{"name":"catalog.db","bytes":4096,"sha256":"..."}]}

struct BackupRequest {
  config::ServerOptions options;
  std::string file;           ///< To be made, with mode 0600; must not be there.
  bool with_secrets = false;  ///< Keys, tokens and profiles too.
};
struct BackupReport {
  std::size_t files = 0;
  std::int64_t bytes = 0;
  bool has_database = false;          ///< Else PostgreSQL holds it.
  std::vector<std::string> left_out;  ///< Secrets that are there and were not asked for.
};
/// Copies a data directory while a server uses it, or none does. The catalog is copied before the
/// journal, so that each change in it has its record; records from then on may be in the journal
/// alone. The file appears whole or not at all. Errors: kNotFound if there is no data directory;
/// kAlreadyExists; kUnavailable if something cannot be read or written.
Result<BackupReport> Backup(const BackupRequest& request, const Clock& clock);

struct RestoreReport {
  SystemTime made_at{};
  bool has_database = false;
  bool has_secrets = false;
  std::string suffix;   ///< Of the node's name from now on.
  std::string journal;  ///< The folder where its earlier records are; empty if there are none.
};
/// Makes a data directory of a backup. What it holds is checked first: the directory appears whole
/// or not at all. The journal is put aside, and the node goes on with a new one under a new name
/// (kNodeSuffixFile): others may have seen records and signed heads of it that the backup lacks,
/// and nobody may sign two trees by one name. Errors: kAlreadyExists if the directory is there and
/// not empty; kCorruptData for a file that is damaged or no backup; kUnsupported for one that a
/// newer program made; kUnavailable.
Result<RestoreReport> Restore(const std::string& file, const std::string& data_directory);

/// Holds what is put behind the name of a node since its last restore.
inline constexpr char kNodeSuffixFile[] = "node.suffix";
/// Nothing if the data directory was never restored. Errors: kCorruptData.
Result<std::string> ReadNodeSuffix(const std::string& data_directory);

}  // namespace sluice::server
