#pragma once

#include <compare>
#include <functional>
#include <type_traits>
#include <utility>

#include "base/format.h"

namespace sluice {

/// A value whose type tells what it is: a ShareName is never mixed up with a SchemaName.
///   using ShareName = Named<std::string, struct ShareNameTag>;
template <typename T, typename Tag>
class Named {
 public:
  Named() = default;
  explicit Named(T value) : value_(std::move(value)) {}

  const T& value() const { return value_; }

  friend auto operator<=>(const Named&, const Named&) = default;
  friend bool operator==(const Named&, const Named&) = default;

 private:
  T value_{};
};

}  // namespace sluice

template <typename T, typename Tag>
struct std::hash<sluice::Named<T, Tag>> {
  std::size_t operator()(const sluice::Named<T, Tag>& named) const {
    return std::hash<T>{}(named.value());
  }
};

template <typename T, typename Tag>
struct fmt::formatter<sluice::Named<T, Tag>> : fmt::formatter<T> {
  template <typename Context>
  auto format(const sluice::Named<T, Tag>& named, Context& context) const {
    return fmt::formatter<T>::format(named.value(), context);
  }
};
