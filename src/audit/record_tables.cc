#include "audit/record_tables_internal.h"

namespace sluice::audit {
namespace {

// Times are Unix milliseconds, days "2026-11-21" in UTC, truths 0 or 1. Beside the record's text
// stands what it is searched by: names in ASCII lower case, cut so that every index takes them.
//
// `audit_shipped` tells how far each node is; its row is locked while records are added, so that
// `usage_daily` counts each once.
constexpr std::string_view kFirst = R"sql(
CREATE TABLE audit_records (
  node TEXT NOT NULL,
  seq BIGINT NOT NULL,
  time BIGINT NOT NULL,
  action TEXT NOT NULL,
  allowed BIGINT NOT NULL,
  recipient TEXT NOT NULL,
  share TEXT NOT NULL,
  object TEXT NOT NULL,
  files BIGINT,
  bytes BIGINT,
  request_id TEXT NOT NULL,
  record TEXT NOT NULL,
  PRIMARY KEY (node, seq));
CREATE INDEX audit_records_time ON audit_records (time);
CREATE INDEX audit_records_recipient ON audit_records (recipient, time);
CREATE INDEX audit_records_request ON audit_records (request_id);

CREATE TABLE audit_shipped (
  node TEXT NOT NULL PRIMARY KEY,
  next_seq BIGINT NOT NULL);

CREATE TABLE audit_heads (
  node TEXT NOT NULL,
  size BIGINT NOT NULL,
  root TEXT NOT NULL,
  time BIGINT NOT NULL,
  signature TEXT NOT NULL,
  public_key TEXT NOT NULL,
  PRIMARY KEY (node, size, time));

CREATE TABLE usage_daily (
  day TEXT NOT NULL,
  recipient TEXT NOT NULL,
  share TEXT NOT NULL,
  object TEXT NOT NULL,
  from_region TEXT NOT NULL,
  to_region TEXT NOT NULL,
  requests BIGINT NOT NULL,
  files BIGINT NOT NULL,
  bytes BIGINT NOT NULL,
  direct_bytes BIGINT NOT NULL,
  downloads BIGINT NOT NULL,
  bytes_sent BIGINT NOT NULL,
  PRIMARY KEY (day, recipient, share, object, from_region, to_region));
)sql";

// SQLite compares texts byte by byte; PostgreSQL does so where it is told to, else it asks the C
// library for the order of some language, which takes far longer and may differ tomorrow. Sums
// leave room in their pages for the next ones.
constexpr std::string_view kByBytes = R"sql(
ALTER TABLE audit_records
  ALTER COLUMN node TYPE TEXT COLLATE "C",
  ALTER COLUMN recipient TYPE TEXT COLLATE "C",
  ALTER COLUMN request_id TYPE TEXT COLLATE "C";
ALTER TABLE usage_daily
  ALTER COLUMN day TYPE TEXT COLLATE "C",
  ALTER COLUMN recipient TYPE TEXT COLLATE "C",
  ALTER COLUMN share TYPE TEXT COLLATE "C",
  ALTER COLUMN object TYPE TEXT COLLATE "C",
  ALTER COLUMN from_region TYPE TEXT COLLATE "C",
  ALTER COLUMN to_region TYPE TEXT COLLATE "C";
ALTER TABLE usage_daily SET (fillfactor = 50);
)sql";

constexpr db::Migration kMigrations[] = {
    {.version = 1, .name = "records", .sqlite = kFirst, .postgres = kFirst},
    {.version = 2, .name = "names are compared byte by byte", .sqlite = "", .postgres = kByBytes}};

}  // namespace

std::span<const db::Migration> RecordMigrations() { return kMigrations; }

}  // namespace sluice::audit
