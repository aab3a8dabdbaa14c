#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "http/message.h"

namespace sluice::http {

/// Finds the route of a request. Patterns are literal segments, `{name}` for one segment (decoded
/// after splitting, so an encoded slash stays inside it), and `{name...}` last for all that remains
/// (each segment decoded, joined by '/'; segments that decode to something with a '/' or NUL, and
/// empty, "." or ".." segments are refused). A literal beats a parameter. Immutable after
/// construction; thread-safe.
class Router {
 public:
  struct Pattern {
    std::string_view method;
    std::string path;  ///< Begins with '/', prefix included.
  };
  /// Index i of `patterns` is what Match answers.
  explicit Router(const std::vector<Pattern>& patterns);

  struct Match {
    std::size_t index;
    std::vector<std::pair<std::string, std::string>> parameters;
  };
  /// Errors: kNotFound if no pattern fits the path; kInvalidArgument with `method_not_allowed` set
  /// if one does for another method; kMalformed for a path with broken percent-encoding.
  struct Miss {
    Error error;
    std::vector<std::string_view> allowed_methods;  ///< Not empty: answer 405 with these.
  };
  std::optional<Match> Find(std::string_view method, std::string_view path, Miss& miss) const;

 private:
  struct Entry {
    std::size_t index;
    std::string_view method;
    std::vector<std::string> segments;
  };
  std::vector<Entry> entries_;
};

}  // namespace sluice::http
