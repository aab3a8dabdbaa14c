#pragma once

// What the tests of this module share. Included by tests only.

#include <string>
#include <variant>

#include "base/format.h"
#include "expr/predicate.h"

namespace sluice::expr {

/// A schema with a column of every type that is compared, and some that are not.
inline Schema SchemaOfAllTypes() {
  return ParseSchema(R"json({"type":"struct","fields":[
    {"name":"id","type":"long"}, {"name":"n","type":"integer"}, {"name":"tiny","type":"byte"},
    {"name":"flag","type":"boolean"}, {"name":"f","type":"float"}, {"name":"x","type":"double"},
    {"name":"Name","type":"string"}, {"name":"date","type":"date"},
    {"name":"at","type":"timestamp"}, {"name":"local","type":"timestamp_ntz"},
    {"name":"price","type":"decimal(10,2)"}, {"name":"dotted.name","type":"long"},
    {"name":"s","type":{"type":"struct","fields":[{"name":"a","type":"integer"}]}},
    {"name":"folded","type":"string","metadata":{"__COLLATIONS":{"folded":"spark.UNICODE_CI"}}},
    {"name":"padded","type":"string","metadata":{"__CHAR_VARCHAR_TYPE_STRING":"char(3)"}},
    {"name":"bounded","type":"string","metadata":{"__CHAR_VARCHAR_TYPE_STRING":"varchar(3)"}}
  ]})json")
      .value();
}

inline std::string Show(const Scalar& scalar) {
  if (const auto* number = std::get_if<std::int64_t>(&scalar)) return std::to_string(*number);
  if (const auto* real = std::get_if<double>(&scalar)) return Format("{}", *real);
  return "'" + std::get<std::string>(scalar) + "'";
}

/// A predicate in one line: "and(id = 5, not(isnull(Name)), ?)".
inline std::string Show(const Predicate& predicate) {
  constexpr const char* kOps[] = {"=", "<", "<=", ">", ">="};
  std::string column;
  for (const std::string& name : predicate.column) column += (column.empty() ? "" : ".") + name;
  std::string children;
  for (const Predicate& child : predicate.children) {
    children += (children.empty() ? "" : ", ") + Show(child);
  }
  switch (predicate.kind) {
    case Predicate::Kind::kAnd: return "and(" + children + ")";
    case Predicate::Kind::kOr: return "or(" + children + ")";
    case Predicate::Kind::kNot: return "not(" + children + ")";
    case Predicate::Kind::kIsNull: return "isnull(" + column + ")";
    case Predicate::Kind::kCompare:
      return Format("{} {} {}", column, kOps[static_cast<int>(predicate.op)],
                    Show(predicate.literal));
    case Predicate::Kind::kUnknown: break;
  }
  return "?";
}

}  // namespace sluice::expr
