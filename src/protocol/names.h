#pragma once

#include <string>
#include <string_view>

#include "base/named.h"
#include "base/result.h"

namespace sluice::protocol {

using ShareName = Named<std::string, struct ShareNameTag>;
using SchemaName = Named<std::string, struct SchemaNameTag>;
using TableName = Named<std::string, struct TableNameTag>;

/// The full name of a shared table. Names are found regardless of ASCII case and keep their
/// spelling.
struct TableRef {
  ShareName share;
  SchemaName schema;
  TableName table;

  std::string ToString() const;  ///< "share.schema.table"
  friend bool operator==(const TableRef&, const TableRef&) = default;
};

/// Checks the name of a share, schema or table: 1 to 255 bytes of UTF-8; no space, '/', control
/// character; for schemas and tables no '.' either. `what` ("share", "schema", "table") names it in
/// the error. Errors: kInvalidArgument. Source: Delta Sharing PROTOCOL.md, "Sharing object naming
/// rules".
Result<void> CheckShareName(std::string_view name);
Result<void> CheckSchemaName(std::string_view name);
Result<void> CheckTableName(std::string_view name);

}  // namespace sluice::protocol
