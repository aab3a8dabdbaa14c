#include "admin/sql/executor.h"

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "admin/handlers.h"
#include "admin/sql/parser.h"
#include "admin/sql_handlers.h"
#include "admin/testing.h"

namespace sluice::admin::sql {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using Rows = std::vector<std::vector<std::string>>;

class SqlTest : public AdminTest {
 protected:
  SqlTest() {
    EXPECT_THAT(service_.PutRoot(admin_, {.name = "sales_db", .location = "/lake/sales_db"}),
                IsOk());
    EXPECT_THAT(service_.PutRoot(admin_, {.name = "seller_db",
                                          .location = "s3://lake/seller/",
                                          .principals = {"seller"}}),
                IsOk());
    for (const char* const name : {"acme", "globex"}) {
      EXPECT_THAT(service_.CreateRecipient(admin_, {.name = name}), IsOk());
    }
  }

  Execution RunAs(const auth::Caller& caller, std::string_view text) {
    const auto statements = ParseSql(text);
    EXPECT_THAT(statements, IsOk()) << text;
    return Execute(statements.value(), caller, service_, options_);
  }
  Execution Run(std::string_view text) { return RunAs(admin_, text); }

  /// The last statement's message, or what was wrong.
  std::string MessageOf(const Execution& execution) {
    if (execution.fault) return execution.fault->message;
    return execution.results.empty() ? "" : execution.results.back().message;
  }
  std::string Message(std::string_view text) { return MessageOf(Run(text)); }
  std::string MessageFor(const auth::Caller& caller, std::string_view text) {
    return MessageOf(RunAs(caller, text));
  }
  /// The last statement's rows.
  Rows RowsOf(std::string_view text) {
    const Execution execution = Run(text);
    EXPECT_FALSE(execution.fault) << execution.fault->message;
    return execution.fault ? Rows() : execution.results.back().rows;
  }

  /// Who may read what, by the view that requests are answered from.
  std::set<std::string> Graph() {
    std::set<std::string> graph;
    const catalog::ViewPtr view = catalog_.Current();
    for (const catalog::RecipientPtr& recipient : view->recipients()) {
      const std::string& name = recipient->record.name;
      const catalog::RecipientView seen = view->SeenBy(name, clock_.Now());
      for (const catalog::Share* share : seen.Shares()) {
        graph.insert(Format("{} reads {}", name, share->name().value()));
        for (const catalog::SharedTable& table : share->tables()) {
          graph.insert(Format("{} reads {} at {}{}", name, table.ref.ToString(), table.location,
                              table.history_shared ? " with history" : ""));
        }
      }
      for (const auto& [database, share_id] : recipient->record.databases) {
        const auto share = view->FindShareById(share_id);
        graph.insert(Format("{} calls {} {}", name, share->name().value(), database));
      }
    }
    return graph;
  }
  /// "schema.table location" of all that is in a share.
  std::vector<std::string> TablesOf(const std::string& share) {
    std::vector<std::string> tables;
    for (const auto& table : catalog_.Current()->FindShare(protocol::ShareName(share))->tables()) {
      tables.push_back(
          Format("{}.{} {}", table.ref.schema.value(), table.ref.table.value(), table.location));
    }
    return tables;
  }

  Result<http::Response> Call(std::string_view method, std::string_view path,
                              const std::map<std::string, std::string>& parameters,
                              std::string body) {
    http::Request request;
    request.body = std::move(body);
    for (const auto& [name, value] : parameters) request.path_parameters.emplace_back(name, value);
    for (const auto& route : kAdminRoutes) {
      if (route.method == method && route.path == path) {
        return route.handle(request, admin_, service_);
      }
    }
    return kSqlRoutes[0].handle(request, admin_, service_);
  }

  ExecutionOptions options_;
};

std::string FileText(const std::string& path) {
  std::ifstream file(SLUICE_SOURCE_DIR "/" + path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string SeedScript() { return FileText("tests/fuzz/corpus/owner_sql/snowflake_script.sql"); }

TEST_F(SqlTest, TheSnowflakeScriptRunsAsWritten) {
  ASSERT_THAT(service_.CreateRecipient(admin_, {.name = "partner_org_account"}), IsOk());
  options_.skip_queries = true;
  const Execution execution = Run(SeedScript());
  ASSERT_FALSE(execution.fault) << execution.fault->message;
  std::vector<std::string> messages;
  for (const StatementResult& result : execution.results) messages.push_back(result.message);
  EXPECT_THAT(
      messages,
      ElementsAre("share sales_data_share created",
                  "database sales_db may be used; this alone shares nothing",
                  "schema public may be used; this alone shares nothing",
                  "table public.transactions added to share sales_data_share",
                  "share sales_data_share granted to 1 recipient",
                  "database partner_sales_data created for recipient partner_org_account, the only "
                  "one that share sales_data_share is granted to",
                  "query passed over"));
  EXPECT_THAT(Graph(), ElementsAre("partner_org_account calls sales_data_share partner_sales_data",
                                   "partner_org_account reads sales_data_share",
                                   "partner_org_account reads sales_data_share.public.transactions "
                                   "at /lake/sales_db/public/transactions"));
}

TEST_F(SqlTest, TheGuidesExamplesAnswerAsItSays) {
  ASSERT_THAT(service_.DropRecipient(admin_, "acme"), IsOk());
  std::istringstream guide(FileText("docs/guide/sql.md"));
  std::string examples;
  std::vector<std::string> expected;
  bool is_example = false;
  for (std::string line; std::getline(guide, line);) {
    if (line.starts_with("```")) {
      is_example = line == "```sql";
    } else if (is_example && line.starts_with("-- => ")) {
      expected.push_back(line.substr(6));
    } else if (is_example) {
      examples += line + "\n";
    }
  }
  options_.skip_queries = true;
  const Execution execution = Run(examples);
  EXPECT_FALSE(execution.fault) << execution.fault->message;
  std::vector<std::string> answered;
  for (const StatementResult& result : execution.results) answered.push_back(result.message);
  EXPECT_EQ(answered, expected);
  EXPECT_GT(answered.size(), 30U);
}

TEST_F(SqlTest, AQueryIsRefusedAtItsPlaceAndWhatWasDoneBeforeStays) {
  ASSERT_THAT(service_.CreateRecipient(admin_, {.name = "partner_org_account"}), IsOk());
  const Execution execution = Run(SeedScript());
  ASSERT_TRUE(execution.fault);
  EXPECT_EQ(execution.fault->code, ErrorCode::kUnsupported);
  EXPECT_EQ(
      execution.fault->message,
      "line 17, column 1: this surface changes and shows shares; reading them is what `sluice "
      "query` does (it can be passed over with --skip-queries); 6 statements before it were "
      "done");
  EXPECT_THAT(execution.results, SizeIs(6));
  EXPECT_THAT(SharesOf("partner_org_account"), ElementsAre("sales_data_share"));
}

TEST_F(SqlTest, GivesTheSameAccessAsTheRestSurface) {
  ASSERT_EQ(Message("CREATE SHARE sales COMMENT 'Daily sales';"
                    "ALTER SHARE sales ADD TABLE retail.orders LOCATION '/w/orders' WITH HISTORY;"
                    "GRANT SELECT ON TABLE sales_db.public.t TO SHARE sales;"
                    "ALTER SHARE sales ADD SCHEMA found LOCATION '/w/folder';"
                    "CREATE RECIPIENT third PROPERTIES ('country' = 'FR');"
                    "GRANT SELECT ON SHARE sales TO RECIPIENT acme;"
                    "ALTER SHARE sales ADD ACCOUNTS = globex, third;"
                    "REVOKE SELECT ON SHARE sales FROM RECIPIENT globex"),
            "share sales taken from globex");
  const std::set<std::string> by_sql = Graph();
  ASSERT_EQ(Message("DROP SHARE sales; DROP RECIPIENT third"), "recipient third dropped");
  ASSERT_THAT(Graph(), IsEmpty());

  const std::string shares = "/api/v1/shares";
  ASSERT_THAT(Call("POST", shares, {}, R"({"name":"sales","comment":"Daily sales"})"), IsOk());
  const std::map<std::string, std::string> share = {{"share", "sales"}};
  for (const char* const table :
       {R"({"schema":"retail","table":"orders","location":"/w/orders","historyShared":true})",
        R"({"schema":"public","table":"t","location":"/lake/sales_db/public/t"})"}) {
    ASSERT_THAT(Call("POST", shares + "/{share}/tables", share, table), IsOk());
  }
  ASSERT_THAT(Call("POST", shares + "/{share}/folders", share,
                   R"({"schema":"found","location":"/w/folder"})"),
              IsOk());
  ASSERT_THAT(
      Call("POST", "/api/v1/recipients", {}, R"({"name":"third","attributes":{"country":"FR"}})"),
      IsOk());
  for (const char* const recipient : {"acme", "globex", "third"}) {
    ASSERT_THAT(Call("PUT", shares + "/{share}/recipients/{recipient}",
                     {{"share", "sales"}, {"recipient", recipient}}, ""),
                IsOk());
  }
  ASSERT_THAT(Call("DELETE", shares + "/{share}/recipients/{recipient}",
                   {{"share", "sales"}, {"recipient", "globex"}}, ""),
              IsOk());
  EXPECT_EQ(by_sql, Graph());
  EXPECT_THAT(by_sql, SizeIs(8));
}

TEST_F(SqlTest, SharesAreCreatedChangedAndDropped) {
  EXPECT_EQ(Message("CREATE SHARE sales"), "share sales created");
  EXPECT_EQ(Message("CREATE SHARE IF NOT EXISTS Sales"), "share Sales exists already");
  EXPECT_EQ(Message("CREATE SHARE SALES"), "line 1, column 14: share 'SALES' exists already");
  EXPECT_EQ(Message("ALTER SHARE sales SET COMMENT 'now'"), "share sales changed");
  EXPECT_EQ(service_.GetShare(admin_, "sales")->description.comment, "now");
  EXPECT_EQ(Message("ALTER SHARE sales UNSET COMMENT"), "share sales changed");
  EXPECT_EQ(service_.GetShare(admin_, "sales")->description.comment, "");
  EXPECT_EQ(Message("ALTER SHARE sales OWNER TO seller"), "share sales changed");
  EXPECT_EQ(service_.GetShare(admin_, "sales")->owner, "seller");
  EXPECT_EQ(Message("ALTER SHARE sales RENAME TO retail"), "share sales is now called retail");
  EXPECT_EQ(Message("ALTER SHARE sales RENAME TO x"),
            "line 1, column 13: share 'sales' does not exist");
  EXPECT_THAT(Message("ALTER SHARE retail RENAME TO \"a b\""), HasSubstr("line 1, column 30: "));
  EXPECT_EQ(Message("ALTER SHARE IF EXISTS sales UNSET COMMENT"), "share sales does not exist");
  EXPECT_EQ(Message("DROP SHARE retail"), "share retail dropped");
  EXPECT_EQ(Message("DROP SHARE retail"), "line 1, column 12: share 'retail' does not exist");
  EXPECT_EQ(Message("DROP SHARE IF EXISTS retail"), "share retail does not exist");
}

TEST_F(SqlTest, RecipientsAreCreatedChangedAndDropped) {
  EXPECT_EQ(Message("CREATE RECIPIENT r COMMENT 'c' PROPERTIES (country = 'FR', tier = 'gold')"),
            "recipient r created");
  EXPECT_EQ(Message("CREATE RECIPIENT IF NOT EXISTS r"), "recipient r exists already");
  EXPECT_THAT(Message("CREATE RECIPIENT r"), HasSubstr("line 1, column 18: "));
  EXPECT_EQ(Message("CREATE RECIPIENT q PROPERTIES (a = '1', a = '2')"),
            "line 1, column 41: property 'a' is given twice");
  EXPECT_EQ(Message("ALTER RECIPIENT r SET PROPERTIES (tier = 'silver', since = '2026')"),
            "recipient r changed");
  EXPECT_EQ(service_.GetRecipient(admin_, "r")->attributes,
            (catalog::Attributes{{"country", "FR"}, {"since", "2026"}, {"tier", "silver"}}));
  EXPECT_EQ(Message("ALTER RECIPIENT r UNSET PROPERTIES (tier, none)"), "recipient r changed");
  EXPECT_EQ(service_.GetRecipient(admin_, "r")->attributes,
            (catalog::Attributes{{"country", "FR"}, {"since", "2026"}}));
  EXPECT_EQ(Message("ALTER RECIPIENT r SET COMMENT 'd'"), "recipient r changed");
  EXPECT_EQ(Message("ALTER RECIPIENT r OWNER TO seller"), "recipient r changed");
  EXPECT_EQ(service_.GetRecipient(admin_, "r")->comment, "d");
  EXPECT_EQ(service_.GetRecipient(admin_, "r")->owner, "seller");
  EXPECT_EQ(Message("ALTER RECIPIENT r RENAME TO s"), "recipient r is now called s");
  EXPECT_EQ(Message("ALTER RECIPIENT r RENAME TO t"),
            "line 1, column 17: recipient 'r' does not exist");
  EXPECT_EQ(Message("ALTER RECIPIENT IF EXISTS r UNSET COMMENT"), "recipient r does not exist");
  EXPECT_EQ(Message("DROP RECIPIENT s"), "recipient s dropped");
  EXPECT_EQ(Message("DROP RECIPIENT IF EXISTS s"), "recipient s does not exist");
  EXPECT_EQ(Message("DROP RECIPIENT s"), "line 1, column 16: recipient 's' does not exist");
}

TEST_F(SqlTest, AccountsAreThoseOfAShare) {
  EXPECT_EQ(Message("CREATE SHARE s; ALTER SHARE s ADD ACCOUNTS = acme, my_org.globex"),
            "share s granted to 2 recipients");
  EXPECT_THAT(Graph(), ElementsAre("acme reads s", "globex reads s"));
  EXPECT_EQ(Message("ALTER SHARE s SET ACCOUNTS = acme"),
            "share s granted to 1 recipient and nobody else");
  EXPECT_THAT(Graph(), ElementsAre("acme reads s"));
  EXPECT_EQ(Message("ALTER SHARE s REMOVE ACCOUNTS = acme, globex"),
            "line 1, column 39: share 's' is not granted to 'globex'");
  EXPECT_THAT(Graph(), ElementsAre("acme reads s"));
  EXPECT_EQ(Message("ALTER SHARE s REMOVE ACCOUNTS = acme"), "share s taken from 1 recipient");
  EXPECT_EQ(Message("ALTER SHARE s ADD ACCOUNTS = acme, initech"),
            "line 1, column 36: recipient 'initech' does not exist");
  EXPECT_THAT(Graph(), IsEmpty());
}

TEST_F(SqlTest, ADottedAccountIsARecipientOfThatNameBeforeAnyOther) {
  ASSERT_THAT(service_.CreateRecipient(admin_, {.name = "acme.eu"}), IsOk());
  ASSERT_THAT(service_.CreateRecipient(admin_, {.name = "eu"}), IsOk());
  Run("CREATE SHARE s; ALTER SHARE s ADD ACCOUNTS = acme.eu");
  EXPECT_THAT(Graph(), ElementsAre("acme.eu reads s"));
}

TEST_F(SqlTest, AnAccountThatIsThereKeepsTheEndOfItsGrant) {
  Run("CREATE SHARE s");
  const SystemTime end = kNow + std::chrono::hours(1);
  ASSERT_THAT(service_.GrantShare(admin_, {.share = "s", .recipient = "acme", .expires_at = end}),
              IsOk());
  Run("ALTER SHARE s ADD ACCOUNTS = acme");
  EXPECT_EQ(service_.GetRecipient(admin_, "acme")->grants[0].expires_at, end);
  clock_.Advance(std::chrono::hours(1));
  Run("ALTER SHARE s ADD ACCOUNTS = acme");
  EXPECT_THAT(Graph(), ElementsAre("acme reads s"));
}

TEST_F(SqlTest, GrantsPointAtTheNameThatIsWrong) {
  Run("CREATE SHARE s");
  EXPECT_EQ(Message("GRANT SELECT ON SHARE s TO RECIPIENT acme"), "share s granted to acme");
  EXPECT_EQ(Message("GRANT SELECT ON SHARE s TO RECIPIENT nobody"),
            "line 1, column 38: recipient 'nobody' does not exist");
  EXPECT_EQ(Message("GRANT SELECT ON SHARE x TO RECIPIENT acme"),
            "line 1, column 23: share 'x' does not exist");
  EXPECT_EQ(Message("REVOKE SELECT ON SHARE s FROM RECIPIENT globex"),
            "line 1, column 24: share 's' is not granted to 'globex'");
}

TEST_F(SqlTest, ADatabaseIsARootOrAManagedShare) {
  Run("CREATE SHARE a; CREATE SHARE b;"
      "ALTER SHARE a ADD TABLE retail.orders LOCATION '/w/orders' WITH HISTORY COMMENT 'all'");
  EXPECT_EQ(Message("GRANT SELECT ON TABLE a.Retail.ORDERS TO SHARE b"),
            "table retail.orders added to share b");
  EXPECT_EQ(Message("GRANT SELECT ON TABLE a.retail.orders TO SHARE b"),
            "share b has a.retail.orders already");
  const auto share = service_.GetShare(admin_, "b");
  EXPECT_EQ(share->entries[0].location, "/w/orders");
  EXPECT_EQ(share->entries[0].comment, "all");
  EXPECT_FALSE(share->entries[0].history_shared);
  EXPECT_EQ(Message("GRANT USAGE ON SCHEMA a.retail TO SHARE b"),
            "schema retail may be used; this alone shares nothing");
  EXPECT_EQ(Message("GRANT USAGE ON SCHEMA a.other TO SHARE b"),
            "line 1, column 25: schema 'a.other' does not exist");
  EXPECT_EQ(Message("GRANT USAGE ON SCHEMA sales_db.broken TO SHARE b"),
            "line 1, column 32: there is nothing");
  EXPECT_EQ(Message("GRANT SELECT ON TABLE a.retail.x TO SHARE b"),
            "line 1, column 32: table 'a.retail.x' does not exist");
  EXPECT_EQ(Message("GRANT SELECT ON TABLE sales_db.x.broken TO SHARE b"),
            "line 1, column 23: there is nothing");
  EXPECT_EQ(Message("GRANT USAGE ON DATABASE nothing TO SHARE b"),
            "line 1, column 25: database 'nothing' is neither a location root nor a managed share "
            "that you may use");
  EXPECT_EQ(Message("GRANT USAGE ON DATABASE sales_db TO SHARE nothing"),
            "line 1, column 43: share 'nothing' does not exist");
}

TEST_F(SqlTest, NamesDoNotLeadOutOfARoot) {
  Run("CREATE SHARE s");
  for (const char* const name : {"\"..\".x", "x.\"..\"", "\"a/b\".c", "x.\"../y\""}) {
    EXPECT_THAT(Message(Format("GRANT SELECT ON TABLE sales_db.{} TO SHARE s", name)),
                HasSubstr("name must not contain"));
  }
  EXPECT_THAT(TablesOf("s"), IsEmpty());
  ASSERT_THAT(service_.PutRoot(admin_, {.name = "uri_db", .location = "file:///lake/uri"}), IsOk());
  Run("GRANT SELECT ON TABLE uri_db.\"%2e%2e\".t TO SHARE s");
  EXPECT_THAT(TablesOf("s"), ElementsAre("%2e%2e.t file:///lake/uri/%252e%252e/t"));
}

TEST_F(SqlTest, ANameOfBothKindsIsRefusedUnlessOneIsTheShareItself) {
  Run("CREATE SHARE sales_db; CREATE SHARE s");
  EXPECT_THAT(Message("GRANT SELECT ON TABLE sales_db.a.b TO SHARE s"),
              HasSubstr("line 1, column 23: 'sales_db' is both a location root and a share"));
  EXPECT_EQ(Message("GRANT SELECT ON TABLE sales_db.a.b TO SHARE sales_db"),
            "table a.b added to share sales_db");
}

TEST_F(SqlTest, AllTablesOfASchemaAreAFolderOrWhatAShareHasInIt) {
  Run("CREATE SHARE a; CREATE SHARE b; CREATE SHARE c");
  EXPECT_EQ(Message("GRANT SELECT ON ALL TABLES IN SCHEMA sales_db.public TO SHARE a"),
            "schema public with all tables of /lake/sales_db/public added to share a");
  EXPECT_THAT(TablesOf("a"), ElementsAre("public.one /lake/sales_db/public/one"));
  Run("ALTER SHARE a ADD TABLE public.two LOCATION '/w/two';"
      "ALTER SHARE a ADD TABLE other.three LOCATION '/w/three'");
  EXPECT_EQ(Message("GRANT SELECT ON ALL TABLES IN SCHEMA a.public TO SHARE b"),
            "2 tables and folders added to share b");
  EXPECT_THAT(TablesOf("b"),
              ElementsAre("public.one /lake/sales_db/public/one", "public.two /w/two"));
  // A table that a folder gives is there by its own name too.
  EXPECT_EQ(Message("GRANT SELECT ON TABLE a.public.one TO SHARE c"),
            "table public.one added to share c");
  EXPECT_THAT(TablesOf("c"), ElementsAre("public.one /lake/sales_db/public/one"));
}

TEST_F(SqlTest, RevokingTakesOutWhatLiesThere) {
  Run("CREATE SHARE s;"
      "GRANT SELECT ON TABLE sales_db.a.one TO SHARE s;"
      "GRANT SELECT ON TABLE sales_db.a.two TO SHARE s;"
      "ALTER SHARE s ADD TABLE sales_db.b.three AS x.y;"
      "ALTER SHARE s ADD TABLE z.elsewhere LOCATION '/w/elsewhere'");
  ASSERT_THAT(TablesOf("s"), SizeIs(4));
  EXPECT_EQ(Message("REVOKE SELECT ON TABLE sales_db.a.one FROM SHARE s"),
            "1 table or folder taken out of share s");
  EXPECT_EQ(Message("REVOKE SELECT ON TABLE sales_db.a.one FROM SHARE s"),
            "line 1, column 24: share 's' has nothing of sales_db.a.one");
  EXPECT_EQ(Message("REVOKE USAGE ON SCHEMA sales_db.b FROM SHARE s"),
            "1 table or folder taken out of share s");
  EXPECT_THAT(TablesOf("s"), ElementsAre("a.two /lake/sales_db/a/two", "z.elsewhere /w/elsewhere"));
  EXPECT_EQ(Message("REVOKE USAGE ON DATABASE sales_db FROM SHARE s"),
            "1 table or folder taken out of share s");
  EXPECT_EQ(Message("REVOKE USAGE ON DATABASE sales_db FROM SHARE s"),
            "share s has nothing of sales_db");
  EXPECT_THAT(TablesOf("s"), ElementsAre("z.elsewhere /w/elsewhere"));
}

TEST_F(SqlTest, APartOfASharedFolderIsNotRevokedInSilence) {
  Run("CREATE SHARE s; GRANT SELECT ON ALL TABLES IN SCHEMA sales_db.a TO SHARE s");
  EXPECT_EQ(Message("REVOKE SELECT ON TABLE sales_db.a.one FROM SHARE s"),
            "line 1, column 24: share 's' has it as a part of the folder /lake/sales_db/a, which "
            "can only be revoked as a whole");
  EXPECT_EQ(Message("REVOKE SELECT ON ALL TABLES IN SCHEMA sales_db.a FROM SHARE s"),
            "1 table or folder taken out of share s");
  EXPECT_THAT(TablesOf("s"), IsEmpty());
}

TEST_F(SqlTest, WhatAnotherShareHasIsRevokedByItsName) {
  Run("CREATE SHARE a; CREATE SHARE b; ALTER SHARE a ADD TABLE r.t LOCATION '/w/t';"
      "ALTER SHARE b ADD TABLE a.r.t AS other.name; ALTER SHARE b ADD TABLE r.t LOCATION '/w/u'");
  EXPECT_EQ(Message("REVOKE SELECT ON TABLE a.r.t FROM SHARE b"),
            "1 table or folder taken out of share b");
  EXPECT_THAT(TablesOf("b"), ElementsAre("r.t /w/u"));
}

TEST_F(SqlTest, TablesAndSchemasAreAddedAndRemoved) {
  Run("CREATE SHARE s");
  EXPECT_EQ(Message("ALTER SHARE s ADD TABLE r.t LOCATION '/w/t' COMMENT 'c' WITH HISTORY"),
            "table r.t added to share s");
  const auto entry = service_.GetShare(admin_, "s")->entries.front();
  EXPECT_EQ(entry.comment, "c");
  EXPECT_TRUE(entry.history_shared);
  EXPECT_EQ(Message("ALTER SHARE s ADD SCHEMA sales_db.public AS p"),
            "schema p with all tables of /lake/sales_db/public added to share s");
  EXPECT_THAT(TablesOf("s"), ElementsAre("p.one /lake/sales_db/public/one", "r.t /w/t"));
  EXPECT_THAT(Message("ALTER SHARE s ADD TABLE r.t LOCATION '/w/u'"),
              HasSubstr("line 1, column 25: "));
  EXPECT_EQ(Message("ALTER SHARE s ADD TABLE r.u"),
            "line 1, column 25: say LOCATION '...', or where it is: DATABASE.SCHEMA.TABLE");
  EXPECT_THAT(Message("ALTER SHARE s ADD TABLE r.u LOCATION '/w/broken'"),
              HasSubstr("there is nothing"));
  EXPECT_EQ(Message("ALTER SHARE s REMOVE TABLE r.t"), "table r.t taken out of share s");
  EXPECT_EQ(Message("ALTER SHARE s REMOVE TABLE r.t"),
            "line 1, column 28: table 's.r.t' does not exist");
  EXPECT_EQ(Message("ALTER SHARE s REMOVE SCHEMA P"), "schema P taken out of share s");
  EXPECT_EQ(Message("ALTER SHARE s REMOVE SCHEMA p"),
            "line 1, column 29: nothing was added to share 's' as schema 'p'");
  EXPECT_THAT(TablesOf("s"), IsEmpty());
}

TEST_F(SqlTest, ADatabaseOfARecipientNeedsAGrant) {
  Run("CREATE SHARE s");
  EXPECT_EQ(Message("CREATE DATABASE d FROM SHARE me.s"),
            "line 1, column 33: share 's' is granted to nobody");
  options_.as_recipient = "acme";
  EXPECT_EQ(Message("CREATE DATABASE d FROM SHARE s"),
            "line 1, column 30: share 's' is not granted to 'acme'");
  EXPECT_EQ(Message("CREATE DATABASE d FROM SHARE x"),
            "line 1, column 30: share 'x' is not granted to 'acme'");
  Run("ALTER SHARE s ADD ACCOUNTS = acme, globex");
  EXPECT_EQ(Message("CREATE DATABASE d FROM SHARE s"), "database d created for recipient acme");
  EXPECT_EQ(Message("CREATE DATABASE D FROM SHARE s"),
            "line 1, column 17: database 'D' of recipient 'acme' exists already");
  EXPECT_EQ(Message("CREATE DATABASE IF NOT EXISTS D FROM SHARE s"),
            "database D of recipient acme exists already");
  options_.as_recipient.clear();
  EXPECT_EQ(Message("CREATE DATABASE e FROM SHARE s"),
            "line 1, column 30: share 's' is granted to 2 recipients: say for which one, with --as "
            "or the field \"recipient\"");
  EXPECT_EQ(Message("DROP DATABASE d"), "database d of recipient acme dropped");
  EXPECT_EQ(Message("DROP DATABASE d"), "line 1, column 15: no recipient has a database 'd'");
  EXPECT_EQ(Message("DROP DATABASE IF EXISTS d"), "database d does not exist");
}

TEST_F(SqlTest, ShowsSharesAndWhatIsInThem) {
  Run("CREATE SHARE sales COMMENT 'Daily'; CREATE SHARE hr;"
      "ALTER SHARE sales ADD TABLE r.t LOCATION '/w/t' WITH HISTORY;"
      "ALTER SHARE sales ADD SCHEMA p LOCATION '/w/p' COMMENT 'new ones too';"
      "ALTER SHARE sales ADD ACCOUNTS = acme");
  const std::string now = TimeText(kNow);
  const Execution shown = Run("SHOW SHARES");
  EXPECT_THAT(shown.results[0].columns,
              ElementsAre("name", "source", "owner", "tables", "comment", "created_at"));
  EXPECT_EQ(shown.results[0].rows, (Rows{{"hr", "managed", "root", "0", "", now},
                                         {"sales", "managed", "root", "2", "Daily", now}}));
  EXPECT_THAT(RowsOf("SHOW SHARES LIKE 'S_L%'"), SizeIs(1));
  EXPECT_THAT(RowsOf("SHOW SHARES LIKE '%x%'"), IsEmpty());
  EXPECT_EQ(RowsOf("SHOW ALL IN SHARE sales"),
            (Rows{{"p.*", "folder", "/w/p", "false", "new ones too"},
                  {"r.t", "table", "/w/t", "true", ""}}));
  EXPECT_EQ(RowsOf("SHOW GRANTS ON SHARE sales"), (Rows{{"acme", "root", now, ""}}));
  EXPECT_EQ(RowsOf("SHOW GRANTS TO RECIPIENT acme"), (Rows{{"sales", "root", now, ""}}));
  const Rows described = RowsOf("DESCRIBE SHARE me.Sales");
  EXPECT_EQ(described[0], (std::vector<std::string>{"name", "sales"}));
  EXPECT_EQ(Message("DESC SHARE x"), "line 1, column 12: share 'x' does not exist");
  EXPECT_EQ(Message("SHOW ALL IN SHARE x"), "line 1, column 19: share 'x' does not exist");
}

TEST_F(SqlTest, ShowsRecipientsWithoutTheirSecrets) {
  ASSERT_THAT(service_.IssueToken(admin_, "acme", {}), IsOk());
  Run("CREATE SHARE s; ALTER SHARE s ADD ACCOUNTS = acme; CREATE DATABASE d FROM SHARE s;"
      "ALTER RECIPIENT acme SET PROPERTIES (country = 'FR')");
  const std::string now = TimeText(kNow);
  EXPECT_EQ(RowsOf("SHOW RECIPIENTS LIKE 'a%'"),
            (Rows{{"acme", "root", "true", "1", "", now, ""}}));
  EXPECT_EQ(RowsOf("DESCRIBE RECIPIENT acme"), (Rows{{"name", "acme"},
                                                     {"owner", "root"},
                                                     {"comment", ""},
                                                     {"enabled", "true"},
                                                     {"region", ""},
                                                     {"tokens", "1"},
                                                     {"created_at", now},
                                                     {"expires_at", ""},
                                                     {"property country", "FR"},
                                                     {"database d", "share s"}}));
  EXPECT_EQ(Message("DESCRIBE RECIPIENT x"), "line 1, column 20: recipient 'x' does not exist");
}

TEST_F(SqlTest, PatternsWithManyPercentSignsAreMatchedInGoodTime) {
  ASSERT_THAT(CreateShare(std::string(255, 'a')), IsOk());
  std::string pattern;
  for (int i = 0; i < 1'000; ++i) pattern += "%a";
  EXPECT_THAT(RowsOf("SHOW SHARES LIKE '" + pattern + "b'"), IsEmpty());
  EXPECT_THAT(RowsOf("SHOW SHARES LIKE '%a%%a%'"), SizeIs(1));
  EXPECT_THAT(RowsOf("SHOW SHARES LIKE ''"), IsEmpty());
}

TEST_F(SqlTest, ExplainsWhatAReadCosts) {
  Run("CREATE SHARE s; ALTER SHARE s ADD TABLE r.t LOCATION '/w/t'; ALTER SHARE s ADD ACCOUNTS = "
      "acme");
  EXPECT_THAT(Message("EXPLAIN COST ON TABLE s.r.t"), HasSubstr("cannot tell what reads cost"));
  auto dependencies = dependencies_;
  dependencies.describe_table = [](const std::string& location,
                                   const std::string& condition) -> Result<AdminService::ReadSize> {
    EXPECT_EQ(location, "/w/t");
    if (condition.empty()) return AdminService::ReadSize{.files = 3, .bytes = 5'000'000'000};
    return AdminService::ReadSize{.files = 1, .bytes = 2'000'000'000};
  };
  audit::PriceList prices{.currency = "USD"};
  prices.egress[{"*", "*"}] = 90'000'000;
  dependencies.prices = &prices;
  AdminService service(dependencies, {});
  const auto rows_of = [&](std::string_view text) {
    const Execution execution = Execute(*ParseSql(text), admin_, service, {});
    return execution.fault ? Rows{{execution.fault->message}} : execution.results.back().rows;
  };
  EXPECT_EQ(rows_of("EXPLAIN COST ON TABLE s.r.t"),
            (Rows{{"s.r.t", "3", "5000000000", "0.45", "USD"}}));
  EXPECT_EQ(rows_of("EXPLAIN COST FOR RECIPIENT acme ON TABLE s.r.t WHERE day > '2026-01-01'"),
            (Rows{{"s.r.t", "1", "2000000000", "0.18", "USD"}}));
  EXPECT_EQ(rows_of("EXPLAIN COST FOR RECIPIENT globex ON TABLE s.r.t"),
            (Rows{{"line 1, column 44: share 's' is not granted to 'globex'"}}));
  EXPECT_EQ(rows_of("EXPLAIN COST FOR RECIPIENT x ON TABLE s.r.t"),
            (Rows{{"line 1, column 28: recipient 'x' does not exist"}}));
  EXPECT_EQ(rows_of("EXPLAIN COST ON TABLE s.r.u"),
            (Rows{{"line 1, column 23: table 's.r.u' does not exist"}}));
}

TEST_F(SqlTest, AuditorsLookAndChangeNothing) {
  Run("CREATE SHARE s; ALTER SHARE s ADD TABLE r.t LOCATION '/w/t'");
  for (const char* const text :
       {"SHOW SHARES", "SHOW RECIPIENTS", "DESCRIBE SHARE s", "DESCRIBE RECIPIENT acme",
        "SHOW ALL IN SHARE s", "SHOW GRANTS ON SHARE s", "SHOW GRANTS TO RECIPIENT acme"}) {
    EXPECT_FALSE(RunAs(auditor_, text).fault) << text;
  }
  const auto before = Graph();
  for (const char* const text :
       {"CREATE SHARE x", "ALTER SHARE s UNSET COMMENT", "DROP SHARE s", "CREATE RECIPIENT x",
        "ALTER RECIPIENT acme UNSET COMMENT", "DROP RECIPIENT acme",
        "GRANT SELECT ON SHARE s TO RECIPIENT acme", "REVOKE SELECT ON SHARE s FROM RECIPIENT acme",
        "GRANT USAGE ON DATABASE sales_db TO SHARE s",
        "REVOKE USAGE ON DATABASE sales_db FROM SHARE s", "CREATE DATABASE d FROM SHARE s",
        "DROP DATABASE IF EXISTS d", "DROP SHARE IF EXISTS x",
        "ALTER SHARE IF EXISTS x UNSET COMMENT"}) {
    const Execution execution = RunAs(auditor_, text);
    ASSERT_TRUE(execution.fault) << text;
    EXPECT_EQ(execution.fault->code, ErrorCode::kPermissionDenied) << text;
    EXPECT_THAT(execution.fault->message, HasSubstr("line 1, column 1: the role auditor")) << text;
  }
  EXPECT_EQ(Graph(), before);
}

TEST_F(SqlTest, ShareOwnersKeepToTheirOwnSharesAndRoots) {
  Run("CREATE SHARE theirs_not; ALTER SHARE theirs_not ADD TABLE r.t LOCATION '/w/t'");
  const auto message = [&](std::string_view text) { return MessageFor(seller_, text); };
  EXPECT_EQ(message("CREATE SHARE own"), "share own created");
  EXPECT_EQ(message("GRANT SELECT ON TABLE seller_db.r.t TO SHARE own"),
            "table r.t added to share own");
  EXPECT_THAT(TablesOf("own"), ElementsAre("r.t s3://lake/seller/r/t"));
  EXPECT_THAT(message("GRANT SELECT ON TABLE sales_db.r.u TO SHARE own"),
              HasSubstr("line 1, column 23: database 'sales_db' is neither"));
  EXPECT_THAT(message("GRANT SELECT ON TABLE theirs_not.r.t TO SHARE own"),
              HasSubstr("line 1, column 23: database 'theirs_not' is neither"));
  EXPECT_EQ(message("ALTER SHARE own ADD TABLE r.u LOCATION '/lake/sales_db/x'"),
            "line 1, column 27: /lake/sales_db/x lies below no root that was granted to you");
  EXPECT_EQ(message("GRANT SELECT ON TABLE seller_db.r.t TO SHARE theirs_not"),
            "line 1, column 46: share 'theirs_not' does not exist");
  EXPECT_EQ(message("ALTER SHARE theirs_not ADD ACCOUNTS = acme"),
            "line 1, column 13: share 'theirs_not' does not exist");
  EXPECT_EQ(message("GRANT SELECT ON SHARE theirs_not TO RECIPIENT acme"),
            "line 1, column 23: share 'theirs_not' does not exist");
  EXPECT_EQ(message("REVOKE SELECT ON TABLE seller_db.r.t FROM SHARE theirs_not"),
            "line 1, column 49: share 'theirs_not' does not exist");
  EXPECT_EQ(message("ALTER RECIPIENT acme SET PROPERTIES (a = 'b')"),
            "line 1, column 17: recipient 'acme' does not exist");
  EXPECT_EQ(message("ALTER SHARE own ADD ACCOUNTS = acme"), "share own granted to 1 recipient");
  // An alias is the recipient's matter, and it has another owner.
  EXPECT_EQ(message("CREATE DATABASE d FROM SHARE own"),
            "line 1, column 30: recipient 'acme' does not exist");
  EXPECT_THAT(message("SHOW ALL IN SHARE theirs_not"), HasSubstr("does not exist"));
  EXPECT_THAT(message("SHOW GRANTS TO RECIPIENT acme"), HasSubstr("does not exist"));
  EXPECT_THAT(RunAs(seller_, "SHOW SHARES").results[0].rows, SizeIs(1));
  EXPECT_THAT(Graph(), ElementsAre("acme reads own", "acme reads own.r.t at s3://lake/seller/r/t"));
}

TEST_F(SqlTest, AStatementThatFailsLeavesNothingOfItself) {
  Run("CREATE SHARE a; CREATE SHARE b; ALTER SHARE a ADD TABLE r.one LOCATION '/w/one';"
      "ALTER SHARE a ADD TABLE r.two LOCATION '/w/two';"
      "ALTER SHARE b ADD TABLE r.two LOCATION '/w/another'");
  const Execution execution =
      Run("CREATE SHARE c;\nGRANT SELECT ON ALL TABLES IN SCHEMA a.r TO SHARE b;\nCREATE SHARE d");
  ASSERT_TRUE(execution.fault);
  EXPECT_EQ(execution.fault->code, ErrorCode::kAlreadyExists);
  EXPECT_THAT(execution.fault->message,
              testing::AllOf(testing::StartsWith("line 2, column 38: "),
                             testing::EndsWith("; 1 statement before it was done")));
  EXPECT_THAT(execution.results, SizeIs(1));
  EXPECT_THAT(TablesOf("b"), ElementsAre("r.two /w/another"));
  EXPECT_TRUE(service_.GetShare(admin_, "c").ok());
  EXPECT_FALSE(service_.GetShare(admin_, "d").ok());
}

TEST_F(SqlTest, AnswersAreBounded) {
  ASSERT_THAT(service_.CreateShare(admin_, {.name = "s", .comment = std::string(60'000, 'x')}),
              IsOk());
  std::string many;
  for (std::size_t i = 0; i < 600; ++i) many += "SHOW SHARES;";
  const Execution execution = Run(many);
  ASSERT_TRUE(execution.fault);
  EXPECT_EQ(execution.fault->code, ErrorCode::kTooLarge);
}

json::value JsonOf(const Result<http::Response>& response) {
  return response.ok() ? *ParseJson(std::get<std::string>(response->body)) : json::value();
}

TEST_F(SqlTest, AnswersOverHttp) {
  const auto done =
      Call("POST", "/api/v1/sql", {},
           R"({"sql":"CREATE SHARE s;\nSHOW SHARES LIKE 's'; SELECT 1","skipQueries":true})");
  ASSERT_THAT(done, IsOk());
  EXPECT_EQ(done->status, 200);
  const json::value answer = JsonOf(done);
  const json::array& results = answer.at("results").as_array();
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(results[0].at("message"), "share s created");
  EXPECT_EQ(results[1].at("line"), 2);
  EXPECT_EQ(results[1].at("columns").as_array().front(), "name");
  EXPECT_EQ(results[1].at("rows").as_array().front().as_array().front(), "s");

  const auto failed = Call("POST", "/api/v1/sql", {},
                           R"({"sql":"CREATE SHARE t; DROP SHARE nothing; CREATE SHARE u"})");
  ASSERT_THAT(failed, IsOk());
  EXPECT_EQ(failed->status, 400);
  const json::value fault = JsonOf(failed);
  EXPECT_EQ(fault.at("errorCode"), "RESOURCE_DOES_NOT_EXIST");
  EXPECT_EQ(fault.at("message"),
            "line 1, column 28: share 'nothing' does not exist; 1 statement before it was done");
  EXPECT_EQ(fault.at("statementsDone"), 1);

  const auto unread = Call("POST", "/api/v1/sql", {}, R"({"sql":"CREATE SHARE v; DROP SHRE v"})");
  EXPECT_EQ(unread->status, 400);
  EXPECT_EQ(JsonOf(unread).at("statementsDone"), 0);
  EXPECT_FALSE(service_.GetShare(admin_, "v").ok());
}

TEST_F(SqlTest, OverHttpTheRecipientOfADatabaseIsAField) {
  Run("CREATE SHARE s; ALTER SHARE s ADD ACCOUNTS = acme, globex");
  EXPECT_EQ(Call("POST", "/api/v1/sql", {},
                 R"({"sql":"CREATE DATABASE d FROM SHARE s","recipient":"globex"})")
                ->status,
            200);
  EXPECT_THAT(service_.GetRecipient(admin_, "globex")->databases, SizeIs(1));
  EXPECT_THAT(Call("POST", "/api/v1/sql", {}, R"({"sq":"x"})"),
              FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(Call("POST", "/api/v1/sql", {}, R"({"sql":1})"),
              FailsWith(ErrorCode::kInvalidArgument));
}

}  // namespace
}  // namespace sluice::admin::sql
