#include "catalog/rows_internal.h"

#include "base/encoding.h"

namespace sluice::catalog {

using db::Connection;
using db::Rows;
using db::Value;

Result<void> Upsert(Connection& connection, const Target& target,
                    const std::vector<Field>& fields) {
  std::string columns;
  std::string places;
  std::string changes;
  std::vector<Value> values;
  for (const Field& field : fields) {
    const std::string_view comma = values.empty() ? "" : ", ";
    values.push_back(field.value);
    columns += Format("{}{}", comma, field.column);
    places += Format("{}${}", comma, values.size());
    changes += Format("{}{} = excluded.{}", comma, field.column, field.column);
  }
  TRY(connection.Execute(Format("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT ({}) DO UPDATE SET {}",
                                target.table, columns, places, target.key, changes),
                         values));
  return {};
}

Result<bool> Exists(Connection& connection, std::string_view table, std::string_view id) {
  const Rows rows =
      TRY(connection.Query(Format("SELECT 1 FROM {} WHERE id = $1", table), {std::string(id)}));
  return !rows.empty();
}

Result<std::string> IdOfName(Connection& connection, std::string_view table,
                             std::string_view name) {
  const Rows rows = TRY(
      connection.Query(Format("SELECT id FROM {} WHERE folded = $1", table), {AsciiLower(name)}));
  return rows.empty() ? std::string() : rows[0].Text(0);
}

Result<void> CheckNameIsFree(Connection& connection, const NamedObject& object) {
  const std::string holder = TRY(IdOfName(connection, object.table, object.name));
  if (holder.empty() || holder == object.id) return {};
  return AlreadyExists("{} '{}' already exists", object.what, object.name);
}

Result<void> DeleteRow(Connection& connection, const NamedObject& object) {
  const std::int64_t deleted = TRY(connection.Execute(
      Format("DELETE FROM {} WHERE id = $1", object.table), {std::string(object.id)}));
  if (deleted == 0) return NotFound("there is no such {}", object.what);
  return {};
}

}  // namespace sluice::catalog
