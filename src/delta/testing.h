#pragma once

// Logs in memory for the tests of this module. Included by tests only.

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "delta/log_segment.h"
#include "storage/object_store.h"

namespace sluice::delta {

constexpr char kProtocolLine[] = R"({"protocol":{"minReaderVersion":1,"minWriterVersion":2}})";

/// A metaData action of columns "id long" and "p string".
inline std::string MetadataLine(const std::string& id = "table",
                                const std::string& partition_columns = "[]") {
  return R"({"metaData":{"id":")" + id +
         R"(","format":{"provider":"parquet","options":{}},"schemaString":)"
         R"("{\"type\":\"struct\",\"fields\":[{\"name\":\"id\",\"type\":\"long\"},)"
         R"({\"name\":\"p\",\"type\":\"string\"}]}","partitionColumns":)" +
         partition_columns + R"(,"configuration":{}}})";
}

inline std::string VectorMember(const std::string& vector) {
  if (vector.empty()) return "";
  return R"(,"deletionVector":{"storageType":"p","pathOrInlineDv":")" + vector +
         R"(","sizeInBytes":1,"cardinality":1})";
}

inline std::string AddLine(const std::string& path, const std::string& vector = "") {
  return R"({"add":{"path":")" + path +
         R"(","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true)" +
         VectorMember(vector) + "}}";
}

inline std::string RemoveLine(const std::string& path, const std::string& vector = "") {
  return R"({"remove":{"path":")" + path + R"(","dataChange":true)" + VectorMember(vector) + "}}";
}

inline std::string Lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

/// The first commit of a table.
inline std::string FirstCommit(const std::vector<std::string>& more = {}) {
  return Lines({kProtocolLine, MetadataLine()}) + Lines(more);
}

/// A memory store whose objects a test may replace and take away, that counts calls and fails on
/// demand.
class LogStore final : public storage::ObjectStore {
 public:
  /// An error that a call for `path` (a directory for List) is to give.
  std::function<std::optional<Error>(std::string_view path)> fault;
  std::atomic<int> lists = 0;
  std::atomic<int> reads = 0;
  std::atomic<int> opens = 0;
  bool is_remote_store = false;
  /// Stamps what is put.
  ManualClock clock{SystemTime(std::chrono::hours(500'000))};

  void Put(const std::string& path, std::string bytes) {
    const std::lock_guard lock(mutex_);
    objects_[path] = {.bytes = std::move(bytes), .modified_at = clock.Now()};
    Refill();
  }
  void PutLog(const std::string& name, std::string bytes) {
    Put("t/_delta_log/" + name, std::move(bytes));
  }
  void PutCommit(std::int64_t version, std::string bytes) {
    PutLog(CommitName(version), std::move(bytes));
  }
  void RemoveLog(const std::string& name) {
    const std::lock_guard lock(mutex_);
    objects_.erase("t/_delta_log/" + name);
    Refill();
  }

  bool is_remote() const override { return is_remote_store; }
  Result<std::vector<storage::ObjectInfo>> List(const storage::ListRequest& request) override {
    ++lists;
    TRY(Check(request.directory));
    return Inner()->List(request);
  }
  Result<std::vector<std::string>> ListFolders(std::string_view directory,
                                               std::size_t max_folders) override {
    TRY(Check(directory));
    return Inner()->ListFolders(directory, max_folders);
  }
  Result<storage::ObjectInfo> Stat(std::string_view path) override {
    TRY(Check(path));
    return Inner()->Stat(path);
  }
  Result<std::string> ReadAll(std::string_view path, std::uint64_t max_bytes) override {
    ++reads;
    TRY(Check(path));
    return Inner()->ReadAll(path, max_bytes);
  }
  Result<std::unique_ptr<storage::RandomAccessObject>> Open(std::string_view path) override {
    ++opens;
    TRY(Check(path));
    return Inner()->Open(path);
  }
  Result<std::unique_ptr<storage::ObjectStream>> OpenStream(std::string_view path,
                                                            const storage::ObjectInfo& info,
                                                            storage::ByteSpan span) override {
    TRY(Check(path));
    return Inner()->OpenStream(path, info, span);
  }
  Result<void> PutIfAbsent(std::string_view path, std::string_view bytes) override {
    return Inner()->PutIfAbsent(path, bytes);
  }

 private:
  Result<void> Check(std::string_view path) const {
    if (!fault) return {};
    if (auto error = fault(path)) return *std::move(error);
    return {};
  }
  std::shared_ptr<storage::ObjectStore> Inner() {
    const std::lock_guard lock(mutex_);
    return inner_;
  }
  void Refill() {
    inner_ = storage::NewMemoryStore(inner_clock_);
    for (const auto& [path, object] : objects_) {
      inner_clock_.Advance(object.modified_at - inner_clock_.Now());
      CHECK(inner_->PutIfAbsent(path, object.bytes).ok(), "put");
    }
  }

  struct Object {
    std::string bytes;
    SystemTime modified_at;
  };

  ManualClock inner_clock_{clock.Now()};
  std::mutex mutex_;  // Guards what follows.
  std::map<std::string, Object> objects_;
  std::shared_ptr<storage::ObjectStore> inner_ = storage::NewMemoryStore(inner_clock_);
};

}  // namespace sluice::delta
