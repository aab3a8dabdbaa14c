#include "catalog/model.h"

#include <array>
#include <span>
#include <utility>

namespace sluice::catalog {
namespace {

template <typename T>
using Names = std::span<const std::pair<T, std::string_view>>;

template <typename T>
Result<T> Parse(Names<T> names, std::string_view what, std::string_view text) {
  std::string known;
  for (const auto& [value, name] : names) {
    if (name == text) return value;
    if (!name.empty()) known += (known.empty() ? "" : ", ") + std::string(name);
  }
  return InvalidArgument("'{}' is no {}: there are {}", text, what, known);
}

template <typename T>
std::string_view NameOf(Names<T> names, T value) {
  for (const auto& [known, name] : names) {
    if (known == value) return name;
  }
  return "";
}

constexpr std::array<std::pair<Role, std::string_view>, 3> kRoles{
    {{Role::kAdmin, "admin"}, {Role::kShareOwner, "share_owner"}, {Role::kAuditor, "auditor"}}};
constexpr std::array<std::pair<Measure, std::string_view>, 4> kMeasures{
    {{Measure::kRequests, "requests"},
     {Measure::kFiles, "files"},
     {Measure::kBytes, "bytes"},
     {Measure::kConcurrent, "concurrent"}}};
constexpr std::array<std::pair<Window, std::string_view>, 4> kWindows{{{Window::kSecond, "second"},
                                                                       {Window::kDay, "day"},
                                                                       {Window::kMonth, "month"},
                                                                       {Window::kNone, ""}}};

}  // namespace

Result<Role> ParseRole(std::string_view text) { return Parse<Role>(kRoles, "role", text); }
std::string_view RoleName(Role role) { return NameOf<Role>(kRoles, role); }

Result<Measure> ParseMeasure(std::string_view text) {
  return Parse<Measure>(kMeasures, "measure", text);
}
std::string_view MeasureName(Measure measure) { return NameOf<Measure>(kMeasures, measure); }

Result<Window> ParseWindow(std::string_view text) {
  return Parse<Window>(kWindows, "window", text);
}
std::string_view WindowName(Window window) { return NameOf<Window>(kWindows, window); }

}  // namespace sluice::catalog
