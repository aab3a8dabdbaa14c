#pragma once

#include <string>
#include <vector>

#include "db/database.h"

namespace sluice::db {

/// Appends a row in the text format of COPY: columns separated by tabs, "\N" for NULL, the row
/// ended by a line feed; backslash, tab, line feed and carriage return are written with a
/// backslash, so that no text is taken for a NULL or for the end of the data ("\."). Source:
/// PostgreSQL 15, COPY, "Text Format".
void AppendCopyRow(const std::vector<Value>& row, std::string& out);

}  // namespace sluice::db
