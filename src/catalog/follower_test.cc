#include "catalog/follower.h"

#include "base/testing.h"
#include "db/database.h"
#include "observe/collecting_logger.h"

namespace sluice::catalog {
namespace {

using std::chrono::seconds;

const SystemTime kNow(seconds(1'795'255'200));

class FollowerTest : public testing::Test {
 protected:
  FollowerTest() { catalog_.UseUntil(SystemTime()); }

  void PutShare(const std::string& name) {
    const auto change = [&](Transaction& transaction) -> Result<void> {
      return transaction.PutShare({.id = "id of " + name, .name = name});
    };
    ASSERT_THAT(store_->Change(change), IsOk());
  }
  bool Shows(const std::string& name) const {
    return catalog_.Current()->FindShare(protocol::ShareName(name)) != nullptr;
  }
  Result<void> Usable() const { return catalog_.CheckUsable(clock_.Now()); }

  ManualClock clock_{kNow};
  observe::CollectingLogger log_;
  std::unique_ptr<db::Database> database_ = db::OpenSqlite({}).value();
  std::unique_ptr<Store> store_ = Store::Open(*database_).value();
  Catalog catalog_{View::Of({})};
  std::size_t published_ = 0;
  Follower follower_{
      {.store = *store_,
       .catalog = catalog_,
       .clock = clock_,
       .log = log_,
       .published = [this](const View& /*view*/) { ++published_; }},
      ViewBuilder([](const Entry& /*folder*/) {
        return Result<std::vector<config::ConfiguredSchema>>(Unavailable("no folders here"));
      })};
};

// Notifications come after this poll at the earliest: what these tests see, Refresh has done.
constexpr std::chrono::hours kNever{24};

TEST_F(FollowerTest, ShowsWhatWasThereBeforeTheStart) {
  PutShare("sales");
  EXPECT_THAT(Usable(), FailsWith(ErrorCode::kUnavailable));
  ASSERT_THAT(follower_.Start({.poll_interval = kNever}), IsOk());
  EXPECT_TRUE(Shows("sales"));
  EXPECT_THAT(Usable(), IsOk());
  EXPECT_EQ(follower_.generation(), 1);
}

TEST_F(FollowerTest, TakesInAChangeWhenItIsTold) {
  ASSERT_THAT(follower_.Start({.poll_interval = kNever}), IsOk());
  PutShare("sales");
  ASSERT_THAT(follower_.Refresh(), IsOk());
  EXPECT_TRUE(Shows("sales"));
}

TEST_F(FollowerTest, KeepsWhatIsManagedWhenTheFileIsReadAgain) {
  PutShare("sales");
  ASSERT_THAT(follower_.Start({.poll_interval = kNever}), IsOk());
  follower_.SetFile(
      {.shares =
           View::MakeShares(std::vector<config::ConfiguredShare>{{.name = "retail"}}).value()});
  EXPECT_TRUE(Shows("sales"));
  EXPECT_TRUE(Shows("retail"));
}

TEST_F(FollowerTest, SaysThatTheFileHidesAManagedShare) {
  PutShare("Retail");
  ASSERT_THAT(follower_.Start({.poll_interval = kNever}), IsOk());
  log_.TakeLines();
  follower_.SetFile(
      {.shares =
           View::MakeShares(std::vector<config::ConfiguredShare>{{.name = "retail"}}).value()});
  EXPECT_THAT(log_.TakeLines(), testing::Contains(testing::HasSubstr("share=Retail")));
}

TEST_F(FollowerTest, AViewMayBeUsedForSoLongWithoutAnAnswerOfTheStore) {
  ASSERT_THAT(follower_.Start({.poll_interval = kNever, .max_stale = seconds(60)}), IsOk());
  clock_.Advance(seconds(59));
  EXPECT_THAT(Usable(), IsOk());
  clock_.Advance(seconds(1));
  EXPECT_THAT(Usable(), FailsWith(ErrorCode::kUnavailable));
  ASSERT_THAT(follower_.Refresh(), IsOk());
  EXPECT_THAT(Usable(), IsOk());
  EXPECT_EQ(follower_.last_contact(), clock_.Now());
}

}  // namespace
}  // namespace sluice::catalog
