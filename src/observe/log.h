#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <variant>

namespace sluice::observe {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError };

/// A named value of a log line. It only looks at texts, so it lives as long as the call it is
/// passed to.
struct LogField {
  using Value = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

  LogField(std::string_view field_name, std::string_view text) : name(field_name), value(text) {}
  LogField(std::string_view field_name, const char* text)
      : name(field_name), value(std::string_view(text)) {}
  LogField(std::string_view field_name, bool truth) : name(field_name), value(truth) {}
  LogField(std::string_view field_name, double number) : name(field_name), value(number) {}
  template <std::signed_integral T>
  LogField(std::string_view field_name, T number)
      : name(field_name), value(static_cast<std::int64_t>(number)) {}
  template <std::unsigned_integral T>
  LogField(std::string_view field_name, T number)
      : name(field_name), value(static_cast<std::uint64_t>(number)) {}

  std::string_view name;
  Value value;
};

/// One line to be.
struct LogRecord {
  LogLevel level = LogLevel::kInfo;
  std::string_view event;  ///< What happened, a constant of the code: "request", "reload failed".
  std::span<const LogField> fields;
};

/// Takes what happens, one line each. Values may come from anyone: they cannot forge a line.
/// Secrets and signed URLs do not belong in them. Thread-safe.
///   log.Info("request", {{"method", method}, {"status", status}});
class Logger {
 public:
  using Fields = std::initializer_list<LogField>;

  virtual ~Logger() = default;
  virtual void Log(const LogRecord& record) = 0;

  void Debug(std::string_view event, Fields fields = {}) { LogAt(LogLevel::kDebug, event, fields); }
  void Info(std::string_view event, Fields fields = {}) { LogAt(LogLevel::kInfo, event, fields); }
  void Warn(std::string_view event, Fields fields = {}) { LogAt(LogLevel::kWarn, event, fields); }
  void Error(std::string_view event, Fields fields = {}) { LogAt(LogLevel::kError, event, fields); }

 private:
  void LogAt(LogLevel level, std::string_view event, Fields fields) {
    Log(LogRecord{.level = level, .event = event, .fields = {fields.begin(), fields.size()}});
  }
};

}  // namespace sluice::observe
