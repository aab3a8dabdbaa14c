#pragma once

#include <string>

namespace sluice::admin {

/// The owner's surface as an OpenAPI 3.1 document, made from its routes. A copy is published as
/// docs/reference/owner-openapi.json.
std::string OwnerOpenApiDocument();

}  // namespace sluice::admin
