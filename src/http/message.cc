#include "http/message.h"

#include "base/check.h"
#include "base/encoding.h"

namespace sluice::http {
namespace {

const std::string* FindFirst(const std::vector<std::pair<std::string, std::string>>& pairs,
                             std::string_view name) {
  for (const auto& [key, value] : pairs) {
    if (key == name) return &value;
  }
  return nullptr;
}

}  // namespace

const std::string* Headers::Find(std::string_view name) const {
  for (const auto& [key, value] : fields_) {
    if (EqualsIgnoringAsciiCase(key, name)) return &value;
  }
  return nullptr;
}

const std::string* Request::FindQuery(std::string_view name) const {
  return FindFirst(query, name);
}

const std::string& Request::PathParameter(std::string_view name) const {
  const std::string* value = FindFirst(path_parameters, name);
  CHECK(value != nullptr, "the route declares no such path parameter");
  return *value;
}

}  // namespace sluice::http
