#include "storage/credential_cache.h"

#include <string>

#include "base/testing.h"

namespace sluice::storage {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class CredentialCacheTest : public testing::Test {
 protected:
  std::string Get() {
    const auto found = cache_.Get();
    return found.ok() ? (*found)->value : found.error().message;
  }

  ManualClock clock_{SystemTime(std::chrono::hours(500'000))};
  Result<Expiring<std::string>> next_ = Expiring<std::string>{.value = "first", .expires_at = {}};
  int fetches_ = 0;
  CredentialCache<std::string> cache_{[this] {
                                        ++fetches_;
                                        return next_;
                                      },
                                      clock_};
};

TEST_F(CredentialCacheTest, OneThatLastsIsFetchedOnce) {
  EXPECT_EQ(Get(), "first");
  clock_.Advance(std::chrono::hours(1000));
  EXPECT_EQ(Get(), "first");
  EXPECT_EQ(fetches_, 1);
}

TEST_F(CredentialCacheTest, NextIsFetchedBeforeTheEnd) {
  next_->expires_at = clock_.Now() + minutes(60);
  EXPECT_EQ(Get(), "first");
  next_ = Expiring<std::string>{.value = "second", .expires_at = clock_.Now() + minutes(120)};
  clock_.Advance(minutes(54));
  EXPECT_EQ(Get(), "first");
  clock_.Advance(minutes(1));
  EXPECT_EQ(Get(), "second");
}

TEST_F(CredentialCacheTest, FailureGoesUnnoticedWhileTheKeptOneHolds) {
  next_->expires_at = clock_.Now() + minutes(60);
  EXPECT_EQ(Get(), "first");
  next_ = Unavailable("none");
  clock_.Advance(minutes(56));
  EXPECT_EQ(Get(), "first");
  EXPECT_EQ(Get(), "first");
  EXPECT_EQ(fetches_, 2);
  clock_.Advance(seconds(30));
  EXPECT_EQ(Get(), "first");
  EXPECT_EQ(fetches_, 3);
  clock_.Advance(minutes(4));
  EXPECT_EQ(Get(), "none");
}

TEST_F(CredentialCacheTest, OneThatIsNearlyOverIsForWhoFetchedItAlone) {
  next_->expires_at = clock_.Now() + seconds(8);
  EXPECT_EQ(Get(), "first");
  clock_.Advance(seconds(2));
  EXPECT_EQ(Get(), "first");
  EXPECT_EQ(fetches_, 1);
  next_ = Expiring<std::string>{.value = "second", .expires_at = clock_.Now() + seconds(5)};
  clock_.Advance(seconds(1));
  EXPECT_EQ(Get(), "second");
  EXPECT_EQ(Get(), "second");
  EXPECT_EQ(fetches_, 3);
}

TEST_F(CredentialCacheTest, RefusedOneIsFetchedAnewUnlessItIsNew) {
  const auto refused = cache_.Get();
  ASSERT_THAT(refused, IsOk());
  next_ = Expiring<std::string>{.value = "second", .expires_at = {}};
  EXPECT_FALSE(cache_.Drop(*refused));
  EXPECT_EQ(Get(), "first");
  clock_.Advance(seconds(30));
  EXPECT_TRUE(cache_.Drop(*refused));
  EXPECT_EQ(Get(), "second");
  clock_.Advance(seconds(30));
  EXPECT_FALSE(cache_.Drop(*refused));  // it is no longer kept
  EXPECT_EQ(Get(), "second");
}

}  // namespace
}  // namespace sluice::storage
