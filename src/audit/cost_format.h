#pragma once

#include <cstdint>
#include <string>

#include "audit/cost_report.h"

namespace sluice::audit {

/// "115.00", "0.000004": two to six decimals, exact.
std::string FormatMoney(std::int64_t micros);

/// For terminals: a line for each payer, share and charge, then sums. Control characters of names
/// become spaces.
std::string FormatCostTable(const CostReport& report);

/// Every line, with a head. RFC 4180: CRLF, quotes where needed.
std::string FormatCostCsv(const CostReport& report);

/// {"currency":"USD","unit":"GB","total":115.00,"payers":{...},"lines":[...]}
std::string FormatCostJson(const CostReport& report);

/// A list of rows with the columns of the FinOps Open Cost and Usage Specification (FOCUS) 1.2: all
/// that are mandatory, and those that fit. The payer is the sub-account; share and table are tags
/// with the prefix "sluice/". "Like": no invoice stands behind it, so list, contracted, effective
/// and billed cost are the same.
struct FocusNames {
  std::string provider = "Sluice";  ///< Provider, publisher and issuer.
  std::string billing_account;      ///< Whose report it is.
};
std::string FormatCostFocus(const CostReport& report, const FocusNames& names);

}  // namespace sluice::audit
