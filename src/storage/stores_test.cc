#include "storage/stores.h"

#include "base/testing.h"

namespace sluice::storage {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class StoresTest : public testing::Test {
 protected:
  /// A store that is known by the options and the bucket it was made with.
  StoreFactory Factory() {
    return [this](const config::StoreOptions& options, const std::string& bucket,
                  const CloudContext& context) -> Result<Store> {
      made_.push_back(Format("{}|{}", options.name, bucket));
      if (bucket == "s3://broken") return InvalidArgument("a file is missing");
      return Store{.objects = NewMemoryStore(context.clock)};
    };
  }
  std::unique_ptr<Stores> NewStores(std::vector<config::StoreOptions> options = {}) {
    return Stores::New(std::move(options), {.clock = clock_},
                       {{"s3", Factory()}, {"az", Factory()}})
        .value();
  }

  ManualClock clock_{SystemTime(std::chrono::hours(1))};
  std::vector<std::string> made_;
};

TEST_F(StoresTest, OneBucketIsOneStoreAndMadeOnce) {
  const auto stores = NewStores();
  const auto store = stores->Find("s3://bucket/a/b");
  ASSERT_THAT(store, IsOk());
  EXPECT_EQ(store->name, "s3");
  EXPECT_EQ(stores->Find("s3://bucket")->objects, store->objects);
  EXPECT_NE(stores->Find("s3://bucket2")->objects, store->objects);
  EXPECT_THAT(made_, ElementsAre("s3|s3://bucket", "s3|s3://bucket2"));
}

TEST_F(StoresTest, TheLongestPrefixCountsAtWholeSegments) {
  const auto stores = NewStores({{.name = "bucket", .prefix = "s3://bucket"},
                                 {.name = "folder", .prefix = "s3://bucket/folder"},
                                 {.name = "azure", .prefix = "az://c@account"}});
  EXPECT_EQ(stores->Find("s3://bucket/x")->name, "bucket");
  EXPECT_EQ(stores->Find("s3://bucket/folder/x")->name, "folder");
  EXPECT_EQ(stores->Find("s3://bucket/folder")->name, "folder");
  EXPECT_EQ(stores->Find("s3://bucket/folder2/x")->name, "bucket");
  EXPECT_EQ(stores->Find("s3://bucket2/x")->name, "s3");
  EXPECT_EQ(stores->Find("az://c@account/x")->name, "azure");
  EXPECT_EQ(stores->Find("az://c@account.other/x")->name, "az");
  EXPECT_THAT(made_, ElementsAre("bucket|s3://bucket", "folder|s3://bucket", "s3|s3://bucket2",
                                 "azure|az://c@account", "az|az://c@account.other"));
}

TEST_F(StoresTest, FilesOfThisMachineNeedNoOptions) {
  const auto stores = NewStores();
  const auto store = stores->Find("/data/orders");
  ASSERT_THAT(store, IsOk());
  EXPECT_EQ(store->name, "file");
  EXPECT_FALSE(store->objects->is_remote());
  EXPECT_EQ(store->signer, nullptr);
  EXPECT_EQ(stores->Find("/other")->objects, store->objects);
}

TEST_F(StoresTest, OtherSchemesAreRefusedByName) {
  const auto stores = NewStores();
  for (const char* path : {"hdfs://node/x", "gs://bucket/x", "s3:bucket", "relative", ""}) {
    EXPECT_THAT(stores->Find(path), FailsWith(ErrorCode::kNotImplemented)) << path;
  }
  EXPECT_THAT(stores->Find("hdfs://node/x").error().message, HasSubstr("'hdfs'"));
}

TEST_F(StoresTest, StoreThatCannotBeMadeIsTriedAgain) {
  const auto stores = NewStores();
  EXPECT_THAT(stores->Find("s3://broken/x"), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(stores->Find("s3://broken/x"), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_EQ(made_.size(), 2U);
}

TEST_F(StoresTest, TwoOfOneNameOrPrefixAreRefused) {
  const auto result_of = [&](std::vector<config::StoreOptions> options) {
    return Stores::New(std::move(options), {.clock = clock_}, {});
  };
  EXPECT_THAT(result_of({{.name = "a", .prefix = "s3://a"}, {.name = "a", .prefix = "s3://b"}}),
              FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(result_of({{.name = "a", .prefix = "s3://a"}, {.name = "b", .prefix = "s3://a"}}),
              FailsWith(ErrorCode::kInvalidArgument));
}

TEST_F(StoresTest, ThereIsABoundOnThem) {
  const auto stores = NewStores();
  for (std::size_t i = 0; i < Stores::kMaxStores; ++i) {
    ASSERT_THAT(stores->Find(Format("s3://bucket{}", i)), IsOk());
  }
  EXPECT_THAT(stores->Find("s3://more"), FailsWith(ErrorCode::kResourceExhausted));
  EXPECT_THAT(stores->Find("s3://bucket0"), IsOk());
}

}  // namespace
}  // namespace sluice::storage
