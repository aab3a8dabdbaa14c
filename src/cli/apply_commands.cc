#include "cli/command.h"
namespace sluice::cli {
std::vector<Command> ApplyCommands() { return {}; }
}  // namespace sluice::cli
