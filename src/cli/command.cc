#include "cli/command.h"

#include <algorithm>
#include <iterator>

#include "cli/sql_command.h"

namespace sluice::cli {
namespace {

constexpr CommandGroup kGroups[] = {
    {"config", "Look at a configuration without serving it."},
    {"table", "Look at a table without sharing it."},
    {"share", "What is shared: shares, and the tables and folders in them."},
    {"recipient", "Who may read: recipients, their attributes, and how they are let in."},
    {"token", "Tokens of recipients."},
    {"grants", "Look at what is granted to whom."},
    {"quota", "How much may be read."},
    {"principal", "Who may use the owner's surface, and in which role."},
    {"root", "Locations below which share owners may share tables."},
    {"audit", "What was decided, and the proof of it."},
    {"usage", "How much was read, and what it costs."},
    {"keys", "The master keys that links and tokens are signed with."},
    {"issuer", "Identity providers whose tokens are believed."},
};

}  // namespace

std::string Arguments::Text(std::string_view name) const {
  const auto found = given_.find(std::string(name));
  return found == given_.end() || found->second.empty() ? std::string() : found->second.back();
}

std::optional<std::string> Arguments::Find(std::string_view name) const {
  if (!Has(name)) return std::nullopt;
  return Text(name);
}

std::vector<std::string> Arguments::All(std::string_view name) const {
  const auto found = given_.find(std::string(name));
  return found == given_.end() ? std::vector<std::string>() : found->second;
}

std::vector<Command> AllCommands() {
  std::vector<Command> commands;
  for (const auto list : {ServerCommands, ShareCommands, RecipientCommands, TokenCommands,
                          GrantCommands, QuotaCommands, SettingCommands, ApplyCommands,
                          AuditCommands, ProofCommands, SqlCommands, BackupCommands}) {
    std::ranges::move(list(), std::back_inserter(commands));
  }
  return commands;
}

std::span<const CommandGroup> AllGroups() { return kGroups; }

}  // namespace sluice::cli
