#include <unistd.h>

#include <iostream>
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "config/configuration.h"
#include "server/backup.h"
#include "server/health_check.h"
#include "server/serve.h"
#include "server/stores.h"

namespace {

bool Confirm(const std::string& question) {
  std::cerr << question << " [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace

int main(int argc, char** argv) {
  const sluice::cli::Operations operations{.serve = sluice::server::Serve,
                                           .check_stores = sluice::server::CheckStoresOf,
                                           .check_table = sluice::server::CheckTable,
                                           .health_url = sluice::server::HealthUrl,
                                           .ask_health = sluice::server::AskHealth,
                                           .backup = sluice::server::Backup,
                                           .restore = sluice::server::Restore};
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const bool asks = isatty(STDIN_FILENO) == 1;
  const sluice::cli::Terminal terminal{.environment = sluice::config::SluiceEnvironment(),
                                       .out = std::cout,
                                       .err = std::cerr,
                                       .confirm = asks ? Confirm : nullptr};
  return sluice::cli::RunCommandLine(arguments, operations, terminal);
}
