#include "storage/parts_ahead.h"

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "observe/trace.h"

namespace sluice::storage {
namespace {

/// Bytes that nobody asked for are read along if they are so few.
constexpr std::uint64_t kMaxGapBytes = 64 << 10;

/// A part that will be read, and when: the share of its span that is read before it.
struct PlannedPart {
  ByteSpan span;
  std::uint64_t wanted_bytes = 0;  ///< Without gaps.
  double turn = 0;
};

std::uint64_t EndOf(ByteSpan span) { return span.offset + span.length; }

void PlanSpan(ByteSpan span, std::vector<PlannedPart>& parts) {
  if (!parts.empty() && span.length <= kPartBytes) {
    PlannedPart& last = parts.back();
    const bool follows = last.turn == 0 && span.offset >= EndOf(last.span) &&
                         span.offset - EndOf(last.span) <= kMaxGapBytes;
    if (follows && EndOf(span) - last.span.offset <= kPartBytes) {
      last.span.length = EndOf(span) - last.span.offset;
      last.wanted_bytes += span.length;
      return;
    }
  }
  for (std::uint64_t begin = 0; begin < span.length; begin += kPartBytes) {
    const std::uint64_t length = std::min<std::uint64_t>(kPartBytes, span.length - begin);
    parts.push_back({.span = {.offset = span.offset + begin, .length = length},
                     .wanted_bytes = length,
                     .turn = static_cast<double>(begin) / static_cast<double>(span.length)});
  }
}

/// The parts of spans that are read side by side, in the order in which they will be needed.
std::vector<PlannedPart> PlanRound(std::vector<ByteSpan> spans) {
  std::ranges::sort(spans, {}, &ByteSpan::offset);
  std::vector<PlannedPart> parts;
  for (const ByteSpan span : spans) PlanSpan(span, parts);
  std::ranges::stable_sort(parts, {}, &PlannedPart::turn);
  return parts;
}

class PartsAhead final : public RandomAccessObject {
 public:
  /// `tail` is the object's end.
  PartsAhead(std::unique_ptr<RandomAccessObject> object, std::string tail)
      : object_(std::move(object)),
        tail_(std::move(tail)),
        tail_offset_(object_->size_bytes() - tail_.size()) {}

  ~PartsAhead() override {
    {
      const std::lock_guard lock(mutex_);
      is_stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  std::uint64_t size_bytes() const override { return object_->size_bytes(); }

  Result<void> ReadAt(std::uint64_t offset, std::span<char> out) const override {
    if (offset > size_bytes() || out.size() > size_bytes() - offset) {
      return object_->ReadAt(offset, out);  // which says so
    }
    while (!out.empty()) {
      const std::size_t count = TRY(ReadSome(offset, out));
      offset += count;
      out = out.subspan(count);
    }
    return {};
  }

  void WillRead(const std::vector<std::vector<ByteSpan>>& rounds) const override {
    const std::lock_guard lock(mutex_);
    std::uint64_t planned_bytes = 0;
    for (const auto& round : rounds) {
      std::vector<ByteSpan> spans;
      for (ByteSpan span : round) {
        if (span.offset >= tail_offset_) continue;
        span.length = std::min(span.length, tail_offset_ - span.offset);
        planned_bytes += span.length;
        if (planned_bytes > size_bytes()) return;  // what is told twice is no plan
        spans.push_back(span);
      }
      for (const PlannedPart& part : PlanRound(std::move(spans))) {
        const auto [at, is_new] = parts_.try_emplace(part.span.offset);
        if (!is_new) continue;
        at->second.length = part.span.length;
        at->second.left_bytes = part.wanted_bytes;
        queue_.push_back(part.span.offset);
      }
    }
    const std::size_t wanted_threads = std::min(kRequestsAhead, queue_.size());
    while (threads_.size() < wanted_threads) {
      threads_.emplace_back(observe::InCurrentTrace([this] { Work(); }));
    }
    changed_.notify_all();
  }

 private:
  enum class State : std::uint8_t { kPlanned, kComing, kHere, kFailed, kGone };
  struct Part {
    State state = State::kPlanned;
    std::uint64_t length = 0;
    std::uint64_t left_bytes = 0;  ///< That nobody has read yet.
    std::string bytes;
    std::optional<Error> failure;
  };
  using Parts = std::map<std::uint64_t, Part>;

  /// Fills some of `out`, which is not empty, from its front.
  Result<std::size_t> ReadSome(std::uint64_t offset, std::span<char> out) const {
    if (offset >= tail_offset_) return tail_.copy(out.data(), out.size(), offset - tail_offset_);
    std::unique_lock lock(mutex_);
    auto next = parts_.upper_bound(offset);
    const auto at = next == parts_.begin() ? parts_.end() : std::prev(next);
    if (at != parts_.end() && offset - at->first < at->second.length) {
      out = out.first(std::min<std::uint64_t>(out.size(), at->first + at->second.length - offset));
      Part& part = at->second;
      Await(at->first, part, lock);
      if (part.state == State::kFailed) return *part.failure;
      if (part.state == State::kHere) return Give(part, offset - at->first, out);
      NoteGiven(part, out.size());
    } else {
      const std::uint64_t end = next == parts_.end() ? tail_offset_ : next->first;
      out = out.first(std::min<std::uint64_t>(out.size(), end - offset));
    }
    lock.unlock();
    TRY(object_->ReadAt(offset, out));
    return out.size();
  }

  /// Until it is here, or will not be.
  void Await(std::uint64_t offset, const Part& part, std::unique_lock<std::mutex>& lock) const {
    if (part.state == State::kPlanned) {
      queue_.push_front(offset);
      changed_.notify_all();
    }
    changed_.wait(lock, [&] {
      return part.state != State::kComing &&
             (part.state != State::kPlanned || held_parts_ >= kPartsAhead);
    });
  }

  std::size_t Give(Part& part, std::uint64_t begin, std::span<char> out) const {
    const std::size_t count = part.bytes.copy(out.data(), out.size(), begin);
    NoteGiven(part, count);
    return count;
  }

  /// Lets a part go of which all was given, be it from here or by another request.
  void NoteGiven(Part& part, std::size_t count) const {
    part.left_bytes -= std::min<std::uint64_t>(part.left_bytes, count);
    if (part.left_bytes > 0) return;
    if (part.state == State::kHere) {
      part.bytes = std::string();
      --held_parts_;
      changed_.notify_all();
    }
    part.state = State::kGone;
  }

  void Work() const {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(
          lock, [this] { return is_stopping_ || (!queue_.empty() && held_parts_ < kPartsAhead); });
      if (is_stopping_) return;
      const std::uint64_t offset = queue_.front();
      queue_.pop_front();
      Part& part = parts_.at(offset);
      if (part.state != State::kPlanned) continue;  // it was wanted earlier
      part.state = State::kComing;
      ++held_parts_;
      lock.unlock();
      std::string bytes(part.length, '\0');
      const auto read = object_->ReadAt(offset, bytes);
      lock.lock();
      if (read.ok()) {
        part.state = State::kHere;
        part.bytes = std::move(bytes);
      } else {
        part.state = State::kFailed;
        part.failure = read.error();
        --held_parts_;
      }
      changed_.notify_all();
    }
  }

  const std::unique_ptr<RandomAccessObject> object_;
  const std::string tail_;
  const std::uint64_t tail_offset_;
  mutable std::mutex mutex_;  ///< Guards what follows; not held while reading.
  mutable std::condition_variable changed_;
  bool is_stopping_ = false;
  mutable Parts parts_;  ///< By offset. None is ever taken out.
  mutable std::deque<std::uint64_t> queue_;
  mutable std::size_t held_parts_ = 0;  ///< Coming or here.
  mutable std::vector<std::thread> threads_;
};

}  // namespace

Result<std::unique_ptr<RandomAccessObject>> OpenAhead(ObjectStore& store, std::string_view path) {
  auto object = TRY(store.Open(path));
  if (!store.is_remote()) return object;
  const std::uint64_t size_bytes = object->size_bytes();
  std::string tail(size_bytes <= kPartBytes ? size_bytes : kTailBytes, '\0');
  TRY(object->ReadAt(size_bytes - tail.size(), tail));
  return std::make_unique<PartsAhead>(std::move(object), std::move(tail));
}

}  // namespace sluice::storage
