#include "audit/shipper.h"

#include <algorithm>
#include <utility>

namespace sluice::audit {

Shipper::Shipper(Journal& journal, const Clock& clock, const ShipperOptions& options,
                 std::vector<std::unique_ptr<Destination>> destinations)
    : journal_(journal),
      clock_(clock),
      options_(options),
      next_drop_(Steady::now() + options.drop_interval) {
  for (auto& destination : destinations) {
    auto line = std::make_unique<Line>();
    line->progress.name = destination->name();
    line->destination = std::move(destination);
    lines_.push_back(std::move(line));
  }
}

void Shipper::Start() {
  for (const auto& line : lines_) line->thread = std::thread([this, &line] { Run(*line); });
}

Shipper::~Shipper() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  for (const auto& line : lines_) {
    if (line->thread.joinable()) line->thread.join();
  }
}

void Shipper::Run(Line& line) {
  const auto batch = static_cast<Sequence>(line.destination->batch_records(options_.batch_records));
  const auto is_stopping = [this] {
    const std::lock_guard lock(mutex_);
    return is_stopping_;
  };
  while (!is_stopping()) {
    const Result<std::size_t> shipped = ShipOnce(line);
    Note(line, shipped);
    const Sequence next = line.progress.next;
    if (!shipped.ok()) {
      Pause(options_.retry_delay);
    } else if (*shipped == 0) {
      DropWhenDue();
      journal_.WaitBeyond(next, options_.rest_interval);
    } else if (journal_.size() - next < batch) {
      Pause(line.destination->pause());
    }
  }
  const auto end = Steady::now() + options_.stop_timeout;
  for (bool goes_on = true; goes_on && Steady::now() < end;) {
    const Result<std::size_t> shipped = ShipOnce(line);
    Note(line, shipped);
    goes_on = shipped.ok() && *shipped > 0;
  }
}

Result<Sequence> Shipper::Position(Line& line) {
  Sequence next = line.progress.next;
  if (!line.is_position_known) next = TRY(line.destination->Next());
  if (next > journal_.size()) {
    return CorruptData(
        "the {} has {} audit records of this node, whose own log has {}: was it lost? "
        "Then the node needs a new name",
        line.destination->name(), next, journal_.size());
  }
  const std::lock_guard lock(mutex_);
  line.is_position_known = true;
  line.progress.next = next;
  return next;
}

Result<std::size_t> Shipper::ShipOnce(Line& line) {
  const Sequence next = TRY(Position(line));
  const Sequence first = std::max(next, journal_.first());
  const std::vector<std::string> records =
      TRY(journal_.Read(first, line.destination->batch_records(options_.batch_records)));
  if (records.empty()) {
    TRY(line.destination->Rest());
    return std::size_t{0};
  }
  line.is_position_known = false;  // unless it succeeds
  TRY(line.destination->Take(first, records));
  line.is_position_known = true;
  const std::lock_guard lock(mutex_);
  line.progress.next = first + std::ssize(records);
  line.progress.lost += first - next;
  return records.size();
}

void Shipper::Note(Line& line, const Result<std::size_t>& shipped) {
  {
    const std::lock_guard lock(mutex_);
    line.progress.is_failing = !shipped.ok();
    if (!shipped.ok()) {
      ++line.progress.failures;
      line.progress.last_failure = shipped.error().ToString();
    }
  }
  changed_.notify_all();
}

void Shipper::Pause(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  const auto end = Steady::now() + time;
  while (!is_stopping_ && Steady::now() < end) changed_.wait_until(lock, end);
}

std::vector<Shipper::Progress> Shipper::progress() const {
  const Sequence size = journal_.size();
  const std::lock_guard lock(mutex_);
  std::vector<Progress> result;
  for (const auto& line : lines_) {
    result.push_back(line->progress);
    result.back().lag = std::max<std::int64_t>(size - line->progress.next, 0);
  }
  return result;
}

bool Shipper::WaitUntilShipped(Sequence end, std::chrono::milliseconds timeout) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, [&] {
    return std::ranges::all_of(lines_,
                               [&](const auto& line) { return line->progress.next >= end; });
  });
}

void Shipper::DropWhenDue() {
  {
    const std::lock_guard lock(mutex_);
    if (Steady::now() < next_drop_) return;
    next_drop_ = Steady::now() + options_.drop_interval;
  }
  (void)DropOld().ok();  // tried again; a log that grows shows in the disk's metrics
}

Result<void> Shipper::DropOld() {
  Sequence end = journal_.size();
  {
    const std::lock_guard lock(mutex_);
    for (const auto& line : lines_) end = std::min(end, line->progress.next);
  }
  if (lines_.empty()) end = journal_.first();  // nobody else has them
  const Sequence old = TRY(FirstSince(journal_, clock_.Now() - options_.keep));
  return journal_.DropBefore(std::min(end, old));
}

Result<Sequence> FirstSince(const Journal& journal, SystemTime time) {
  Sequence low = journal.first();
  Sequence high = journal.size();
  while (low < high) {
    const Sequence middle = low + (high - low) / 2;
    const std::vector<std::string> text = TRY(journal.Read(middle, 1));
    if (text.empty()) return CorruptData("record {} of the audit log is missing", middle);
    const DecodedRecord record = TRY(DecodeRecord(text.front()));
    if (record.record.time < time) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace sluice::audit
