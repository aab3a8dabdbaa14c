#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/check.h"
#include "base/format.h"

namespace sluice {

/// What kind of failure, independent of any protocol. protocol/error.h turns codes into HTTP
/// statuses.
enum class ErrorCode : std::uint8_t {
  kInvalidArgument,   ///< The caller asked for something that cannot be: a bad parameter, a bad
                      ///< token.
  kMalformed,         ///< The caller's text could not be parsed at all.
  kUnauthenticated,   ///< No valid credential.
  kPermissionDenied,  ///< A valid credential, or none needed, but not for this: an expired or
                      ///< altered URL.
  kNotFound,          ///< Not there, or not granted: the two look alike.
  kMissingData,       ///< Known by name, but its data is gone: a table without its log or files.
  kAlreadyExists,     ///< The name is taken.
  kUnsupported,     ///< Understood, and refused by name: a table feature this server does not read.
  kNotImplemented,  ///< Not yet built: another storage scheme, say.
  kTooLarge,        ///< A bound on size was passed.
  kResourceExhausted,  ///< Too many: a limit on rate or number. Trying later helps.
  kDeadlineExceeded,   ///< Took longer than the request may.
  kUnavailable,        ///< A dependency failed for now. Trying again helps.
  kCorruptData,        ///< Stored data contradicts its format.
  kInternal,           ///< A bug, or the operating system refused.
};

/// The code's name as logs show it, such as "not_found".
std::string_view ErrorCodeName(ErrorCode code);

/// A failure. `message` may be shown to a stranger: lower case, no full stop, names the thing.
/// `detail` is for the log alone and may name paths and keys, never secrets.
struct [[nodiscard]] Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
  std::string detail;
  std::optional<std::chrono::seconds> retry_after = {};  ///< When trying again may help, if known.

  /// "not_found: message (detail)", for logs and terminals of the owner.
  std::string ToString() const;
};

/// A value or an Error. Dropping one is a compiler warning, and warnings are errors.
template <typename T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  // Both conversions are implicit so that a function can `return value;` and `return
  // NotFound(...);`.
  template <typename U = T>
    requires(std::constructible_from<T, U &&> && !std::same_as<std::remove_cvref_t<U>, Result> &&
             !std::same_as<std::remove_cvref_t<U>, Error>)
  Result(U&& value) : state_(std::in_place_index<0>, std::forward<U>(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  const T& value() const& { return CheckedValue(*this); }
  T& value() & { return CheckedValue(*this); }
  T&& value() && { return std::move(CheckedValue(*this)); }
  const T& operator*() const& { return CheckedValue(*this); }
  T& operator*() & { return CheckedValue(*this); }
  T&& operator*() && { return std::move(CheckedValue(*this)); }
  const T* operator->() const { return &CheckedValue(*this); }
  T* operator->() { return &CheckedValue(*this); }

  const Error& error() const& {
    CHECK(!ok(), "error() of a success");
    return *std::get_if<1>(&state_);
  }
  Error&& error() && {
    CHECK(!ok(), "error() of a success");
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  template <typename Self>
  static auto& CheckedValue(Self& self) {
    CHECK(self.ok(), "value() of a failure");
    return *std::get_if<0>(&self.state_);
  }

  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : error_(std::move(error)), ok_(false) {}

  bool ok() const { return ok_; }
  explicit operator bool() const { return ok_; }
  void value() const { CHECK(ok_, "value() of a failure"); }

  const Error& error() const& {
    CHECK(!ok_, "error() of a success");
    return error_;
  }
  Error&& error() && {
    CHECK(!ok_, "error() of a success");
    return std::move(error_);
  }

 private:
  Error error_;
  bool ok_ = true;
};

/// The value of a Result, or hands its error to the caller. One per statement, never nested, and
/// not in a coroutine.
#define TRY(expression)                                                       \
  __extension__({                                                             \
    auto sluice_try_result = (expression);                                    \
    if (!sluice_try_result.ok()) return std::move(sluice_try_result).error(); \
    std::move(sluice_try_result).value();                                     \
  })

#define SLUICE_DEFINE_ERROR(Name)                                                       \
  template <typename... Args>                                                           \
  Error Name(FormatString<Args...> pattern, Args&&... args) {                           \
    return Error{ErrorCode::k##Name, Format(pattern, std::forward<Args>(args)...), {}}; \
  }
SLUICE_DEFINE_ERROR(InvalidArgument)
SLUICE_DEFINE_ERROR(Malformed)
SLUICE_DEFINE_ERROR(Unauthenticated)
SLUICE_DEFINE_ERROR(PermissionDenied)
SLUICE_DEFINE_ERROR(NotFound)
SLUICE_DEFINE_ERROR(MissingData)
SLUICE_DEFINE_ERROR(AlreadyExists)
SLUICE_DEFINE_ERROR(Unsupported)
SLUICE_DEFINE_ERROR(NotImplemented)
SLUICE_DEFINE_ERROR(TooLarge)
SLUICE_DEFINE_ERROR(ResourceExhausted)
SLUICE_DEFINE_ERROR(DeadlineExceeded)
SLUICE_DEFINE_ERROR(Unavailable)
SLUICE_DEFINE_ERROR(CorruptData)
SLUICE_DEFINE_ERROR(Internal)
#undef SLUICE_DEFINE_ERROR

/// The same error with `detail` for the log.
Error WithDetail(Error error, std::string detail);
/// The same error with `retry_after`: `wait` rounded up to whole seconds, at least one.
Error WithRetryAfter(Error error, std::chrono::milliseconds wait);

}  // namespace sluice
