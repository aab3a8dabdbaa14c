#include "storage/read_ahead.h"

#include <atomic>
#include <latch>

#include "base/testing.h"

namespace sluice::storage {
namespace {

/// Objects that are named by what they hold. Those with an 'x' are not there.
class NamingStore final : public ObjectStore {
 public:
  explicit NamingStore(bool is_remote) : is_remote_(is_remote) {}

  bool is_remote() const override { return is_remote_; }
  Result<std::vector<ObjectInfo>> List(const ListRequest& /*request*/) override {
    return std::vector<ObjectInfo>();
  }
  Result<std::vector<std::string>> ListFolders(std::string_view /*directory*/,
                                               std::size_t /*max_folders*/) override {
    return std::vector<std::string>();
  }
  Result<ObjectInfo> Stat(std::string_view /*path*/) override { return NotFound("none"); }
  Result<std::string> ReadAll(std::string_view path, std::uint64_t /*max_bytes*/) override {
    if (started != nullptr) started->arrive_and_wait();
    if (path.find('x') != std::string_view::npos) return NotFound("{} does not exist", path);
    return std::string(path);
  }
  Result<std::unique_ptr<RandomAccessObject>> Open(std::string_view /*path*/) override {
    return NotFound("none");
  }
  Result<std::unique_ptr<ObjectStream>> OpenStream(std::string_view /*path*/,
                                                   const ObjectInfo& /*info*/,
                                                   ByteSpan /*span*/) override {
    return NotFound("none");
  }
  Result<void> PutIfAbsent(std::string_view /*path*/, std::string_view /*bytes*/) override {
    return {};
  }

  std::latch* started = nullptr;  ///< Reads go on once so many are under way.

 private:
  const bool is_remote_;
};

std::vector<std::string> ManyNames() {
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i) names.push_back(std::to_string(i));
  return names;
}

TEST(ReadAheadTest, GivesObjectsInTheirOrder) {
  for (const bool is_remote : {false, true}) {
    NamingStore store(is_remote);
    const std::vector<std::string> names = ManyNames();
    ReadAhead objects(store, names, 100);
    for (const std::string& name : names) EXPECT_THAT(objects.Next(), IsOkAnd(name));
  }
}

TEST(ReadAheadTest, FailuresComeAtTheirPlace) {
  NamingStore store(/*is_remote=*/true);
  ReadAhead objects(store, {"a", "x", "b"}, 100);
  EXPECT_THAT(objects.Next(), IsOkAnd(std::string("a")));
  EXPECT_THAT(objects.Next(), FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(objects.Next(), IsOkAnd(std::string("b")));
}

// The latch opens only if so many reads are under way together.
TEST(ReadAheadTest, ManyRequestsAreUnderWayAtOnce) {
  NamingStore store(/*is_remote=*/true);
  std::latch all_started(ReadAhead::kObjectsAhead);
  store.started = &all_started;
  std::vector<std::string> names = ManyNames();
  names.resize(ReadAhead::kObjectsAhead);
  ReadAhead objects(store, names, 100);
  EXPECT_THAT(objects.Next(), IsOkAnd(std::string("0")));
}

TEST(ReadAheadTest, MayBeLeftBeforeTheEnd) {
  NamingStore store(/*is_remote=*/true);
  ReadAhead objects(store, ManyNames(), 100);
  EXPECT_THAT(objects.Next(), IsOkAnd(std::string("0")));
}

TEST(ReadAheadTest, LargeObjectsAllCome) {
  NamingStore store(/*is_remote=*/true);
  const std::string large(ReadAhead::kMaxBytesAhead / 2, 'a');
  ReadAhead objects(store, {large, large, large, large, large, "b"}, 100);
  for (int i = 0; i < 5; ++i) EXPECT_THAT(objects.Next(), IsOkAnd(testing::SizeIs(large.size())));
  EXPECT_THAT(objects.Next(), IsOkAnd("b"));
}

}  // namespace
}  // namespace sluice::storage
