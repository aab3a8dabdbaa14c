#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sluice::protocol {

/// One request of a surface, as an OpenAPI document describes it: its route, and what a route's row
/// does not say.
struct ApiOperation {
  enum class Token : std::uint8_t { kNeeded, kOptional, kNone };

  std::string_view method;  ///< "GET"
  std::string_view path;
  std::string_view id;  ///< `operationId`
  std::string_view summary;
  /// Names of the document's parameters, between spaces. Those in the path are added.
  std::string_view parameters = {};
  std::string_view body = {};  ///< A name of the document's schemas; empty: none.
  /// A name of the document's responses or, of a JSON answer, of its schemas; empty: no body.
  std::string_view answer = {};
  int status = 200;  ///< Of success.
  Token token = Token::kNeeded;
};

/// Texts are JSON objects, each member a component by its name. The schema "Error" must be there.
struct ApiDescription {
  std::string_view title;
  std::string_view description;
  std::span<const ApiOperation> operations;
  std::string_view parameters;
  std::string_view schemas;
  std::string_view responses;
};

/// An OpenAPI 3.1 document, pretty-printed, with a line feed at the end. A part that is no JSON is
/// a bug. Source: OpenAPI Specification 3.1.0.
std::string FormatOpenApi(const ApiDescription& description);

}  // namespace sluice::protocol
