#include "catalog/migrations_internal.h"

namespace sluice::catalog {
namespace {

// What both databases understand. `folded` is a name in ASCII lower case: names are unique and
// found by it. Times are Unix milliseconds, truths 0 or 1, structures JSON.
//
// `grants`, `databases` and `quotas` may name shares and recipients of a configuration file, which
// are not in these tables; so they refer to none.
//
// `catalog_changes` says which objects each generation touched; the object itself is looked up when
// a node asks, so that a node far behind reads each once. Of a kind that is read as a whole, the
// object's id is empty.
constexpr std::string_view kFirst = R"sql(
CREATE TABLE catalog_state (
  id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
  generation BIGINT NOT NULL);
INSERT INTO catalog_state (id, generation) VALUES (1, 0);
CREATE TABLE catalog_changes (
  generation BIGINT NOT NULL,
  kind TEXT NOT NULL,
  object_id TEXT NOT NULL,
  PRIMARY KEY (generation, kind, object_id));

CREATE TABLE shares (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  folded TEXT NOT NULL UNIQUE,
  display_name TEXT NOT NULL,
  comment TEXT NOT NULL,
  properties TEXT NOT NULL,
  serving TEXT NOT NULL,
  owner TEXT NOT NULL,
  purpose_required BIGINT NOT NULL,
  region TEXT NOT NULL,
  tags TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL);
CREATE TABLE share_schemas (
  share_id TEXT NOT NULL REFERENCES shares (id) ON DELETE CASCADE,
  folded TEXT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (share_id, folded));
CREATE TABLE entries (
  share_id TEXT NOT NULL REFERENCES shares (id) ON DELETE CASCADE,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  schema_name TEXT NOT NULL,
  folded_schema TEXT NOT NULL,
  table_name TEXT NOT NULL,
  folded_table TEXT NOT NULL,
  folder TEXT NOT NULL, -- the location of a folder, of which a schema may have several; else empty
  location TEXT NOT NULL,
  comment TEXT NOT NULL,
  history_shared BIGINT NOT NULL,
  start_version BIGINT NOT NULL,
  serving TEXT NOT NULL,
  aliases TEXT NOT NULL,
  tags TEXT NOT NULL,
  PRIMARY KEY (share_id, id),
  UNIQUE (share_id, folded_schema, folded_table, folder));

CREATE TABLE recipients (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  folded TEXT NOT NULL UNIQUE,
  comment TEXT NOT NULL,
  owner TEXT NOT NULL,
  attributes TEXT NOT NULL,
  tags TEXT NOT NULL,
  allowed_networks TEXT NOT NULL,
  region TEXT NOT NULL,
  enabled BIGINT NOT NULL,
  expires_at BIGINT,
  token_lifetime_s BIGINT NOT NULL,
  federation TEXT,
  certificate TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL);
CREATE TABLE principals (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  folded TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL,
  comment TEXT NOT NULL,
  created_at BIGINT NOT NULL);
CREATE TABLE tokens (
  id TEXT NOT NULL PRIMARY KEY,
  recipient_id TEXT REFERENCES recipients (id) ON DELETE CASCADE,
  principal_id TEXT REFERENCES principals (id) ON DELETE CASCADE,
  sha256 TEXT NOT NULL UNIQUE,
  comment TEXT NOT NULL,
  purpose TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT,
  revoked_at BIGINT,
  CHECK ((recipient_id IS NULL) <> (principal_id IS NULL)));
CREATE INDEX tokens_of_recipient ON tokens (recipient_id);
CREATE INDEX tokens_of_principal ON tokens (principal_id);
CREATE TABLE grants (
  recipient_id TEXT NOT NULL REFERENCES recipients (id) ON DELETE CASCADE,
  share_id TEXT NOT NULL,
  granted_by TEXT NOT NULL,
  granted_at BIGINT NOT NULL,
  expires_at BIGINT,
  PRIMARY KEY (recipient_id, share_id));
CREATE INDEX grants_of_share ON grants (share_id);
CREATE TABLE databases (
  recipient_id TEXT NOT NULL REFERENCES recipients (id) ON DELETE CASCADE,
  folded TEXT NOT NULL,
  name TEXT NOT NULL,
  share_id TEXT NOT NULL,
  PRIMARY KEY (recipient_id, folded));
CREATE INDEX databases_of_share ON databases (share_id);
CREATE TABLE activation_links (
  id TEXT NOT NULL PRIMARY KEY,
  recipient_id TEXT NOT NULL REFERENCES recipients (id) ON DELETE CASCADE,
  code_sha256 TEXT NOT NULL UNIQUE,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT,
  token_lifetime_s BIGINT NOT NULL,
  token_comment TEXT NOT NULL);
CREATE INDEX activation_links_of_recipient ON activation_links (recipient_id);

CREATE TABLE roots (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  folded TEXT NOT NULL UNIQUE,
  location TEXT NOT NULL,
  region TEXT NOT NULL,
  principals TEXT NOT NULL);
CREATE TABLE issuers (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  folded TEXT NOT NULL UNIQUE,
  url TEXT NOT NULL,
  jwks_url TEXT NOT NULL);
CREATE TABLE quotas (
  id TEXT NOT NULL PRIMARY KEY,
  recipient_id TEXT NOT NULL,
  share_id TEXT NOT NULL,
  measure TEXT NOT NULL,
  span TEXT NOT NULL,
  amount BIGINT NOT NULL);
CREATE INDEX quotas_of_recipient ON quotas (recipient_id);
CREATE INDEX quotas_of_share ON quotas (share_id);
)sql";

constexpr db::Migration kMigrations[] = {
    {.version = 1, .name = "the first tables", .sqlite = kFirst, .postgres = kFirst},
};

}  // namespace

std::span<const db::Migration> CatalogMigrations() { return kMigrations; }

}  // namespace sluice::catalog
