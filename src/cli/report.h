#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "cli/operations.h"
#include "config/configuration.h"

namespace sluice::cli {

// What the commands print.

/// "1 share", "2 shares".
std::string Counted(std::size_t count, std::string_view noun);

/// Where the server is, what it shares, and a line each to paste for the usual clients.
std::string StartText(const StartReport& report);
/// One line for each setting: its key, its value and where that came from.
std::string SettingsText(const config::Configuration& configuration);
std::string TableText(const TableReport& report);
/// The same as one JSON object.
std::string TableJson(const TableReport& report);
/// "sluice: MESSAGE (DETAIL)" and, where there is advice, a line of it.
std::string ErrorText(const Error& error);

}  // namespace sluice::cli
