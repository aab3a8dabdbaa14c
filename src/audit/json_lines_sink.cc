#include "audit/json_lines_sink.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <optional>
#include <utility>

#include "audit/file_access.h"
#include "audit/system_calls.h"

namespace sluice::audit {
namespace {

/// A line is a record and its end.
constexpr std::int64_t kMaxLineBytes = static_cast<std::int64_t>(kMaxRecordBytes) + 1;
constexpr std::int64_t kPieceBytes = 1 << 20;

class JsonLinesSink final : public Destination {
 public:
  JsonLinesSink(JsonLinesOptions options, const Clock& clock)
      : options_(std::move(options)), clock_(clock) {}

  std::string_view name() const override { return "file"; }

  Result<Sequence> Next() override {
    TRY(Reopen());
    const Sequence noted = TRY(ReadPosition());
    const Sequence written = TRY(BehindLastLine());
    return std::max(noted, written);
  }

  Result<void> Take(Sequence first, std::span<const std::string> records) override {
    if (!IsStillThere()) TRY(Reopen());
    std::string lines;
    for (const std::string& record : records) {
      if (size_ + std::ssize(lines) >= options_.max_bytes) {
        TRY(Write(lines));
        lines.clear();
        TRY(Rotate());
      }
      lines += record;
      lines += '\n';
    }
    TRY(Write(lines));
    if (!began_) began_ = TimeOf(records.front());
    TRY(SyncFile(Place()));
    return WritePosition(first + std::ssize(records));
  }

  Result<void> Rest() override {
    if (!began_ || clock_.Now() - *began_ < options_.max_age) return {};
    return Rotate();
  }

 private:
  WritePlace Place() const { return {SystemCalls::Real(), file_, options_.path}; }
  std::string PositionPath() const { return options_.path + ".position"; }

  static std::optional<SystemTime> TimeOf(std::string_view line) {
    const Result<DecodedRecord> record = DecodeRecord(line);
    if (!record.ok()) return {};
    return record->record.time;
  }

  Result<void> Write(std::string_view lines) {
    if (lines.empty()) return {};
    TRY(WriteAt(Place(), size_, lines));
    size_ += std::ssize(lines);
    return {};
  }

  /// Whether the open file is still the one of that name.
  bool IsStillThere() const {
    struct stat open {};
    struct stat named {};
    return file_.valid() && ::fstat(file_.get(), &open) == 0 &&
           ::stat(options_.path.c_str(), &named) == 0 && open.st_ino == named.st_ino &&
           open.st_dev == named.st_dev;
  }

  Result<void> Reopen() {
    file_ = FileDescriptor(
        ::open(options_.path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file_.valid()) return FileFault("written", options_.path, errno);
    size_ = TRY(FileSize(file_, options_.path));
    TRY(CutTornLine());
    began_.reset();
    if (size_ == 0) return {};
    std::string begin;
    TRY(ReadAt(file_, 0, static_cast<std::size_t>(std::min(size_, kMaxLineBytes)), begin));
    began_ = TimeOf(std::string_view(begin).substr(0, begin.find('\n')));
    // A first line that is no record is as old as can be.
    if (!began_) began_ = SystemTime();
    return {};
  }

  /// Where the last '\n' before `end` stands; -1 if there is none in as many bytes as a line has.
  Result<std::int64_t> FindLineEnd(std::int64_t end) const {
    const std::int64_t stop = std::max<std::int64_t>(end - kMaxLineBytes, 0);
    std::string piece;
    while (end > stop) {
      const std::int64_t begin = std::max(end - kPieceBytes, stop);
      TRY(ReadAt(file_, begin, static_cast<std::size_t>(end - begin), piece));
      const std::size_t at = piece.rfind('\n');
      if (at != piece.npos) return begin + static_cast<std::int64_t>(at);
      end = begin;
    }
    return -1;
  }

  Result<void> CutTornLine() {
    const std::int64_t whole = TRY(FindLineEnd(size_)) + 1;
    if (whole == size_) return {};
    if (whole == 0 && size_ > kMaxLineBytes) {
      return WithDetail(CorruptData("the file of audit records holds something else"),
                        options_.path);
    }
    if (::ftruncate(file_.get(), whole) != 0) return FileFault("written", options_.path, errno);
    size_ = whole;
    return {};
  }

  /// One more than the number of the last line, if that is a record of this node.
  Result<Sequence> BehindLastLine() const {
    if (size_ == 0) return Sequence{0};
    const std::int64_t begin = TRY(FindLineEnd(size_ - 1)) + 1;
    std::string line;
    TRY(ReadAt(file_, begin, static_cast<std::size_t>(size_ - 1 - begin), line));
    const Result<DecodedRecord> record = DecodeRecord(line);
    if (!record.ok() || record->node != options_.node) return Sequence{0};
    return record->sequence + 1;
  }

  /// "NODE NUMBER\n". That of another node, whose file this was, does not count.
  Result<Sequence> ReadPosition() const {
    const std::string text = TRY(ReadWhole(PositionPath()));
    if (!text.starts_with(options_.node + " ")) return Sequence{0};
    Sequence next = 0;
    const char* const begin = text.data() + options_.node.size() + 1;
    const auto [end, fault] = std::from_chars(begin, text.data() + text.size(), next);
    if (fault != std::errc() || next < 0 || *end != '\n') return Sequence{0};
    return next;
  }

  Result<void> WritePosition(Sequence next) const {
    const std::string made = PositionPath() + ".new";
    const FileDescriptor file(
        ::open(made.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file.valid()) return FileFault("written", made, errno);
    TRY(WriteAt({SystemCalls::Real(), file, made}, 0, Format("{} {}\n", options_.node, next)));
    if (std::rename(made.c_str(), PositionPath().c_str()) != 0) {
      return FileFault("written", PositionPath(), errno);
    }
    return {};
  }

  /// Gives the file a name that is not taken, and begins another one.
  Result<void> Rotate() {
    TRY(SyncFile(Place()));
    std::string time;
    AppendUtc(clock_.Now(), time);
    std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
    const std::string name = Format("{}.{}Z", options_.path, time.substr(0, time.find('.')));
    constexpr int kMaxInOneSecond = 10'000;
    for (int i = 0; i < kMaxInOneSecond; ++i) {
      const std::string target = i == 0 ? name : Format("{}.{}", name, i);
      // Unlike rename, link replaces nothing.
      if (::link(options_.path.c_str(), target.c_str()) != 0) {
        if (errno == EEXIST) continue;
        return FileFault("written", target, errno);
      }
      if (::unlink(options_.path.c_str()) != 0) return FileFault("written", options_.path, errno);
      return Reopen();
    }
    return Unavailable("the file of audit records cannot be renamed: its names are taken");
  }

  const JsonLinesOptions options_;
  const Clock& clock_;
  FileDescriptor file_;
  std::int64_t size_ = 0;
  std::optional<SystemTime> began_;  ///< The time of the file's first record.
};

}  // namespace

std::unique_ptr<Destination> NewJsonLinesSink(JsonLinesOptions options, const Clock& clock) {
  return std::make_unique<JsonLinesSink>(std::move(options), clock);
}

}  // namespace sluice::audit
