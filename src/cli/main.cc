#include <iostream>
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "config/configuration.h"
#include "server/health_check.h"
#include "server/serve.h"
#include "server/stores.h"

int main(int argc, char** argv) {
  const sluice::cli::Operations operations{.serve = sluice::server::Serve,
                                           .check_stores = sluice::server::CheckStoresOf,
                                           .check_table = sluice::server::CheckTable,
                                           .health_url = sluice::server::HealthUrl,
                                           .ask_health = sluice::server::AskHealth};
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  return sluice::cli::RunCommandLine(
      arguments, operations,
      {.environment = sluice::config::SluiceEnvironment(), .out = std::cout, .err = std::cerr});
}
