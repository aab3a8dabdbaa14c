#pragma once

// What the fuzz targets of hints share: a schema to resolve names in and files to judge.

#include <string>
#include <vector>

#include "base/check.h"
#include "base/result.h"
#include "expr/predicate.h"
#include "expr/schema.h"

namespace sluice {

inline const expr::Schema& FuzzSchema() {
  static const expr::Schema schema = [] {
    const auto parsed = expr::ParseSchema(R"({"type":"struct","fields":[
      {"name":"id","type":"long"}, {"name":"x","type":"double"}, {"name":"f","type":"float"},
      {"name":"name","type":"string"}, {"name":"date","type":"date"},
      {"name":"at","type":"timestamp"}, {"name":"local","type":"timestamp_ntz"},
      {"name":"flag","type":"boolean"},
      {"name":"s","type":{"type":"struct","fields":[{"name":"a","type":"integer"}]}}]})");
    return parsed.value();
  }();
  return schema;
}

/// Knows something of every column, whatever its type.
class FuzzBounds : public expr::BoundsSource {
 public:
  FuzzBounds() {
    Fill(whole_, expr::Lane::kInt64);
    Fill(real_, expr::Lane::kDouble);
    Fill(text_, expr::Lane::kString);
  }
  const expr::ColumnBounds* FindBounds(const std::vector<std::string>& column) override {
    const expr::Field* const field = FuzzSchema().Find(column);
    CHECK(field != nullptr, "a predicate names a column that the schema does not have");
    switch (expr::LaneOf(field->type)) {
      case expr::Lane::kInt64: return &whole_;
      case expr::Lane::kDouble: return &real_;
      case expr::Lane::kString: return &text_;
      case expr::Lane::kNone: break;
    }
    return nullptr;
  }

 private:
  static void Fill(expr::ColumnBounds& bounds, expr::Lane lane) {
    bounds.lane = lane;
    bounds.flags = {0, 1, 2, 7, 23};
    bounds.min_int64 = bounds.max_int64 = {0, -5, 5, 1, 20'000};
    bounds.min_double = bounds.max_double = {0, -5, 5, 0.1, 1e300};
    bounds.min_string = bounds.max_string = {"", "a", "b", "c", "\xC3\xA9"};
  }

  expr::ColumnBounds whole_;
  expr::ColumnBounds real_;
  expr::ColumnBounds text_;
};

inline void EvaluateOnSomeFiles(const Result<expr::Predicate>& predicate) {
  if (!predicate.ok()) return;
  FuzzBounds bounds;
  for (const expr::TruthSet set : expr::Evaluate(*predicate, bounds, 5)) {
    CHECK(set > 0 && set <= expr::kAnything, "a row must have some outcome");
  }
}

}  // namespace sluice
