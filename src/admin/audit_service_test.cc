#include "admin/audit_service.h"

#include <cstdlib>
#include <filesystem>

#include "admin/audit_handlers.h"
#include "audit/record_store.h"
#include "audit/shipper.h"
#include "base/encoding.h"
#include "base/json.h"
#include "base/testing.h"

namespace sluice::admin {
namespace {

using namespace std::chrono_literals;
using auth::Caller;
using catalog::Role;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

const SystemTime kNow(std::chrono::seconds(1'795'255'200));

/// Records of two recipients and two shares, shipped into a database in memory.
class AuditServiceTest : public testing::Test {
 protected:
  AuditServiceTest() {
    EXPECT_THAT(audit::PrepareRecordTables(*database_), IsOk());
    for (const char* const name : {"sales", "hr"}) {
      const auto put = [&](catalog::Transaction& t) {
        return t.PutShare({.id = name, .name = name, .owner = name == Sales() ? "seller" : "boss"});
      };
      EXPECT_THAT(store_->Change(put), IsOk());
    }
    Append({.request_id = "r0", .recipient = "acme", .share = "sales", .bytes = 500});
    Append({.request_id = "r1", .recipient = "globex", .share = "hr", .bytes = 2'000});
    Append({.request_id = "r2", .recipient = "acme", .share = "hr", .bytes = 7});
    Ship();
  }
  ~AuditServiceTest() override {
    journal_.reset();
    std::filesystem::remove_all(folder_);
  }

  static std::string Sales() { return "sales"; }
  static std::string NewFolder() {
    std::string pattern = testing::TempDir() + "audit_service_XXXXXX";
    CHECK(::mkdtemp(pattern.data()) != nullptr, "a folder for the test");
    return pattern;
  }
  static crypto::SigningKey Key() {
    return crypto::SigningKey::FromSeed(Secret(std::string(crypto::kSigningSeedBytes, 'k')))
        .value();
  }
  static crypto::VerifyKey PublicKey() {
    return crypto::VerifyKey::FromBytes(crypto::AsText(Key().public_key())).value();
  }
  void Append(audit::Record record) {
    record.time = clock_.Now();
    record.action = audit::Action::kQuery;
    record.allowed = true;
    record.object = record.share + ".retail.orders";
    ASSERT_THAT(journal_->Append(record), IsOk());
    clock_.Advance(1s);
  }
  void Ship() {
    std::vector<std::unique_ptr<audit::Destination>> destinations;
    destinations.push_back(audit::NewRecordStore(
        *database_, *journal_, {.node = "node-1", .public_key = Key().public_key()}));
    audit::Shipper shipper(*journal_, clock_, {}, std::move(destinations));
    shipper.Start();
    ASSERT_TRUE(shipper.WaitUntilShipped(journal_->size(), 60s));
  }

  static Caller CallerOf(std::string name, Role role) {
    return {
        .recipient = std::move(name), .credential = auth::Credential::kBearerToken, .role = role};
  }
  /// The answer of a route of the table, the n-th.
  Result<http::Response> Ask(const auth::Route<AuditService>& route, const Caller& caller,
                             std::vector<std::pair<std::string, std::string>> query,
                             const std::string& request_id = "") {
    http::Request request{.query = std::move(query), .path_parameters = {{"request", request_id}}};
    return route.handle(request, caller, service_);
  }
  static std::string BodyOf(const Result<http::Response>& response) {
    if (!response.ok()) return "failed: " + response.error().ToString();
    return std::get<std::string>(response->body);
  }
  std::vector<std::string> RequestIds(const Caller& caller,
                                      const audit::RecordFilter& filter = {}) {
    std::vector<std::string> ids;
    const auto page = service_.Records(caller, filter);
    EXPECT_THAT(page, IsOk());
    for (const auto& record : page->records) {
      ids.push_back(audit::DecodeRecord(record.text).value().record.request_id);
    }
    return ids;
  }

  const Caller admin_ = CallerOf("root", Role::kAdmin);
  const Caller seller_ = CallerOf("seller", Role::kShareOwner);
  const Caller auditor_ = CallerOf("auditor", Role::kAuditor);
  ManualClock clock_{kNow};
  const std::string folder_ = NewFolder();
  std::unique_ptr<db::Database> database_ = db::OpenSqlite({}).value();
  std::unique_ptr<db::Database> catalog_database_ = db::OpenSqlite({}).value();
  std::unique_ptr<catalog::Store> store_ = catalog::Store::Open(*catalog_database_).value();
  std::unique_ptr<audit::Journal> journal_ =
      audit::Journal::Open({.directory = folder_ + "/audit", .node = "node-1"}, Key(), clock_)
          .value();
  const audit::PriceList prices_{.currency = "USD", .egress = {{{"*", "*"}, 90'000'000}}};
  AuditService service_{{.records = *database_,
                         .store = *store_,
                         .journal = journal_.get(),
                         .prices = &prices_,
                         .node = "node-1",
                         .public_key = Key().public_key()}};
};

TEST_F(AuditServiceTest, AdminsAndAuditorsSeeAllRecordsAndOwnersThoseOfTheirShares) {
  EXPECT_THAT(RequestIds(admin_), ElementsAre("r2", "r1", "r0"));
  EXPECT_THAT(RequestIds(auditor_), ElementsAre("r2", "r1", "r0"));
  EXPECT_THAT(RequestIds(seller_), ElementsAre("r0"));
  EXPECT_THAT(RequestIds(seller_, {.share = "hr"}), ElementsAre());
  EXPECT_THAT(RequestIds(CallerOf("nobody", Role::kShareOwner)), ElementsAre());
}

TEST_F(AuditServiceTest, RecordsAreLinesOfJsonAndTheListGoesOn) {
  const auto first =
      Ask(kAuditRoutes[0], admin_, {{"limit", "2"}, {"order", "oldest"}, {"follow", "false"}});
  ASSERT_THAT(first, IsOk());
  const auto texts = journal_->Read(0, 10).value();
  EXPECT_EQ(BodyOf(first), texts[0] + "\n" + texts[1] + "\n");
  const std::string next = *first->headers.Find("Sluice-Next");
  const auto rest = Ask(kAuditRoutes[0], admin_, {{"order", "oldest"}, {"after", next}});
  EXPECT_EQ(BodyOf(rest), texts[2] + "\n");
  const std::string end = *rest->headers.Find("Sluice-Next");
  EXPECT_EQ(BodyOf(Ask(kAuditRoutes[0], admin_, {{"order", "oldest"}, {"after", end}})), "");
}

TEST_F(AuditServiceTest, WhatCannotBeAskedIsNamed) {
  const std::pair<std::string, std::string> wrong[] = {
      {"limit", "0"},        {"limit", "10001"}, {"limit", "x"},    {"allowed", "yes"},
      {"action", "nothing"}, {"since", "now"},   {"after", "1:2"},  {"order", "random"},
      {"follow", "true"},    {"recipent", "x"},  {"after", "1:2:/"}};
  for (const auto& parameter : wrong) {
    const auto answer = Ask(kAuditRoutes[0], admin_, {parameter});
    ASSERT_FALSE(answer.ok()) << parameter.first << "=" << parameter.second;
    EXPECT_THAT(answer.error().message, HasSubstr(parameter.first.substr(0, 5)));
  }
}

TEST_F(AuditServiceTest, ARecipientGetsTheReceiptOfItsOwnRequestAlone) {
  const Caller acme = CallerOf("acme", Role::kAuditor);
  const auto answer = Ask(kReceiptRoutes[0], acme, {}, "r0");
  const auto receipt = audit::DecodeReceipt(BodyOf(answer));
  ASSERT_THAT(receipt, IsOk());
  EXPECT_THAT(audit::VerifyReceipt(*receipt, {PublicKey()}), IsOk());
  EXPECT_THAT(receipt->record, HasSubstr(R"("request_id":"r0")"));
  const auto others = Ask(kReceiptRoutes[0], acme, {}, "r1");
  const auto nobodys = Ask(kReceiptRoutes[0], acme, {}, "none");
  ASSERT_THAT(others, FailsWith(ErrorCode::kNotFound));
  ASSERT_THAT(nobodys, FailsWith(ErrorCode::kNotFound));
  EXPECT_EQ(others.error().ToString(), nobodys.error().ToString());
  Caller anonymous = acme;
  anonymous.credential = auth::Credential::kNone;
  EXPECT_THAT(Ask(kReceiptRoutes[0], anonymous, {}, "r0"), FailsWith(ErrorCode::kNotFound));
}

TEST_F(AuditServiceTest, ARequestThatWasNotShippedYetHasAReceipt) {
  Append({.request_id = "young", .recipient = "acme", .share = "hr"});
  EXPECT_THAT(service_.RecipientsReceipt(CallerOf("acme", Role::kAuditor), "young"), IsOk());
  EXPECT_THAT(service_.RecipientsReceipt(CallerOf("globex", Role::kAuditor), "young"),
              FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(service_.RecipientsReceipt(CallerOf("acme", Role::kAuditor), "you"),
              FailsWith(ErrorCode::kNotFound));
}

TEST_F(AuditServiceTest, OwnersGetReceiptsOfTheirShares) {
  EXPECT_THAT(service_.OwnersReceipt(admin_, "r1"), IsOk());
  EXPECT_THAT(service_.OwnersReceipt(seller_, "r0"), IsOk());
  EXPECT_THAT(service_.OwnersReceipt(seller_, "r1"), FailsWith(ErrorCode::kNotFound));
}

TEST_F(AuditServiceTest, AForgedRowOfTheDatabaseMakesNoReceipt) {
  ASSERT_THAT(database_->Run([](db::Connection& c) -> Result<void> {
    TRY(c.Execute("UPDATE audit_records SET request_id = 'forged' WHERE seq = 1"));
    return {};
  }),
              IsOk());
  EXPECT_THAT(service_.OwnersReceipt(admin_, "forged"), FailsWith(ErrorCode::kNotFound));
}

TEST_F(AuditServiceTest, HeadsAndConsistencyAreForAuditors) {
  const auto heads = ParseJson(BodyOf(Ask(kAuditRoutes[1], auditor_, {})));
  ASSERT_THAT(heads, IsOk());
  const json::value current = heads->at("current");
  EXPECT_EQ(current.at("size").as_int64(), 3);
  EXPECT_EQ(current.at("publicKey").as_string(), HexEncode(crypto::AsText(Key().public_key())));
  EXPECT_GE(heads->at("items").as_array().size(), 1);
  const auto proof = ParseJson(BodyOf(Ask(kAuditRoutes[3], auditor_, {{"from", "1"}})));
  ASSERT_THAT(proof, IsOk());
  EXPECT_EQ(proof->at("to").as_int64(), 3);
  EXPECT_EQ(proof->at("newer").at("size").as_int64(), 3);
  EXPECT_EQ(proof->at("proof").as_array().size(), 2);
  const auto between =
      ParseJson(BodyOf(Ask(kAuditRoutes[3], auditor_, {{"from", "1"}, {"to", "2"}})));
  ASSERT_THAT(between, IsOk());
  EXPECT_EQ(between->at("proof").as_array().size(), 1);
  EXPECT_THAT(Ask(kAuditRoutes[3], auditor_, {{"from", "9"}}),
              FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(Ask(kAuditRoutes[3], auditor_, {}), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(Ask(kAuditRoutes[1], seller_, {}), FailsWith(ErrorCode::kPermissionDenied));
  EXPECT_THAT(Ask(kAuditRoutes[3], seller_, {{"from", "1"}}),
              FailsWith(ErrorCode::kPermissionDenied));
}

TEST_F(AuditServiceTest, UsageIsGivenAsJsonAndCsv) {
  const auto all = ParseJson(BodyOf(Ask(kAuditRoutes[4], admin_, {})));
  ASSERT_THAT(all, IsOk());
  EXPECT_THAT(all->at("items").as_array(), SizeIs(3));
  EXPECT_EQ(BodyOf(Ask(kAuditRoutes[4], seller_, {{"format", "csv"}})),
            "day,recipient,share,object,fromRegion,toRegion,requests,files,bytes,directBytes,"
            "downloads,bytesSent\r\n"
            "2026-11-21,acme,sales,sales.retail.orders,,,1,0,500,500,0,0\r\n");
  EXPECT_THAT(Ask(kAuditRoutes[4], admin_, {{"since", "yesterday"}}),
              FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(Ask(kAuditRoutes[4], admin_, {{"format", "xml"}}),
              FailsWith(ErrorCode::kInvalidArgument));
}

TEST_F(AuditServiceTest, ANameThatASpreadsheetWouldRunIsText) {
  Append({.request_id = "r3", .recipient = "=cmd(\"x\")", .share = "sales"});
  Ship();
  EXPECT_THAT(BodyOf(Ask(kAuditRoutes[4], admin_, {{"format", "csv"}})),
              HasSubstr(R"csv(,"'=cmd(""x"")",sales,)csv"));
}

TEST_F(AuditServiceTest, UsageHasAPriceOnceAndOnlyWithAList) {
  const auto report = service_.GetCost(admin_, {.recipient = "globex"});
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->currency, "USD");
  for (const char* const format : {"json", "csv", "focus", "table"}) {
    EXPECT_THAT(BodyOf(Ask(kAuditRoutes[5], seller_, {{"format", format}})),
                testing::AllOf(HasSubstr("sales"), Not(HasSubstr("globex"))))
        << format;
  }
  AuditService without({.records = *database_, .store = *store_, .node = "node-1"});
  EXPECT_THAT(without.GetCost(admin_, {}), FailsWith(ErrorCode::kNotFound));
}

/// A server whose three tables hold five terabytes each, two of them in one place.
class StorageCostTest : public AuditServiceTest {
 protected:
  StorageCostTest() {
    const config::ConfiguredShare sales{
        .name = "sales",
        .schemas = {{.name = "crm",
                     .tables = {{.name = "customers", .location = "/lake/customers"},
                                {.name = "again", .location = "/lake/customers"}}}}};
    const config::ConfiguredShare file{
        .name = "file",
        .schemas = {{.name = "d", .tables = {{.name = "t", .location = "/lake/t"}}}}};
    catalog::View::Parts parts;
    parts.file_shares = {catalog::Share::Make(file).value()};
    parts.managed_shares = {catalog::Share::Make(sales, {.id = "sales"}).value()};
    catalog_.Replace(catalog::View::Of(std::move(parts)));
  }
  Result<audit::CostReport> November(const Caller& caller, audit::UsageFilter filter = {}) {
    filter.first_day = "2026-11-01";
    filter.last_day = "2026-11-30";
    return with_storage_.GetCost(caller, std::move(filter), /*with_storage=*/true);
  }

  catalog::Catalog catalog_{catalog::View::Of({})};
  Result<std::int64_t> size_ = 5'000'000'000'000;
  const audit::PriceList storage_prices_{.currency = "USD", .storage = {{"*", 23'000'000}}};
  AuditService with_storage_{{.records = *database_,
                              .store = *store_,
                              .prices = &storage_prices_,
                              .node = "node-1",
                              .catalog = &catalog_,
                              .measure_table = [this](const std::string&) { return size_; }}};
};

TEST_F(StorageCostTest, WhoKeepsFiveTerabytesPays115AMonthForEachPlaceOnce) {
  const auto report = November(admin_);
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->payers.at("seller"), 115'000'000);
  EXPECT_EQ(report->payers.at("owner"), 115'000'000);
  EXPECT_EQ(report->total_micros, 230'000'000);
}

TEST_F(StorageCostTest, OwnersSeeTheStorageOfTheirSharesAlone) {
  const auto report = November(seller_);
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->total_micros, 115'000'000);
  EXPECT_EQ(November(admin_, {.share = "FILE"})->total_micros, 115'000'000);
  EXPECT_EQ(November(admin_, {.object = "sales.crm.again"})->total_micros, 115'000'000);
}

TEST_F(StorageCostTest, DaysOfSeveralMonthsAreLinesOfTheirOwn) {
  const auto report = with_storage_.GetCost(
      seller_, {.first_day = "2026-11-16", .last_day = "2027-01-31"}, /*with_storage=*/true);
  ASSERT_THAT(report, IsOk());
  ASSERT_THAT(report->lines, SizeIs(3));
  EXPECT_EQ(report->lines[0].cost_micros, 57'500'000);
  EXPECT_EQ(report->lines[1].cost_micros, 115'000'000);
  EXPECT_EQ(report->lines[2].cost_micros, 115'000'000);
}

TEST_F(StorageCostTest, WhatCannotBeToldIsRefusedByName) {
  EXPECT_THAT(with_storage_.GetCost(admin_, {}, true), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(November(admin_, {.recipient = "acme"}), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(
      with_storage_.GetCost(admin_, {.first_day = "2025-01-01", .last_day = "2026-12-31"}, true),
      FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(service_.GetCost(admin_, {}, true), FailsWith(ErrorCode::kNotImplemented));
  size_ = Unavailable("the store does not answer");
  const auto failed = November(admin_);
  ASSERT_THAT(failed, FailsWith(ErrorCode::kUnavailable));
  EXPECT_EQ(failed.error().message, "file.d.t: the store does not answer");
}

TEST_F(AuditServiceTest, WithoutAJournalThereAreNoReceipts) {
  AuditService without({.records = *database_, .store = *store_, .node = "node-1"});
  EXPECT_THAT(without.OwnersReceipt(admin_, "r0"), FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(without.ProveConsistency(admin_, 1, {}), FailsWith(ErrorCode::kNotFound));
  const auto heads = without.GetHeads(admin_, "", 10);
  ASSERT_THAT(heads, IsOk());
  EXPECT_FALSE(heads->current);
}

}  // namespace
}  // namespace sluice::admin
