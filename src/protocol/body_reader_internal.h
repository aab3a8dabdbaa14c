#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "table/metadata.h"

namespace sluice::protocol {

/// Reads the members of a request's JSON object. A member that is null counts as not there, and one
/// that nobody asks for is passed over. Errors: kMalformed for a wrong type, in the words of the
/// reference server, whose JSON library knows messages by name; kInvalidArgument for a value out of
/// range.
class BodyReader {
 public:
  /// Text that is empty but for spaces counts as `{}`. Errors: kMalformed, kTooLarge.
  static Result<BodyReader> Parse(std::string_view text, std::string_view message);

  /// A whole number, or a text with one: JavaScript has no integers of 64 bits.
  Result<std::optional<std::int64_t>> Integer(std::string_view key) const;
  Result<std::optional<std::int32_t>> MaxFiles() const;
  /// `name` is how an error calls it.
  Result<std::optional<table::Version>> Version(std::string_view key, std::string_view name) const;
  Result<std::optional<SystemTime>> Timestamp(std::string_view key) const;
  Result<bool> Boolean(std::string_view key) const;
  Result<std::optional<std::string>> Text(std::string_view key) const;
  /// An object counts as its own JSON text.
  Result<std::optional<std::string>> TextOrObject(std::string_view key) const;
  /// Errors: kTooLarge if there are more than `max_items`.
  Result<std::vector<std::string>> Texts(std::string_view key, std::size_t max_items) const;

 private:
  BodyReader(json::object object, std::string_view message)
      : object_(std::move(object)), message_(message) {}

  json::object object_;
  std::string_view message_;
};

}  // namespace sluice::protocol
