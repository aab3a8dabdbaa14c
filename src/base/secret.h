#pragma once

#include <string>
#include <utility>

#include "base/format.h"

namespace sluice {

/// Text that must not reach a log or an error: it formats as "***". Compare secrets with
/// crypto::ConstantTimeEquals, never with ==.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}

  const std::string& Reveal() const { return text_; }  // search for Reveal() to audit every use
  bool empty() const { return text_.empty(); }

  bool operator==(const Secret&) const = delete;

 private:
  std::string text_;
};

}  // namespace sluice

template <>
struct fmt::formatter<sluice::Secret> {
  constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }
  template <typename Context>
  auto format(const sluice::Secret&, Context& context) const {
    return fmt::format_to(context.out(), "***");
  }
};
