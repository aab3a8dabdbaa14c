#include "audit/cost_format.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <vector>

#include "base/json.h"

namespace sluice::audit {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;
__extension__ using Wide = __int128;

/// `value` / 10^`places`, with at least `least` decimals.
std::string Decimal(Wide value, std::size_t places, std::size_t least) {
  std::string digits;
  for (Wide left = value; left > 0 || digits.size() <= places; left /= 10) {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(left % 10)));
  }
  std::string decimals = digits.substr(digits.size() - places);
  while (decimals.size() > least && decimals.back() == '0') decimals.pop_back();
  return digits.substr(0, digits.size() - places) + (decimals.empty() ? "" : ".") + decimals;
}

/// `value` / `divisor`, with up to nine decimals, the last one rounded half up.
std::string Quotient(Wide value, Wide divisor) {
  constexpr std::int64_t kNine = 1'000'000'000;
  return Decimal((value * kNine + divisor / 2) / divisor, 9, 0);
}

std::string FormatPrice(PriceList::Nanos price) { return Decimal(price, 9, 2); }

std::string FormatDay(sys_days day) {
  const year_month_day date(day);
  return Format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

sys_days FirstOfMonth(sys_days day) {
  const year_month_day date(day);
  return sys_days(date.year() / date.month() / 1);
}
sys_days FirstOfNextMonth(sys_days day) {
  const year_month_day date(day);
  return sys_days((date.year() / date.month() + std::chrono::months(1)) / 1);
}

struct Amount {
  std::string consumed;
  std::string consumed_unit;
  std::string priced;
  std::string priced_unit;
};

Amount AmountOf(const CostReport& report, const CostLine& line) {
  const std::string unit = report.unit_bytes == 1'000'000'000 ? "GB" : "GiB";
  switch (line.charge) {
    case Charge::kStorage: {
      const auto month = FirstOfNextMonth(line.start) - FirstOfMonth(line.start);
      const std::string amount = Quotient(Wide{line.quantity} * (line.end - line.start).count(),
                                          Wide{report.unit_bytes} * month.count());
      return {amount, unit + "-Months", amount, unit + "-Months"};
    }
    case Charge::kRequests:
      return {std::to_string(line.quantity), "Requests", Quotient(line.quantity, 1'000),
              "1000 Requests"};
    case Charge::kFiles:
      return {std::to_string(line.quantity), "Files", Quotient(line.quantity, 1'000), "1000 Files"};
    case Charge::kEgress: break;
  }
  const std::string amount = Quotient(line.quantity, report.unit_bytes);
  return {amount, unit, amount, unit};
}

using Cells = std::vector<std::string>;

std::size_t WidthOf(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// Columns as wide as their widest cell; the last two to the right.
std::string Align(std::vector<Cells> rows) {
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (Cells& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      std::ranges::replace_if(
          row[i], [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
      widths[i] = std::max(widths[i], WidthOf(row[i]));
    }
  }
  std::string text;
  for (const Cells& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - WidthOf(row[i]), ' ');
      const bool is_right = i + 2 >= row.size();
      text += is_right ? padding + row[i] : row[i] + padding;
      text += i + 1 == row.size() ? "\n" : "  ";
    }
  }
  return text;
}

std::string CsvCell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

/// An object, member by member. Numbers are written as they are given.
class JsonObject {
 public:
  JsonObject& Text(std::string_view key, std::string_view value) {
    return Raw(key, JsonString(value));
  }
  JsonObject& Raw(std::string_view key, std::string_view value) {
    text_ += text_.empty() ? "{" : ",";
    AppendJsonString(key, text_);
    text_ += ':';
    text_ += value;
    return *this;
  }
  std::string Take() { return text_.empty() ? "{}" : std::move(text_) + "}"; }

 private:
  std::string text_;
};

std::string FocusRow(const CostReport& report, const CostLine& line, const FocusNames& names) {
  const auto instant = [](sys_days day) { return FormatDay(day) + "T00:00:00Z"; };
  const Amount amount = AmountOf(report, line);
  const std::string cost = FormatMoney(line.cost_micros);
  const std::string price = FormatPrice(line.price);
  const std::string service = Format("Data sharing: {}", ChargeName(line.charge));
  const bool is_egress = line.charge == Charge::kEgress;
  JsonObject tags;
  tags.Text("sluice/share", line.share).Text("sluice/table", line.table);
  if (!line.to_region.empty()) tags.Text("sluice/to_region", line.to_region);
  JsonObject row;
  row.Raw("BilledCost", cost)
      .Text("BillingAccountId", names.billing_account)
      .Text("BillingAccountName", names.billing_account)
      .Text("BillingCurrency", report.currency)
      .Text("BillingPeriodEnd", instant(FirstOfNextMonth(line.start)))
      .Text("BillingPeriodStart", instant(FirstOfMonth(line.start)))
      .Text("ChargeCategory", "Usage")
      .Raw("ChargeClass", "null")
      .Text("ChargeDescription",
            Format("{} of {}.{}", ChargeName(line.charge), line.share, line.table))
      .Text("ChargeFrequency", "Usage-Based")
      .Text("ChargePeriodEnd", instant(line.end))
      .Text("ChargePeriodStart", instant(line.start))
      .Raw("ConsumedQuantity", amount.consumed)
      .Text("ConsumedUnit", amount.consumed_unit)
      .Raw("ContractedCost", cost)
      .Raw("ContractedUnitPrice", price)
      .Raw("EffectiveCost", cost)
      .Text("InvoiceIssuerName", names.provider)
      .Raw("ListCost", cost)
      .Raw("ListUnitPrice", price)
      .Text("PricingCategory", "Standard")
      .Raw("PricingQuantity", amount.priced)
      .Text("PricingUnit", amount.priced_unit)
      .Text("ProviderName", names.provider)
      .Text("PublisherName", names.provider)
      .Raw("RegionId", line.from_region.empty() ? "null" : JsonString(line.from_region))
      .Text("ResourceId", Format("{}.{}", line.share, line.table))
      .Text("ResourceName", line.table)
      .Text("ResourceType", "Table")
      .Text("ServiceCategory", is_egress ? "Networking" : "Storage")
      .Text("ServiceName", service)
      .Text("SkuId", ChargeName(line.charge))
      .Text("SubAccountId", line.payer)
      .Text("SubAccountName", line.payer)
      .Raw("Tags", tags.Take());
  return row.Take();
}

}  // namespace

std::string FormatMoney(std::int64_t micros) { return Decimal(micros, 6, 2); }

std::string FormatCostTable(const CostReport& report) {
  struct Sum {
    Wide quantity = 0;  // Of storage: byte-days.
    std::int64_t cost = 0;
  };
  std::map<std::tuple<std::string, std::string, Charge>, Sum> sums;
  for (const CostLine& line : report.lines) {
    Sum& sum = sums[{line.payer, line.share, line.charge}];
    const bool is_storage = line.charge == Charge::kStorage;
    sum.quantity += Wide{line.quantity} * (is_storage ? (line.end - line.start).count() : 1);
    sum.cost += line.cost_micros;
  }
  const std::string unit = report.unit_bytes == 1'000'000'000 ? "GB" : "GiB";
  std::vector<Cells> rows = {{"PAYER", "SHARE", "CHARGE", "QUANTITY", "COST " + report.currency}};
  for (const auto& [key, sum] : sums) {
    const auto& [payer, share, charge] = key;
    const bool is_count = charge == Charge::kRequests || charge == Charge::kFiles;
    std::string quantity = Quotient(sum.quantity, is_count ? 1 : report.unit_bytes);
    if (!is_count) quantity += charge == Charge::kStorage ? Format(" {}-days", unit) : " " + unit;
    rows.push_back(
        {payer, share, std::string(ChargeName(charge)), quantity, FormatMoney(sum.cost)});
  }
  for (const auto& [payer, cost] : report.payers) {
    rows.push_back({payer, "", "total", "", FormatMoney(cost)});
  }
  rows.push_back({"", "", "total", "", FormatMoney(report.total_micros)});
  return Align(std::move(rows));
}

std::string FormatCostCsv(const CostReport& report) {
  std::string text =
      "payer,charge,share,table,from_region,to_region,start,end,quantity,unit,price,price_unit,"
      "cost,"
      "currency\r\n";
  for (const CostLine& line : report.lines) {
    const Amount amount = AmountOf(report, line);
    const std::array<std::string, 14> cells = {line.payer,
                                               std::string(ChargeName(line.charge)),
                                               line.share,
                                               line.table,
                                               line.from_region,
                                               line.to_region,
                                               FormatDay(line.start),
                                               FormatDay(line.end),
                                               amount.consumed,
                                               amount.consumed_unit,
                                               FormatPrice(line.price),
                                               amount.priced_unit,
                                               FormatMoney(line.cost_micros),
                                               report.currency};
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) text += ',';
      text += CsvCell(cells[i]);
    }
    text += "\r\n";
  }
  return text;
}

std::string FormatCostJson(const CostReport& report) {
  JsonObject payers;
  for (const auto& [payer, cost] : report.payers) payers.Raw(payer, FormatMoney(cost));
  std::string lines;
  for (const CostLine& line : report.lines) {
    const Amount amount = AmountOf(report, line);
    JsonObject object;
    object.Text("payer", line.payer)
        .Text("charge", ChargeName(line.charge))
        .Text("share", line.share)
        .Text("table", line.table)
        .Text("fromRegion", line.from_region)
        .Text("toRegion", line.to_region)
        .Text("start", FormatDay(line.start))
        .Text("end", FormatDay(line.end))
        .Raw("quantity", amount.consumed)
        .Text("unit", amount.consumed_unit)
        .Raw("price", FormatPrice(line.price))
        .Text("priceUnit", amount.priced_unit)
        .Raw("cost", FormatMoney(line.cost_micros));
    lines += (lines.empty() ? "" : ",") + object.Take();
  }
  JsonObject whole;
  whole.Text("currency", report.currency)
      .Text("unit", report.unit_bytes == 1'000'000'000 ? "GB" : "GiB")
      .Raw("total", FormatMoney(report.total_micros))
      .Raw("payers", payers.Take())
      .Raw("lines", "[" + lines + "]");
  return whole.Take() + "\n";
}

std::string FormatCostFocus(const CostReport& report, const FocusNames& names) {
  std::string rows;
  for (const CostLine& line : report.lines) {
    rows += (rows.empty() ? "[\n" : ",\n") + FocusRow(report, line, names);
  }
  return rows.empty() ? "[]\n" : rows + "\n]\n";
}

}  // namespace sluice::audit
