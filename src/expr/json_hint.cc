// A hint is a tree of nodes, each a JSON object with an `op`:
//   {"op":"column","name":N,"valueType":T}         {"op":"literal","value":"V","valueType":T}
//   {"op":"isNull"|"not","children":[A]}           {"op":"and"|"or","children":[A,B,...]}
//   {"op":"equal"|"lessThan"|"lessThanOrEqual"|"greaterThan"|"greaterThanOrEqual","children":[A,B]}
// where the children of a comparison are a column and a literal, in either order.
// T is bool, int, long, string or date, in the second edition also float, double or timestamp.
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/json.h"
#include "expr/comparison_internal.h"
#include "expr/predicate.h"

namespace sluice::expr {
namespace {

// One level of a hint is an object and the array of its children.
constexpr std::size_t kMaxJsonDepth = 2 * kMaxHintDepth + 10;

struct Operation {
  std::string_view name;
  CompareOp op;
};
constexpr auto kComparisons = std::to_array<Operation>({
    {"equal", CompareOp::kEqual},
    {"lessThan", CompareOp::kLess},
    {"lessThanOrEqual", CompareOp::kLessOrEqual},
    {"greaterThan", CompareOp::kGreater},
    {"greaterThanOrEqual", CompareOp::kGreaterOrEqual},
});

struct ValueType {
  std::string_view name;
  LiteralKind kind;
};
constexpr auto kValueTypes = std::to_array<ValueType>({
    {"bool", LiteralKind::kBoolean},
    {"int", LiteralKind::kInteger},
    {"long", LiteralKind::kInteger},
    {"string", LiteralKind::kString},
    {"date", LiteralKind::kDate},
    {"float", LiteralKind::kFloat},
    {"double", LiteralKind::kDouble},
    {"timestamp", LiteralKind::kTimestamp},
});

// The kind that a client must have meant if it knows the column as it is.
std::optional<LiteralKind> KindOfColumn(TypeKind kind) {
  switch (kind) {
    case TypeKind::kBoolean: return LiteralKind::kBoolean;
    case TypeKind::kByte:
    case TypeKind::kShort:
    case TypeKind::kInteger:
    case TypeKind::kLong: return LiteralKind::kInteger;
    case TypeKind::kString: return LiteralKind::kString;
    case TypeKind::kDate: return LiteralKind::kDate;
    case TypeKind::kFloat: return LiteralKind::kFloat;
    case TypeKind::kDouble: return LiteralKind::kDouble;
    case TypeKind::kTimestamp: return LiteralKind::kTimestamp;
    default: return std::nullopt;
  }
}

std::string_view TextMember(const json::object& node, std::string_view key) {
  const json::value* const member = FindMember(node, key);
  return member != nullptr && member->is_string() ? std::string_view(member->get_string())
                                                  : std::string_view();
}

std::optional<LiteralKind> ValueTypeOf(const json::object& node) {
  const std::string_view name = TextMember(node, "valueType");
  for (const ValueType& type : kValueTypes) {
    if (type.name == name) return type.kind;
  }
  return std::nullopt;
}

std::vector<std::string> SplitAtDots(std::string_view name) {
  std::vector<std::string> parts;
  for (std::size_t start = 0; start <= name.size();) {
    const std::size_t dot = std::min(name.find('.', start), name.size());
    parts.emplace_back(name.substr(start, dot - start));
    start = dot + 1;
  }
  return parts;
}

struct Arity {
  std::size_t least;
  std::size_t most = static_cast<std::size_t>(-1);
};

class JsonHintReader {
 public:
  explicit JsonHintReader(const Schema& schema) : schema_(schema) {}

  Result<Predicate> Read(const json::object& node, int depth);

 private:
  using Nodes = std::vector<const json::object*>;

  Result<Nodes> ChildrenOf(const json::object& node, Arity arity);
  Result<std::vector<Predicate>> ReadChildren(const json::object& node, Arity arity, int depth);
  Result<Predicate> ReadCondition(const json::object& node, std::string_view op);
  Result<Predicate> ReadComparison(const json::object& node, CompareOp op);
  /// The column that a node names; nowhere if the schema has none.
  ColumnReference ColumnOf(const json::object& node) const;
  /// The same, nowhere also if the node's `valueType` is not the column's type.
  ColumnReference TypedColumnOf(const json::object& node) const;

  const Schema& schema_;
  int conditions_ = 0;
};

ColumnReference JsonHintReader::ColumnOf(const json::object& node) const {
  const std::string_view name = TextMember(node, "name");
  ColumnReference column = ResolveColumn({std::string(name)}, schema_);
  return column.field != nullptr ? column : ResolveColumn(SplitAtDots(name), schema_);
}

ColumnReference JsonHintReader::TypedColumnOf(const json::object& node) const {
  ColumnReference column = ColumnOf(node);
  if (column.field == nullptr) return {};
  const auto meant = ValueTypeOf(node);
  if (!meant || meant != KindOfColumn(column.field->type.kind)) return {};
  return column;
}

Result<JsonHintReader::Nodes> JsonHintReader::ChildrenOf(const json::object& node, Arity arity) {
  const json::value* const member = FindMember(node, "children");
  const std::size_t count =
      member != nullptr && member->is_array() ? member->get_array().size() : 0;
  if (count < arity.least || count > arity.most) {
    return InvalidArgument("predicate: '{}' has {} children", TextMember(node, "op"), count);
  }
  Nodes children;
  for (const json::value& child : member->get_array()) {
    if (!child.is_object()) return InvalidArgument("predicate: a node is no object");
    children.push_back(&child.get_object());
  }
  return children;
}

Result<std::vector<Predicate>> JsonHintReader::ReadChildren(const json::object& node, Arity arity,
                                                            int depth) {
  const Nodes nodes = TRY(ChildrenOf(node, arity));
  std::vector<Predicate> children;
  children.reserve(nodes.size());
  for (const json::object* child : nodes) children.push_back(TRY(Read(*child, depth + 1)));
  return children;
}

Result<Predicate> JsonHintReader::ReadComparison(const json::object& node, CompareOp op) {
  Nodes children = TRY(ChildrenOf(node, {.least = 2, .most = 2}));
  if (TextMember(*children[0], "op") == "literal") {
    std::swap(children[0], children[1]);
    op = Mirrored(op);
  }
  if (TextMember(*children[0], "op") != "column" || TextMember(*children[1], "op") != "literal") {
    return MakeUnknown();
  }
  const auto kind = ValueTypeOf(*children[1]);
  const json::value* const value = FindMember(*children[1], "value");
  if (!kind || value == nullptr || value->is_structured()) return MakeUnknown();
  Literal literal{.kind = *kind, .text = {}};
  if (value->is_string()) {
    literal.text = value->get_string();
  } else {
    AppendJson(*value, literal.text);  // a number or a boolean, which the protocol wants quoted
  }
  return MakeComparison(TypedColumnOf(*children[0]), op, literal);
}

Result<Predicate> JsonHintReader::ReadCondition(const json::object& node, std::string_view op) {
  if (++conditions_ > kMaxHintConditions) {
    return InvalidArgument("predicate: more than {} conditions", kMaxHintConditions);
  }
  if (op == "isNull") {
    const Nodes children = TRY(ChildrenOf(node, {.least = 1, .most = 1}));
    return TextMember(*children[0], "op") == "column" ? MakeIsNull(ColumnOf(*children[0]))
                                                      : MakeUnknown();
  }
  if (op == "column") {
    return MakeComparison(TypedColumnOf(node), CompareOp::kEqual,
                          {.kind = LiteralKind::kBoolean, .text = "true"});
  }
  for (const Operation& comparison : kComparisons) {
    if (comparison.name == op) return ReadComparison(node, comparison.op);
  }
  return MakeUnknown();
}

Result<Predicate> JsonHintReader::Read(const json::object& node, int depth) {
  if (depth > kMaxHintDepth) {
    return InvalidArgument("predicate: nested deeper than {} levels", kMaxHintDepth);
  }
  const std::string_view op = TextMember(node, "op");
  if (op.empty()) return InvalidArgument("predicate: a node has no 'op'");
  if (op == "and") return MakeAnd(TRY(ReadChildren(node, {.least = 1}, depth)));
  if (op == "or") return MakeOr(TRY(ReadChildren(node, {.least = 1}, depth)));
  if (op == "not") {
    std::vector<Predicate> child = TRY(ReadChildren(node, {.least = 1, .most = 1}, depth));
    return MakeNot(std::move(child.front()));
  }
  return ReadCondition(node, op);
}

}  // namespace

Result<Predicate> ParseJsonHint(std::string_view text, const Schema& schema) {
  const Result<json::value> parsed =
      ParseJson(text, {.max_bytes = kMaxJsonHintBytes, .max_depth = kMaxJsonDepth});
  if (!parsed.ok()) return InvalidArgument("predicate: {}", parsed.error().message);
  if (!parsed->is_object()) return InvalidArgument("predicate: a node is no object");
  return JsonHintReader(schema).Read(parsed->get_object(), 1);
}

}  // namespace sluice::expr
