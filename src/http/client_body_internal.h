#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::http {

/// What libcurl is given room for, and gives at most in one turn. Twice of it is what a download
/// may hold; more saves next to nothing.
constexpr std::size_t kReceiveBytes = 128 << 10;

/// Where the bytes of a body go as they arrive.
class BodySink {
 public:
  virtual ~BodySink() = default;
  enum class Taken : std::uint8_t { kAll, kNoneForNow, kTooMany };
  virtual Taken Take(std::string_view bytes) = 0;
};

/// All of a body, up to a bound.
class CollectedBody final : public BodySink {
 public:
  explicit CollectedBody(std::uint64_t max_bytes) : max_bytes_(max_bytes) {}

  /// Makes room for what a header promises. False if that is too much.
  bool Expect(std::uint64_t size_bytes) {
    if (size_bytes > max_bytes_) return false;
    bytes_.reserve(size_bytes);
    return true;
  }
  Taken Take(std::string_view bytes) override {
    if (bytes.size() > max_bytes_ - bytes_.size()) return Taken::kTooMany;
    bytes_ += bytes;
    return Taken::kAll;
  }
  std::string Release() { return std::move(bytes_); }

 private:
  const std::uint64_t max_bytes_;
  std::string bytes_;
};

/// A body that goes straight to where its reader wants it. What one turn brings beyond that is kept
/// for the next.
class StreamedBody final : public BodySink {
 public:
  /// Goes on to fill `out`, which must stay until it is full or another takes its place.
  void ReadInto(std::span<char> out) {
    out_ = out;
    const std::string_view kept(kept_.get() + kept_begin_, kept_end_ - kept_begin_);
    kept_begin_ += Fill(kept);
    if (kept_begin_ == kept_end_) kept_begin_ = kept_end_ = 0;
  }
  bool is_full() const { return out_.empty(); }
  bool has_kept() const { return kept_begin_ < kept_end_; }
  std::size_t room() const { return out_.size(); }

  Taken Take(std::string_view bytes) override {
    if (bytes.size() > out_.size() + kReceiveBytes - kept_end_) return Taken::kNoneForNow;
    bytes.remove_prefix(Fill(bytes));
    if (bytes.empty()) return Taken::kAll;
    if (kept_ == nullptr) kept_ = std::make_unique_for_overwrite<char[]>(kReceiveBytes);
    std::memcpy(kept_.get() + kept_end_, bytes.data(), bytes.size());
    kept_end_ += bytes.size();
    return Taken::kAll;
  }

 private:
  std::size_t Fill(std::string_view bytes) {
    const std::size_t count = std::min(bytes.size(), out_.size());
    if (count > 0) std::memcpy(out_.data(), bytes.data(), count);
    out_ = out_.subspan(count);
    return count;
  }

  std::span<char> out_;
  std::unique_ptr<char[]> kept_;  // Of kReceiveBytes, once it is needed.
  std::size_t kept_begin_ = 0;
  std::size_t kept_end_ = 0;
};

}  // namespace sluice::http
