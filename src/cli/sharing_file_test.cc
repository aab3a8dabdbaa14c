#include "cli/sharing_file.h"

#include <filesystem>

#include "base/testing.h"

namespace sluice::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<WantedCatalog> Read(std::string_view text, std::string_view file = "/conf/sharing.yaml") {
  const config::YamlDocument document = TRY(config::ParseYaml(text, file));
  return ReadSharingFile(document);
}

std::string FaultOf(std::string_view text) {
  const auto wanted = Read(text);
  return wanted.ok() ? "" : wanted.error().message;
}

std::vector<std::string> NamesIn(const WantedCatalog& wanted) {
  std::vector<std::string> names;
  for (const Thing& thing : wanted.things) names.push_back(thing.Name());
  return names;
}

constexpr std::string_view kWhole = R"(version: 1
roots:
- {name: lake, location: /data/lake, principals: [ann]}
issuers:
- {name: corporate, url: "https://login.example.com/tenant"}
shares:
- name: sales
  comment: Daily sales
  freshness: 60s
  schemas:
  - name: retail
    tables:
    - {name: orders, location: warehouse/orders/, historyShared: true}
  - name: later
  folders:
  - {location: s3://lake/raw, schema: raw, aliases: {a: b}}
recipients:
- name: acme
  attributes: {country: FR}
  expiresAt: 2027-01-31
  tokenLifetime: 90d
  federation: {issuer: corporate}
grants:
- {share: sales, to: [acme, globex], expiresAt: never}
quotas:
- {measure: bytes, limit: 2KiB, window: day, recipient: acme}
)";

TEST(SharingFile, ReadsAllThatThereIs) {
  const auto wanted = Read(kWhole);
  ASSERT_THAT(wanted, IsOk());
  EXPECT_THAT(NamesIn(*wanted),
              ElementsAre("root lake", "issuer corporate", "table sales.retail.orders",
                          "folder s3://lake/raw as raw of share sales", "share sales",
                          "recipient acme", "grant of sales to acme", "grant of sales to globex",
                          "quota of bytes a day for acme"));
  std::vector<std::string> fields;
  for (const Thing& thing : wanted->things) fields.push_back(json::serialize(thing.fields));
  EXPECT_THAT(
      fields,
      ElementsAre(
          R"({"location":"/data/lake","principals":["ann"]})",
          R"({"url":"https://login.example.com/tenant"})",
          R"({"location":"/conf/warehouse/orders","historyShared":true})",
          R"({"aliases":{"a":"b"}})",
          R"({"comment":"Daily sales","freshness":"1m","schemas":["later"]})",
          R"({"attributes":{"country":"FR"},"expiresAt":"2027-01-31T00:00:00.000Z",)"
          R"("tokenLifetime":"90d","federation":{"issuer":"corporate","audience":"","claims":{},)"
          R"("clientId":"","tokenEndpoint":"","scope":""}})",
          R"({"expiresAt":null})", R"({"expiresAt":null})", R"({"limit":2048})"));
  EXPECT_EQ(wanted->things.front().where, "/conf/sharing.yaml:3");
}

TEST(SharingFile, SaysWhichListsItGives) {
  const auto wanted = Read("shares:\n- name: Sales\n  schemas: []\n- name: other\ngrants: []\n");
  ASSERT_THAT(wanted, IsOk());
  EXPECT_THAT(wanted->lists, ElementsAre(testing::Pair(ThingKind::kShare, ""),
                                         testing::Pair(ThingKind::kTable, "sales"),
                                         testing::Pair(ThingKind::kGrant, "")));
}

TEST(SharingFile, FaultsNameFileLineAndTheNearestKey) {
  EXPECT_EQ(FaultOf("shares:\n- name: s\n  coment: x\n"),
            "/conf/sharing.yaml:3: unknown key 'coment' of a share; did you mean 'comment'?");
  EXPECT_THAT(FaultOf("sharez: []\n"), HasSubstr(":1: unknown key 'sharez'"));
  EXPECT_THAT(FaultOf("[]\n"), HasSubstr(":1: expected a map"));
  EXPECT_THAT(FaultOf("shares:\n- comment: x\n"),
              HasSubstr(":2: a share must be a map with a name"));
  EXPECT_THAT(FaultOf("shares:\n- {name: s, schemas: [{name: d, tables: [{name: t}]}]}\n"),
              HasSubstr(":2: table 't' has no location"));
  EXPECT_THAT(FaultOf("shares:\n- name: s\n- name: S\n"),
              HasSubstr(":3: share S is given twice (first in line 2)"));
  EXPECT_THAT(FaultOf("recipients:\n- name: r\n  tokenLifetime: soon\n"),
              HasSubstr(":3: tokenLifetime"));
  EXPECT_THAT(FaultOf("recipients:\n- name: r\n  expiresAt: soon\n"), HasSubstr(":3: expiresAt"));
  EXPECT_THAT(FaultOf("grants:\n- share: s\n"), HasSubstr(":2: a grant needs recipients"));
  EXPECT_THAT(FaultOf("quotas:\n- {measure: files, limit: 2GiB}\n"), HasSubstr(":2: limit"));
  EXPECT_THAT(FaultOf("version: 2\n"), HasSubstr(":1: version"));
}

TEST(SharingFile, HoldsNoSecrets) {
  EXPECT_THAT(FaultOf("recipients:\n- {name: r, bearerToken: x}\n"),
              HasSubstr("unknown key 'bearerToken'"));
}

TEST(SharingFile, PlacesAreAbsoluteWhereverTheFileIsNamedFrom) {
  const auto wanted = Read("roots:\n- {name: r, location: lake}\n", "conf/sharing.yaml");
  ASSERT_THAT(wanted, IsOk());
  EXPECT_EQ(wanted->things[0].fields.at("location").as_string(),
            (std::filesystem::current_path() / "conf/lake").string());
}

}  // namespace
}  // namespace sluice::cli
