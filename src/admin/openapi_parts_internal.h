#pragma once

#include <string_view>

namespace sluice::admin {

/// Components of the owner's OpenAPI document, each by its name, as JSON objects.
extern const std::string_view kOpenApiParameters;
extern const std::string_view kOpenApiSchemas;
extern const std::string_view kOpenApiResponses;

}  // namespace sluice::admin
