#include "audit/cost_report.h"

#include <limits>

#include "audit/cost_format.h"
#include "base/json.h"
#include "base/testing.h"

namespace sluice::audit {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;
using testing::HasSubstr;

constexpr std::int64_t kTerabyte = 1'000'000'000'000;

Result<PriceList> Read(std::string_view yaml) {
  const auto document = config::ParseYaml(yaml, "prices.yaml");
  if (!document.ok()) return document.error();
  return ReadPriceList(*document);
}

std::string Fault(std::string_view yaml) {
  const auto list = Read(yaml);
  return list.ok() ? "no fault" : list.error().message;
}

CostReport Report(const PriceList& prices, std::vector<StorageRow> storage,
                  std::vector<UsageRow> usage = {}) {
  const auto report = MakeCostReport(prices, storage, usage);
  EXPECT_THAT(report, IsOk());
  return report.ok() ? *report : CostReport{};
}

StorageRow November(std::int64_t bytes, int days = 30) {
  return {.payer = "sales",
          .share = "customers",
          .table = "crm.customers",
          .region = "us-east-1",
          .start = sys_days(2026y / 11 / 1),
          .days = days,
          .bytes = bytes};
}

UsageRow Read(std::string recipient, std::int64_t bytes) {
  return {.recipient = std::move(recipient),
          .share = "customers",
          .table = "crm.customers",
          .day = sys_days(2026y / 11 / 3),
          .from_region = "us-east-1",
          .to_region = "eu-west-1",
          .requests = 2'000,
          .files = 500,
          .bytes = bytes};
}

TEST(PriceList, IsReadWithItsWildcards) {
  const auto list = Read(R"(
currency: EUR
unit: GiB
storage: {eu-central-1: 0.0245, "*": 0.023}
requests: 0.0004
files: 0.000000001
egress:
  eu-central-1: {eu-central-1: 0, "*": 0.02}
  us-east-1: 0.05
  "*": {eu-central-1: 0.01, "*": 1000000}
)");
  ASSERT_THAT(list, IsOk());
  EXPECT_EQ(list->currency, "EUR");
  EXPECT_EQ(list->UnitName(), "GiB");
  EXPECT_EQ(list->StoragePrice("eu-central-1"), 24'500'000);
  EXPECT_EQ(list->StoragePrice("anywhere"), 23'000'000);
  EXPECT_EQ(list->requests, 400'000);
  EXPECT_EQ(list->files, 1);
  EXPECT_EQ(list->EgressPrice("eu-central-1", "eu-central-1"), 0);
  EXPECT_EQ(list->EgressPrice("eu-central-1", "us-east-1"), 20'000'000);
  EXPECT_EQ(list->EgressPrice("us-east-1", "eu-central-1"), 50'000'000);
  EXPECT_EQ(list->EgressPrice("ap-1", "eu-central-1"), 10'000'000);
  EXPECT_EQ(list->EgressPrice("", ""), 1'000'000'000'000'000);
}

TEST(PriceList, FaultsNameTheirLine) {
  EXPECT_EQ(Fault("currency: USD\nstorge: 1"),
            "prices.yaml:2: unknown key 'storge' of a price list; did you mean 'storage'?");
  EXPECT_THAT(Fault("storage: 1"), HasSubstr("needs a currency"));
  EXPECT_THAT(Fault("currency: usd"), HasSubstr("prices.yaml:1: currency: expected three"));
  EXPECT_THAT(Fault("- 1"), HasSubstr("expected a map"));
  EXPECT_THAT(Fault("currency: USD\nunit: TB"), HasSubstr("prices.yaml:2: unit"));
  for (const char* price :
       {"-1", "1e3", "1.", ".5", "0.0000000001", "1000000.000000001", "12345678", "one", "{}", "[]",
        "''", "1,5", "0x1", "+1", "99999999999999999999"}) {
    EXPECT_THAT(Fault(std::string("currency: USD\nrequests: ") + price),
                HasSubstr("prices.yaml:2: requests: "))
        << price;
  }
}

TEST(CostReport, FiveTerabytesAtTheUsualPriceAre115AMonth) {
  const auto prices = Read("{currency: USD, storage: 0.023, egress: 0.02, requests: 0.0004}");
  ASSERT_THAT(prices, IsOk());
  const CostReport report =
      Report(*prices, {November(5 * kTerabyte)},
             {Read("marketing", kTerabyte), Read("analytics", 2 * kTerabyte), Read("finance", 0)});
  // Who keeps the data pays for keeping it, who reads it for reading it.
  EXPECT_EQ(FormatMoney(report.payers.at("sales")), "115.00");
  EXPECT_EQ(FormatMoney(report.payers.at("marketing")), "20.0008");
  EXPECT_EQ(FormatMoney(report.payers.at("analytics")), "40.0008");
  EXPECT_EQ(FormatMoney(report.payers.at("finance")), "0.0008");
  EXPECT_EQ(FormatMoney(report.total_micros), "175.0024");
}

TEST(CostReport, BinaryUnitsCostMore) {
  const std::int64_t five_tebibytes = std::int64_t{5} << 40;
  const auto decimal = Read("{currency: USD, storage: 0.023}");
  const auto binary = Read("{currency: USD, storage: 0.023, unit: GiB}");
  ASSERT_THAT(decimal, IsOk());
  ASSERT_THAT(binary, IsOk());
  EXPECT_EQ(FormatMoney(Report(*decimal, {November(five_tebibytes)}).total_micros), "126.443837");
  EXPECT_EQ(FormatMoney(Report(*binary, {November(five_tebibytes)}).total_micros), "117.76");
  EXPECT_EQ(FormatMoney(Report(*binary, {November(5 * kTerabyte)}).total_micros), "107.102096");
}

TEST(CostReport, AFullMonthCostsTheSameWhateverItsLength) {
  const auto prices = Read("{currency: USD, storage: 0.023}");
  ASSERT_THAT(prices, IsOk());
  struct Month {
    std::chrono::year_month_day first;
    int days;
  };
  for (const Month& month :
       {Month{2026y / 11 / 1, 30}, {2027y / 1 / 1, 31}, {2027y / 2 / 1, 28}, {2028y / 2 / 1, 29}}) {
    StorageRow row = November(5 * kTerabyte, month.days);
    row.start = sys_days(month.first);
    EXPECT_EQ(Report(*prices, {row}).total_micros, 115'000'000);
    row.days += 1;
    EXPECT_THAT(MakeCostReport(*prices, std::vector{row}, {}),
                FailsWith(ErrorCode::kInvalidArgument));
  }
  EXPECT_EQ(Report(*prices, {November(5 * kTerabyte, 15)}).total_micros, 57'500'000);
}

TEST(CostReport, RoundsEachLineHalfUpToAMillionth) {
  const auto prices = Read("{currency: USD, requests: 0.0005}");  // Half a millionth a request.
  ASSERT_THAT(prices, IsOk());
  UsageRow row = Read("a", 0);
  for (const auto& [requests, micros] : {std::pair(1, 1), {2, 1}, {3, 2}, {4, 2}}) {
    row.requests = requests;
    EXPECT_EQ(Report(*prices, {}, {row}).total_micros, micros) << requests;
  }
  row.requests = 1;
  EXPECT_EQ(Report(*prices, {}, {row, row, row}).total_micros, 3);  // The sum of what is shown.
}

TEST(CostReport, ARegionWithoutAPriceIsNotFree) {
  const auto prices = Read("{currency: USD, storage: {a: 1}, egress: {a: {b: 1}}}");
  ASSERT_THAT(prices, IsOk());
  const auto storage = MakeCostReport(*prices, std::vector{November(1)}, {});
  ASSERT_THAT(storage, FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_EQ(storage.error().message, "no price for storage in region 'us-east-1'");
  const auto egress = MakeCostReport(*prices, {}, std::vector{Read("a", 1)});
  ASSERT_THAT(egress, FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_EQ(egress.error().message, "no price for egress from region 'us-east-1' to 'eu-west-1'");
}

TEST(CostReport, ExtremesAreRefusedOrExact) {
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  const auto dear = Read("{currency: USD, storage: 1000000, requests: 1000000, egress: 1000000}");
  ASSERT_THAT(dear, IsOk());
  EXPECT_THAT(MakeCostReport(*dear, std::vector{November(most)}, {}),
              FailsWith(ErrorCode::kTooLarge));
  EXPECT_THAT(MakeCostReport(*dear, {}, std::vector{Read("a", most)}),
              FailsWith(ErrorCode::kTooLarge));
  const auto cheap = Read("{currency: USD, storage: 0.000000001, egress: 0.000000001}");
  ASSERT_THAT(cheap, IsOk());
  EXPECT_EQ(FormatMoney(Report(*cheap, {November(most)}).total_micros), "9.223372");
  EXPECT_TRUE(Report(*cheap, {November(-5), November(5, 0)}, {Read("a", -1)}).lines.empty());
}

CostReport Example() {
  const auto prices = Read("{currency: USD, storage: 0.023, egress: 0.02, requests: 0.0004}");
  UsageRow odd = Read("fin\"ance,\n", 1'500'000'000);
  odd.requests = 0;
  return Report(*prices, {November(5 * kTerabyte)}, {Read("marketing", kTerabyte), odd});
}

TEST(CostFormats, TheTableAddsUp) {
  EXPECT_EQ(FormatCostTable(Example()),
            "PAYER       SHARE      CHARGE          QUANTITY  COST USD\n"
            "fin\"ance,   customers  egress            1.5 GB      0.03\n"
            "marketing   customers  requests            2000    0.0008\n"
            "marketing   customers  egress           1000 GB     20.00\n"
            "sales       customers  storage   150000 GB-days    115.00\n"
            "fin\"ance,              total                         0.03\n"
            "marketing              total                      20.0008\n"
            "sales                  total                       115.00\n"
            "                       total                     135.0308\n");
}

TEST(CostFormats, CsvQuotesWhatNeedsIt) {
  EXPECT_EQ(
      FormatCostCsv(Example()),
      "payer,charge,share,table,from_region,to_region,start,end,quantity,unit,price,price_unit,"
      "cost,currency\r\n"
      "sales,storage,customers,crm.customers,us-east-1,,2026-11-01,2026-12-01,5000,GB-Months,"
      "0.023,GB-Months,115.00,USD\r\n"
      "marketing,requests,customers,crm.customers,us-east-1,eu-west-1,2026-11-03,2026-11-04,"
      "2000,Requests,0.0004,1000 Requests,0.0008,USD\r\n"
      "marketing,egress,customers,crm.customers,us-east-1,eu-west-1,2026-11-03,2026-11-04,1000,"
      "GB,0.02,GB,20.00,USD\r\n"
      "\"fin\"\"ance,\n\",egress,customers,crm.customers,us-east-1,eu-west-1,2026-11-03,"
      "2026-11-04,1.5,GB,0.02,GB,0.03,USD\r\n");
}

TEST(CostFormats, JsonIsJson) {
  const auto parsed = ParseJson(FormatCostJson(Example()));
  ASSERT_THAT(parsed, IsOk());
  const json::object& whole = parsed->as_object();
  EXPECT_EQ(whole.at("total").as_double(), 135.0308);
  EXPECT_EQ(whole.at("payers").as_object().at("sales").as_double(), 115.0);
  EXPECT_EQ(whole.at("lines").as_array().size(), 4u);
  EXPECT_EQ(whole.at("lines").as_array()[3].at("payer").as_string(), "fin\"ance,\n");
  EXPECT_THAT(ParseJson(FormatCostJson(CostReport{})), IsOk());
}

TEST(CostFormats, FocusRowsHaveTheMandatoryColumns) {
  const auto parsed = ParseJson(FormatCostFocus(Example(), {.billing_account = "acme"}));
  ASSERT_THAT(parsed, IsOk());
  ASSERT_EQ(parsed->as_array().size(), 4u);
  for (const json::value& value : parsed->as_array()) {
    const json::object& row = value.as_object();
    for (const char* column :
         {"BilledCost",        "BillingAccountId",   "BillingAccountName", "BillingCurrency",
          "BillingPeriodEnd",  "BillingPeriodStart", "ChargeCategory",     "ChargeClass",
          "ChargeDescription", "ChargePeriodEnd",    "ChargePeriodStart",  "ContractedCost",
          "EffectiveCost",     "InvoiceIssuerName",  "ListCost",           "PricingQuantity",
          "PricingUnit",       "ProviderName",       "PublisherName",      "ServiceCategory",
          "ServiceName"}) {
      EXPECT_TRUE(row.contains(column)) << column;
    }
  }
  const json::object& storage = parsed->as_array()[0].as_object();
  EXPECT_EQ(storage.at("SubAccountId").as_string(), "sales");
  EXPECT_EQ(storage.at("ConsumedUnit").as_string(), "GB-Months");
  EXPECT_EQ(storage.at("ConsumedQuantity").as_int64(), 5'000);
  EXPECT_EQ(storage.at("BilledCost").as_double(), 115.0);
  EXPECT_EQ(storage.at("BillingPeriodEnd").as_string(), "2026-12-01T00:00:00Z");
  EXPECT_EQ(storage.at("Tags").as_object().at("sluice/share").as_string(), "customers");
  EXPECT_EQ(FormatCostFocus(CostReport{}, {}), "[]\n");
}

TEST(CostFormats, MoneyHasTwoToSixDecimals) {
  EXPECT_EQ(FormatMoney(0), "0.00");
  EXPECT_EQ(FormatMoney(4), "0.000004");
  EXPECT_EQ(FormatMoney(1'500'000), "1.50");
  EXPECT_EQ(FormatMoney(std::numeric_limits<std::int64_t>::max()), "9223372036854.775807");
}

}  // namespace
}  // namespace sluice::audit
