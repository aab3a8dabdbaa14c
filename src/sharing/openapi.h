#pragma once

#include <string>

namespace sluice::sharing {

/// The recipients' surface as an OpenAPI 3.1 document, made from its routes: pretty-printed JSON. A
/// copy is published as docs/reference/openapi.json. Paths are below the prefix and `/files` is
/// left out: its links are made by the server, not by clients.
std::string OpenApiDocument();

}  // namespace sluice::sharing
