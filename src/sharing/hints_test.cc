// Hints may leave files out, never one that holds a row they describe. The oracle knows such rows:
// partition values hold for every row of a file, and of each column some row holds its minimum.

#include <charconv>
#include <random>

#include "base/json.h"
#include "sharing/testing.h"

namespace sluice::sharing {
namespace {

namespace fs = std::filesystem;

constexpr int kRoundsPerTable = 30;
constexpr int kMaxConditions = 3;

struct Column {
  std::string name;
  std::string type;  ///< As hints spell it: "long", "int", "string" or "date".
  bool is_partition = false;
};

/// A file as an answer lists it.
struct ListedFile {
  std::string id;
  std::map<std::string, std::optional<std::string>> values;  ///< Of one of its rows.
};

/// `column` `op` `literal`; without a literal: `column` is null.
struct Condition {
  Column column;
  std::string op;
  std::optional<std::string> literal;
};

int Order(const std::string& a, const std::string& b, const std::string& type) {
  if (type != "int" && type != "long") return a.compare(b);  // dates are texts in order, too
  const auto number = [](const std::string& text) {
    return std::strtoll(text.c_str(), nullptr, 10);
  };
  return number(a) < number(b) ? -1 : number(a) > number(b);
}

bool IsTrue(const Condition& condition, const ListedFile& file) {
  const auto& value = file.values.at(condition.column.name);
  if (!condition.literal) return !value;
  if (!value) return false;
  const int order = Order(*value, *condition.literal, condition.column.type);
  if (condition.op == "=") return order == 0;
  if (condition.op == "<") return order < 0;
  if (condition.op == "<=") return order <= 0;
  return condition.op == ">" ? order > 0 : order >= 0;
}

std::string SqlOf(const Condition& condition) {
  const std::string column = "`" + condition.column.name + "`";
  if (!condition.literal) return column + " IS NULL";
  if (condition.column.type == "int" || condition.column.type == "long")
    return column + " " + condition.op + " " + *condition.literal;
  std::string quoted;
  for (const char c : *condition.literal) {
    if (c == '\'' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return column + " " + condition.op + " '" + quoted + "'";
}

std::string JsonOf(const Condition& condition) {
  const std::map<std::string, std::string> names = {{"=", "equal"},
                                                    {"<", "lessThan"},
                                                    {"<=", "lessThanOrEqual"},
                                                    {">", "greaterThan"},
                                                    {">=", "greaterThanOrEqual"}};
  const std::string type = JsonString(condition.column.type);
  const std::string column = R"({"op":"column","name":)" + JsonString(condition.column.name) +
                             R"(,"valueType":)" + type + "}";
  if (!condition.literal) return R"({"op":"isNull","children":[)" + column + "]}";
  return R"({"op":")" + names.at(condition.op) + R"(","children":[)" + column +
         R"(,{"op":"literal","value":)" + JsonString(*condition.literal) + R"(,"valueType":)" +
         type + "}]}";
}

std::string Joined(const std::vector<std::string>& parts, const std::string& separator) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : separator) + part;
  return text;
}

class Hints : public SharedTables {
 protected:
  /// Shares a table of tests/data; false if it cannot be served.
  bool ShareSample(const fs::path& table) {
    config::ConfiguredTable configured{
        .name = "sample", .location = table.string(), .where = "test"};
    Share({{.name = "Retail", .schemas = {{.name = "sales", .tables = {configured}}}}});
    return Query(*service_, me_, sample_).ok();
  }

  std::vector<json::object> LinesFor(const protocol::QueryBody& body) {
    const auto answer = Query(*service_, me_, sample_, body);
    EXPECT_THAT(answer, IsOk());
    std::vector<json::object> lines;
    for (std::size_t begin = 0; begin < answer->size();) {
      const std::size_t end = answer->find('\n', begin);
      lines.push_back(ParseJson(answer->substr(begin, end - begin))->as_object());
      begin = end + 1;
    }
    return lines;
  }
  std::vector<std::string> IdsFor(const protocol::QueryBody& body) {
    std::vector<std::string> ids;
    for (const json::object& line : LinesFor(body)) {
      if (const auto* file = line.if_contains("file")) ids.emplace_back(file->at("id").as_string());
    }
    return ids;
  }

  /// Reads columns and files out of the answer without hints.
  void LearnTable() {
    columns_.clear();
    files_.clear();
    const std::vector<json::object> lines = LinesFor({});
    const json::object& metadata = lines[1].at("metaData").as_object();
    const auto partitions = metadata.at("partitionColumns").as_array();
    const json::value schema = ParseJson(metadata.at("schemaString").as_string()).value();
    const std::map<std::string, std::string> types = {
        {"long", "long"}, {"integer", "int"}, {"string", "string"}, {"date", "date"}};
    for (const json::value& field : schema.at("fields").as_array()) {
      const json::value& type = field.at("type");
      if (!type.is_string() || !types.contains(std::string(type.as_string()))) continue;
      columns_.push_back({.name = std::string(field.at("name").as_string()),
                          .type = types.at(std::string(type.as_string())),
                          .is_partition = std::ranges::count(partitions, field.at("name")) > 0});
    }
    for (std::size_t i = 2; i < lines.size(); ++i) files_.push_back(ReadFile(lines[i]));
    std::erase_if(columns_, [&](const Column& column) {
      return !std::ranges::all_of(
          files_, [&](const ListedFile& file) { return file.values.contains(column.name); });
    });
  }
  ListedFile ReadFile(const json::object& line) const {
    const json::object& file = line.at("file").as_object();
    ListedFile listed{.id = std::string(file.at("id").as_string())};
    json::object minima;
    if (const json::value* const stats = file.if_contains("stats")) {
      const json::object parsed = ParseJson(stats->as_string())->as_object();
      if (const auto* found = parsed.if_contains("minValues")) minima = found->as_object();
    }
    const json::object& partitions = file.at("partitionValues").as_object();
    for (const Column& column : columns_) {
      const json::object& source = column.is_partition ? partitions : minima;
      const json::value* const value = source.if_contains(column.name);
      if (value == nullptr) continue;  // of this column no row is known
      if (value->is_null()) {
        listed.values[column.name] = std::nullopt;
      } else {
        listed.values[column.name] =
            value->is_string() ? std::string(value->as_string()) : Format("{}", value->as_int64());
      }
    }
    return listed;
  }

  std::size_t Pick(std::size_t count) { return random_() % count; }
  Condition RandomCondition(bool partition_only) {
    const char* const ops[] = {"=", "<", "<=", ">", ">="};
    std::vector<Column> columns = columns_;
    if (partition_only) std::erase_if(columns, [](const Column& c) { return !c.is_partition; });
    Condition condition{.column = columns[Pick(columns.size())], .op = ops[Pick(5)]};
    condition.literal = files_[Pick(files_.size())].values.at(condition.column.name);
    return condition;
  }
  /// Conditions of which one row knows all: at most the first is on a column that is no partition.
  std::vector<Condition> RandomConditions() {
    std::vector<Condition> conditions = {RandomCondition(false)};
    const bool has_partitions = std::ranges::any_of(columns_, &Column::is_partition);
    while (has_partitions && conditions.size() < 1 + Pick(kMaxConditions))
      conditions.push_back(RandomCondition(true));
    return conditions;
  }

  void CheckOnce(const std::string& table) {
    const std::vector<Condition> conditions = RandomConditions();
    const bool all = Pick(2) == 0;
    std::vector<std::string> sql;
    std::vector<std::string> nodes;
    for (const Condition& condition : conditions) {
      sql.push_back(SqlOf(condition));
      nodes.push_back(JsonOf(condition));
    }
    const std::string sql_hint = Joined(sql, all ? " AND " : " OR ");
    const std::string json_hint = nodes.size() == 1
                                      ? nodes[0]
                                      : R"({"op":")" + std::string(all ? "and" : "or") +
                                            R"(","children":[)" + Joined(nodes, ",") + "]}";
    const auto matches = [&](const ListedFile& file) {
      const auto is_true = [&](const Condition& condition) { return IsTrue(condition, file); };
      return all ? std::ranges::all_of(conditions, is_true)
                 : std::ranges::any_of(conditions, is_true);
    };
    const auto by_sql = IdsFor({.predicate_hints = {sql_hint}});
    const auto by_json = IdsFor({.json_predicate_hints = json_hint});
    for (const ListedFile& file : files_) {
      if (!matches(file)) continue;
      EXPECT_THAT(by_sql, testing::Contains(file.id)) << table << ": " << sql_hint;
      EXPECT_THAT(by_json, testing::Contains(file.id)) << table << ": " << json_hint;
    }
    pruned_ += 2 * files_.size() - by_sql.size() - by_json.size();
  }

  const protocol::TableRef sample_ = Ref("Retail", "sales", "sample");
  std::mt19937 random_{20261121};  // the same hints every time
  std::vector<Column> columns_;
  std::vector<ListedFile> files_;
  std::size_t pruned_ = 0;
};

TEST_F(Hints, NeverLoseAFileThatHoldsAMatchingRow) {
  int tables = 0;
  for (const auto& entry :
       fs::directory_iterator(fs::path(SLUICE_SOURCE_DIR) / "tests/data/tables")) {
    if (!ShareSample(entry.path() / "delta")) continue;
    LearnTable();
    if (columns_.empty() || files_.empty()) continue;
    ++tables;
    for (int round = 0; round < kRoundsPerTable; ++round) CheckOnce(entry.path().filename());
  }
  EXPECT_GE(tables, 8);
  EXPECT_GT(pruned_, 100u) << "the hints were understood";
}

}  // namespace
}  // namespace sluice::sharing
