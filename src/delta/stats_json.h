#pragma once

#include <cstddef>
#include <string>

#include "columnar/column.h"

namespace sluice::delta {

/// Appends a value as Spark's to_json prints it, so that statistics that a checkpoint keeps only as
/// columns (`stats_parsed`) read like those written as text: null members left out, dates as
/// yyyy-MM-dd, timestamps in UTC (or as local times) with milliseconds, decimals as numbers,
/// doubles as Java prints them, binary in base64. Bounds of variants are left out.
void AppendSparkJson(const columnar::Column& column, std::size_t row, std::string& out);

}  // namespace sluice::delta
