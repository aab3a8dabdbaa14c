#include "protocol/openapi.h"

#include "base/check.h"
#include "base/encoding.h"
#include "base/json.h"
#include "base/result.h"

namespace sluice::protocol {
namespace {

constexpr std::size_t kMaxPartBytes = 256 << 10;

json::object Parsed(std::string_view text) {
  const auto parsed = ParseJson(text, {.max_bytes = kMaxPartBytes, .max_depth = 16});
  CHECK(parsed.ok() && parsed->is_object(), "the document's own parts are JSON objects");
  return parsed->get_object();
}

json::object Reference(std::string_view kind, std::string_view name) {
  return {{"$ref", Format("#/components/{}/{}", kind, name)}};
}

json::object JsonContent(std::string_view schema) {
  return {{"application/json", {{"schema", Reference("schemas", schema)}}}};
}

json::object AnswerOf(const ApiOperation& operation, const json::object& responses) {
  if (operation.answer.empty()) return {{"description", "No body"}};
  if (responses.contains(operation.answer)) return Reference("responses", operation.answer);
  return {{"description", "As it says"}, {"content", JsonContent(operation.answer)}};
}

// The names between braces in a path, and those that the operation lists.
json::array ParametersOf(const ApiOperation& operation) {
  json::array parameters;
  std::string_view path = operation.path;
  for (std::size_t open; (open = path.find('{')) != std::string_view::npos;) {
    const std::size_t close = path.find('}');
    parameters.push_back(Reference("parameters", path.substr(open + 1, close - open - 1)));
    path.remove_prefix(close + 1);
  }
  std::string_view names = operation.parameters;
  while (!names.empty()) {
    const std::size_t space = names.find(' ');
    parameters.push_back(Reference("parameters", names.substr(0, space)));
    names.remove_prefix(space == std::string_view::npos ? names.size() : space + 1);
  }
  return parameters;
}

json::object Describe(const ApiOperation& operation, const json::object& responses) {
  json::object described = {{"operationId", operation.id}, {"summary", operation.summary}};
  if (operation.token == ApiOperation::Token::kNone) described["security"] = json::array();
  if (operation.token == ApiOperation::Token::kOptional) {
    json::array either;
    either.push_back(json::object{{"bearer", json::array()}});
    either.push_back(json::object());
    described["security"] = std::move(either);
  }
  if (json::array parameters = ParametersOf(operation); !parameters.empty()) {
    described["parameters"] = std::move(parameters);
  }
  if (!operation.body.empty()) {
    described["requestBody"] = json::object{{"content", JsonContent(operation.body)}};
  }
  json::object answers;
  answers[std::to_string(operation.status)] = AnswerOf(operation, responses);
  answers["default"] = Reference("responses", "Error");
  described["responses"] = std::move(answers);
  return described;
}

void AppendPretty(const json::value& value, std::size_t indent, std::string& out) {
  const std::string inner(indent + 2, ' ');
  bool first = true;
  const auto begin_item = [&] {
    out += first ? "\n" : ",\n";
    out += inner;
    first = false;
  };
  if (value.is_object() && !value.get_object().empty()) {
    out.push_back('{');
    for (const auto& [key, member] : value.get_object()) {
      begin_item();
      AppendJsonString(key, out);
      out += ": ";
      AppendPretty(member, indent + 2, out);
    }
    out += "\n" + std::string(indent, ' ') + "}";
  } else if (value.is_array() && !value.get_array().empty()) {
    out.push_back('[');
    for (const json::value& item : value.get_array()) {
      begin_item();
      AppendPretty(item, indent + 2, out);
    }
    out += "\n" + std::string(indent, ' ') + "]";
  } else {
    AppendJson(value, out);
  }
}

}  // namespace

std::string FormatOpenApi(const ApiDescription& description) {
  json::object responses = Parsed(description.responses);
  json::object error = {
      {"description", "What is wrong: 400, 401, 403, 404, 409, 413, 429, 500, 501, 503 or 504"}};
  error["content"] = JsonContent("Error");
  responses["Error"] = std::move(error);
  json::object paths;
  for (const ApiOperation& operation : description.operations) {
    json::value& item = paths[std::string(operation.path)];
    if (!item.is_object()) item.emplace_object();
    item.get_object()[AsciiLower(operation.method)] = Describe(operation, responses);
  }
  const json::object document = {
      {"openapi", "3.1.0"},
      {"info",
       {{"title", description.title}, {"version", "1"}, {"description", description.description}}},
      {"security", {{{"bearer", json::array()}}}},
      {"paths", paths},
      {"components",
       {{"securitySchemes", {{"bearer", {{"type", "http"}, {"scheme", "bearer"}}}}},
        {"parameters", Parsed(description.parameters)},
        {"schemas", Parsed(description.schemas)},
        {"responses", responses}}}};
  std::string out;
  AppendPretty(document, 0, out);
  out.push_back('\n');
  return out;
}

}  // namespace sluice::protocol
