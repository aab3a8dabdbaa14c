#include "config/share_config.h"

#include <map>

#include "base/testing.h"
#include "config/server_options.h"

namespace sluice::config {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Result<ShareConfig> Read(std::string_view text) {
  const YamlDocument document = TRY(ParseYaml(text, "/conf/shares.yaml"));
  return ReadShareConfig(document);
}

std::string FaultOf(std::string_view text) {
  const auto config = Read(text);
  return config.ok() ? "no fault" : config.error().message;
}

std::map<std::string, std::string> SettingsOf(const ShareConfig& config) {
  std::map<std::string, std::string> settings;
  for (const GivenSetting& given : config.settings) settings[given.name] = given.items.front();
  return settings;
}

constexpr std::string_view kEveryReferenceKey = R"(version: 1
shares:
- name: "share1"
  schemas:
  - name: "schema1"
    tables:
    - name: "table1"
      location: "s3a://bucket/table1"
      id: "00000000-0000-0000-0000-000000000000"
    - name: "table2"
      location: "wasbs://container@account.blob.core.windows.net/table2"
      historyShared: true
      startVersion: 3
- name: "share2"
  schemas: []
authorization:
  bearerToken: "open sesame"
ssl:
  selfSigned: false
  certificateFile: "tls/cert.pem"
  certificateKeyFile: "/etc/key.pem"
  certificatePasswordFile: "/etc/password"
host: "localhost"
port: 8443
endpoint: "/sharing/"
preSignedUrlTimeoutSeconds: 900
temporaryCredentialValiditySeconds: 3600
deltaTableCacheSize: 10
stalenessAcceptable: false
evaluatePredicateHints: false
evaluateJsonPredicateHints: true
evaluateJsonPredicateHintsV2: true
requestTimeoutSeconds: 0
queryTablePageSizeLimit: 10000
queryTablePageTokenTtlMs: 259200000
refreshTokenTtlMs: 3600000
)";

TEST(ShareConfig, ReadsSharesInTheirOrder) {
  const auto config = Read(kEveryReferenceKey);
  ASSERT_THAT(config, IsOk());
  ASSERT_THAT(config->shares, SizeIs(2));
  ASSERT_THAT(config->shares[0].schemas, SizeIs(1));
  const ConfiguredSchema& schema = config->shares[0].schemas[0];
  ASSERT_THAT(schema.tables, SizeIs(2));
  EXPECT_EQ(schema.tables[0].name, "table1");
  EXPECT_EQ(schema.tables[0].location, "s3a://bucket/table1");
  EXPECT_EQ(schema.tables[0].id, "00000000-0000-0000-0000-000000000000");
  EXPECT_FALSE(schema.tables[0].history_shared);
  EXPECT_EQ(schema.tables[0].start_version, 0);
  EXPECT_EQ(schema.tables[0].where, "/conf/shares.yaml:7");
  EXPECT_TRUE(schema.tables[1].history_shared);
  EXPECT_EQ(schema.tables[1].start_version, 3);
  EXPECT_EQ(config->shares[1].name, "share2");
  EXPECT_EQ(config->bearer_token->Reveal(), "open sesame");
}

TEST(ShareConfig, TurnsReferenceKeysIntoSettings) {
  const auto config = Read(kEveryReferenceKey);
  ASSERT_THAT(config, IsOk());
  const auto settings = SettingsOf(*config);
  EXPECT_EQ(settings.at("listen"), "127.0.0.1:8443");
  EXPECT_EQ(settings.at("prefix"), "/sharing");
  EXPECT_EQ(settings.at("url_lifetime"), "900s");
  EXPECT_EQ(settings.at("credential_lifetime"), "3600s");
  EXPECT_EQ(settings.at("request_timeout"), "0s");
  EXPECT_EQ(settings.at("tls_certificate"), "/conf/tls/cert.pem");
  EXPECT_EQ(settings.at("tls_key"), "/etc/key.pem");
  EXPECT_THAT(LayerSettings(ServerSettings(), config->settings), IsOk());
}

TEST(ShareConfig, SaysWhichReferenceKeysHaveNoEffect) {
  const auto config = Read(kEveryReferenceKey);
  ASSERT_THAT(config, IsOk());
  EXPECT_THAT(config->without_effect, SizeIs(5));
  EXPECT_THAT(config->without_effect[0],
              HasSubstr("/conf/shares.yaml:28: deltaTableCacheSize has no effect"));
}

TEST(ShareConfig, HostNameIsForLinksAndAnAddressIsForListening) {
  auto settings = SettingsOf(Read("{shares: [], host: sharing.example.com, port: 443, "
                                  "ssl: {selfSigned: true}}")
                                 .value());
  EXPECT_EQ(settings.at("listen"), "0.0.0.0:443");
  EXPECT_EQ(settings.at("public_url"), "https://sharing.example.com");
  settings = SettingsOf(Read("{shares: [], host: sharing.example.com}").value());
  EXPECT_EQ(settings.at("public_url"), "http://sharing.example.com:8080");
  settings = SettingsOf(Read("{shares: [], host: '::1', port: 1}").value());
  EXPECT_EQ(settings.at("listen"), "[::1]:1");
  EXPECT_FALSE(settings.contains("public_url"));
}

// The first form of the article that the project began from.
TEST(ShareConfig, ReadsTablesWithObjectStoreLocations) {
  const auto config = Read(R"(version: 1
shares:
  - name: "marketing_analysts_share"
    schemas:
      - name: "consumer"
        tables:
          - name: "clickstream_hourly"
            location: "s3://data-lake/consumer/clickstream_hourly"
            id: "eb6f82f5-a738-4bd8-943c-9cd8594b12ac"

          - name: "campaign_performance"
            location: "s3://data-lake/consumer/campaign_performance"
            id: "7a2b3c4d-5e6f-7890-abcd-ef1234567890"
)");
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->shares[0].schemas[0].tables[1].location,
            "s3://data-lake/consumer/campaign_performance");
}

// The second form, its locations added.
TEST(ShareConfig, FindsShortTablesInTheMapElseBelowTheRoot) {
  const auto config = Read(R"(
shares:
  # Marketing team gets consumer data
  - name: "marketing_share"
    schemas:
      - name: "consumer"
        tables: [clickstream_hourly, campaign_performance]

  - name: "finance_share"
    schemas:
      - name: "transactions"
        tables:
          - daily_settlements
          - name: monthly_reconciliation
            historyShared: true
tablesRoot: lake/
tables:
  clickstream_hourly: /fast/clickstream
  daily_settlements: s3://bank/daily
)");
  ASSERT_THAT(config, IsOk());
  const auto& consumer = config->shares[0].schemas[0].tables;
  EXPECT_EQ(consumer[0].location, "/fast/clickstream");
  EXPECT_EQ(consumer[1].location, "/conf/lake/consumer/campaign_performance");
  const auto& transactions = config->shares[1].schemas[0].tables;
  EXPECT_EQ(transactions[0].location, "s3://bank/daily");
  EXPECT_EQ(transactions[1].location, "/conf/lake/transactions/monthly_reconciliation");
  EXPECT_TRUE(transactions[1].history_shared);
}

TEST(ShareConfig, TablesRootMayBeAUrl) {
  const auto config = Read(
      "tablesRoot: s3://lake\nshares: [{name: a, schemas: [{name: b, tables: "
      "[c]}]}]\n");
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->shares[0].schemas[0].tables[0].location, "s3://lake/b/c");
}

TEST(ShareConfig, NamesAShortTableThatIsNowhere) {
  EXPECT_THAT(FaultOf("shares:\n- name: a\n  schemas:\n  - name: b\n    tables: [c]\n"),
              HasSubstr("/conf/shares.yaml:5: table 'c' has no location"));
}

TEST(ShareConfig, RelativeLocationsStartAtTheFile) {
  const auto config = Read(
      "shares: [{name: a, schemas: [{name: b, tables: [{name: c, location: "
      "../data//c/}, {name: d, location: 'file:///data/d'}]}]}]\n");
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->shares[0].schemas[0].tables[0].location, "/data/c");
  EXPECT_EQ(config->shares[0].schemas[0].tables[1].location, "file:///data/d");
}

TEST(ShareConfig, NamesAnUnknownKeyAndTheOneThatWasMeant) {
  EXPECT_EQ(FaultOf("shares: []\nauthorisation: {}\n"),
            "/conf/shares.yaml:2: unknown key 'authorisation' of the configuration; did you mean "
            "'authorization'?");
  EXPECT_EQ(FaultOf("shares:\n- name: a\n  schemas:\n  - name: b\n    tables:\n    - name: c\n"
                    "      locaton: /x\n"),
            "/conf/shares.yaml:7: unknown key 'locaton' of a table; did you mean 'location'?");
  EXPECT_EQ(FaultOf("shares:\n- name: a\n  colour: red\n"),
            "/conf/shares.yaml:3: unknown key 'colour' of a share");
  EXPECT_THAT(FaultOf("sluice:\n  urlLifetme: 1h\n"), HasSubstr("did you mean 'urlLifetime'?"));
  EXPECT_THAT(FaultOf("ssl:\n  selfsigned: true\n"), HasSubstr("did you mean 'selfSigned'?"));
}

TEST(ShareConfig, NamesAWrongTypeAndItsLine) {
  EXPECT_EQ(FaultOf("shares: yes\n"),
            "/conf/shares.yaml:1: shares: expected a list, not a single value");
  EXPECT_EQ(FaultOf("shares:\n"), "/conf/shares.yaml:1: shares: expected a list, not nothing");
  EXPECT_EQ(FaultOf("port: http\n"),
            "/conf/shares.yaml:1: port: expected a whole number, not 'http'");
  EXPECT_THAT(FaultOf("port: 70000\n"), HasSubstr("must be at most 65535"));
  EXPECT_THAT(FaultOf("stalenessAcceptable: 3\n"), HasSubstr("expected true or false"));
  EXPECT_THAT(FaultOf("version: 2\n"), HasSubstr("version: must be at most 1"));
  EXPECT_THAT(FaultOf("shares: [{name: [a]}]\n"), HasSubstr("name: expected text, not a list"));
  EXPECT_THAT(FaultOf("shares: [a]\n"), HasSubstr("a share must be a map with a name"));
  EXPECT_THAT(FaultOf("- a\n"), HasSubstr("expected a map with the key 'shares'"));
  EXPECT_THAT(FaultOf("tables: {a: {}}\n"), HasSubstr("a: expected text, not a map"));
}

TEST(ShareConfig, EveryLevelNeedsAName) {
  EXPECT_THAT(FaultOf("shares: [{schemas: []}]\n"), HasSubstr("a share needs a name"));
  EXPECT_THAT(FaultOf("shares: [{name: a, schemas: [{tables: []}]}]\n"),
              HasSubstr("a schema needs a name"));
  EXPECT_THAT(FaultOf("shares: [{name: a, schemas: [{name: b, tables: [{location: /x}]}]}]\n"),
              HasSubstr("a table needs a name"));
}

TEST(ShareConfig, RefusesNamesThatDifferInCaseAlone) {
  EXPECT_EQ(FaultOf("shares:\n- name: Retail\n- name: retail\n"),
            "/conf/shares.yaml:3: share 'retail' is given twice (first in line 2)");
  EXPECT_THAT(
      FaultOf("tablesRoot: /x\nshares:\n- name: a\n  schemas:\n  - name: b\n    tables: [t, "
              "T]\n"),
      HasSubstr("table 'T' is given twice"));
}

TEST(ShareConfig, AuthorizationNeedsAToken) {
  EXPECT_THAT(FaultOf("authorization: {}\n"), HasSubstr("bearerToken is missing"));
  EXPECT_THAT(FaultOf("authorization:\n"), HasSubstr("expected a map, not nothing"));
  EXPECT_THAT(FaultOf("authorization: {bearerToken: ''}\n"), HasSubstr("must not be empty"));
  EXPECT_THAT(FaultOf("authorization: {bearerToken: x}\nallowAnonymous: true\n"),
              HasSubstr("contradict each other"));
}

TEST(ShareConfig, DescribesAShareWithinTheProtocolsBounds) {
  const auto config = Read(
      "shares:\n- name: s\n  displayName: The S\n  comment: All of it\n"
      "  properties: {owner: sales, year: 2026}\n  schemas: []\n");
  ASSERT_THAT(config, IsOk());
  const ShareDescription& description = config->shares[0].description;
  EXPECT_EQ(description.display_name, "The S");
  EXPECT_EQ(description.comment, "All of it");
  EXPECT_THAT(description.properties,
              testing::ElementsAre(testing::Pair("owner", "sales"), testing::Pair("year", "2026")));
  EXPECT_THAT(FaultOf("shares:\n- name: s\n  displayName: " + std::string(256, 'x') + "\n"),
              HasSubstr(":3: displayName: longer than 255 bytes"));
  EXPECT_THAT(FaultOf("shares:\n- name: s\n  properties: {k: " + std::string(1001, 'x') + "}\n"),
              HasSubstr(":3: k: longer than 1000 bytes"));
  std::string many = "shares:\n- name: s\n  properties:\n";
  for (int i = 0; i <= 50; ++i) many += Format("    k{}: v\n", i);
  EXPECT_THAT(FaultOf(many), HasSubstr("properties: more than 50"));
}

TEST(ShareConfig, SharesAndTablesSayHowTheyAreServed) {
  const auto config = Read(
      "shares:\n- name: s\n  delivery: proxy\n  freshness: 10s\n  schemas:\n  - name: d\n"
      "    tables:\n    - name: t\n      location: s3://b/t\n      delivery: url\n"
      "      downloadsNeedToken: true\n      serveStaleFor: 1h\n");
  ASSERT_THAT(config, IsOk());
  const ServingTerms& share = config->shares[0].serving;
  EXPECT_EQ(share.delivery, Delivery::kProxy);
  EXPECT_EQ(share.freshness, std::chrono::seconds(10));
  const ServingTerms table = config->shares[0].schemas[0].tables[0].serving.Or(share);
  EXPECT_EQ(table.delivery, Delivery::kUrl);
  EXPECT_EQ(table.freshness, std::chrono::seconds(10));
  EXPECT_EQ(table.serve_stale_for, std::chrono::hours(1));
  EXPECT_EQ(table.downloads_need_token, true);
}

TEST(ShareConfig, NamesATermOfServingThatIsNone) {
  const auto fault_of = [](const std::string& term) {
    return FaultOf("shares:\n- name: s\n  " + term + "\n  schemas: []\n");
  };
  EXPECT_THAT(fault_of("delivery: ftp"), HasSubstr("shares.yaml:3: delivery: expected auto, url,"));
  EXPECT_THAT(fault_of("freshness: soon"), HasSubstr("shares.yaml:3: freshness: "));
  EXPECT_THAT(fault_of("serveStaleFor: -1s"), HasSubstr("shares.yaml:3: serveStaleFor: "));
  EXPECT_THAT(fault_of("downloadsNeedToken: 2"), HasSubstr("shares.yaml:3: downloadsNeedToken: "));
}

TEST(ShareConfig, SslNeedsACertificateUnlessSelfSigned) {
  EXPECT_THAT(FaultOf("ssl: {certificateFile: a}\n"), HasSubstr("certificateKeyFile is missing"));
  EXPECT_THAT(Read("ssl: {selfSigned: true}\n"), IsOk());
}

TEST(ShareConfig, OwnSettingsAreTakenAsTextOrList) {
  const auto config =
      Read("sluice:\n  urlLifetime: 2h\n  allowedRoots: [/a, b]\n  dataDir: state\n");
  ASSERT_THAT(config, IsOk());
  const auto layered = LayerSettings(ServerSettings(), config->settings);
  ASSERT_THAT(layered, IsOk());
  EXPECT_EQ(layered->options.url_lifetime, std::chrono::hours(2));
  EXPECT_THAT(layered->options.allowed_roots, testing::ElementsAre("/a", "/conf/b"));
  EXPECT_EQ(layered->options.data_dir, "/conf/state");
}

TEST(ShareConfig, OwnSettingsWinOverReferenceKeys) {
  const auto config = Read("sluice: {listen: '127.0.0.1:1'}\nport: 2\nrequestTimeoutSeconds: 7\n");
  ASSERT_THAT(config, IsOk());
  const auto layered = LayerSettings(ServerSettings(), config->settings);
  ASSERT_THAT(layered, IsOk());
  EXPECT_EQ(layered->options.listen, "127.0.0.1:1");
  EXPECT_EQ(layered->options.request_timeout, std::chrono::seconds(7));
}

}  // namespace
}  // namespace sluice::config
