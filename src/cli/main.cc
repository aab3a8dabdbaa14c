#include <iostream>
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "config/configuration.h"

int main(int argc, char** argv) {
  // The server's functions take these places as soon as there is a server.
  const sluice::cli::Operations operations{
      .serve = [](const sluice::cli::ServeRequest&) -> sluice::Result<void> {
        return sluice::NotImplemented("serving");
      },
      .check_table = [](const std::string&) -> sluice::Result<sluice::cli::TableReport> {
        return sluice::NotImplemented("checking a table");
      }};
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  return sluice::cli::RunCommandLine(
      arguments, operations,
      {.environment = sluice::config::SluiceEnvironment(), .out = std::cout, .err = std::cerr});
}
