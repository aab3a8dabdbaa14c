#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "cli/command.h"

namespace sluice::cli {

/// How a parameter becomes a field of a request's body.
struct BodyField {
  enum class As : std::uint8_t {
    kText,
    kTruth,  ///< A switch.
    kNumber,
    kPairs,     ///< KEY=VALUE, repeated; an empty text alone for none.
    kList,      ///< Repeated; an empty text alone for none.
    kLocation,  ///< Made absolute.
  };
  std::string_view parameter;
  std::string_view key;
  As as = As::kText;
};

/// The fields that were given, in a body. Errors: kInvalidArgument naming the parameter.
Result<void> AddFields(const Arguments& arguments, std::initializer_list<BodyField> fields,
                       json::object& body);

}  // namespace sluice::cli
