#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "cli/command.h"

namespace sluice::cli {

/// What a terminal shows of an answer of POST /api/v1/sql: messages, each a line, and tables.
std::string SqlAnswerText(const json::value& answer);

/// What a terminal shows of a fault: the message and, if it names a place, the line of `text` with
/// a caret below it. Ends with a newline.
std::string SqlFaultText(std::string_view text, const Error& error);

/// The text of a file of statements; "-" is standard input. Errors: kNotFound, kTooLarge past what
/// a server takes, kInvalidArgument for what cannot be read.
Result<std::string> ReadSqlFile(const std::string& path);

/// For AllCommands.
std::vector<Command> SqlCommands();

}  // namespace sluice::cli
