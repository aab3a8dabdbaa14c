#include "cli/request_body.h"

#include <cstdint>
#include <string>

#include "cli/values.h"
#include "config/value.h"

namespace sluice::cli {
namespace {

Result<json::value> ValueOf(const Arguments& arguments, const BodyField& field) {
  using As = BodyField::As;
  const std::string text = arguments.Text(field.parameter);
  switch (field.as) {
    case As::kText: return json::value(text);
    case As::kTruth: return json::value(text == "true");
    case As::kLocation: return json::value(AbsoluteLocation(text));
    case As::kPairs: {
      return json::value(TRY(ParsePairs(field.parameter, arguments.All(field.parameter))));
    }
    case As::kList: {
      json::array items;
      for (const std::string& item : arguments.All(field.parameter)) {
        if (!item.empty()) items.emplace_back(item);
      }
      return json::value(std::move(items));
    }
    case As::kNumber: {
      const auto number = config::ParseInteger(text);
      if (number.ok()) return json::value(*number);
      return InvalidArgument("{}: expected a whole number, not '{}'", field.parameter, text);
    }
  }
  return json::value();
}

}  // namespace

Result<void> AddFields(const Arguments& arguments, std::initializer_list<BodyField> fields,
                       json::object& body) {
  for (const BodyField& field : fields) {
    if (!arguments.Has(field.parameter)) continue;
    body[field.key] = TRY(ValueOf(arguments, field));
  }
  return {};
}

}  // namespace sluice::cli
