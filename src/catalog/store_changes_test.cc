#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "catalog/store_contract_test_support.h"

namespace sluice::catalog {
namespace {

// More of what a Store promises: transactions, generations and what nodes are told.

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;
using testing::SizeIs;
using testing::UnorderedElementsAre;

// Transactions and generations.

TEST_P(StoreContract, AFailedChangeLeavesNoTrace) {
  const Generation before = Put(ShareNamed("s"));
  EXPECT_THAT(store_->Change([](Transaction& t) -> Result<void> {
    TRY(t.PutShare(ShareNamed("draft")));
    return InvalidArgument("changed my mind");
  }),
              FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_FALSE(FindShare("draft"));
  EXPECT_EQ(Since(before).generation, before);
}

TEST_P(StoreContract, AChangeOfNothingMakesNoGeneration) {
  const Generation before = Put(ShareNamed("s"));
  EXPECT_EQ(Change([](Transaction& t) -> Result<void> {
              TRY(t.FindShare("s"));
              return {};
            }),
            before);
  EXPECT_EQ(Since(0).generation, before);
  EXPECT_EQ(Put(ShareNamed("t")), before + 1);
}

TEST_P(StoreContract, GenerationsOfManyThreadsAreOneOrder) {
  constexpr int kThreads = 4;
  constexpr int kEach = 10;
  std::mutex mutex;
  std::vector<Generation> generations;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (int j = 0; j < kEach; ++j) {
        const Generation one = Put(ShareNamed(Format("share-{}-{}", i, j)));
        // Whoever has seen a generation sees its change.
        EXPECT_TRUE(FindShare(Format("share-{}-{}", i, j)));
        const std::lock_guard lock(mutex);
        generations.push_back(one);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::ranges::sort(generations);
  for (int i = 0; i < kThreads * kEach; ++i) EXPECT_EQ(generations[i], i + 1);
  EXPECT_THAT(Since(0).shares, SizeIs(kThreads * kEach));
}

TEST_P(StoreContract, AnActivationLinkIsSpentOnce) {
  Put(RecipientNamed("r"));
  const ActivationLink link{.id = "l",
                            .recipient_id = "id-r",
                            .code_sha256 = DigestOf("code"),
                            .created_at = At(1),
                            .expires_at = At(2),
                            .token_lifetime = 60s,
                            .token_comment = "first"};
  Change([&](Transaction& t) { return t.PutActivationLink(link); });
  std::atomic<int> spent{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      bool mine = false;
      const auto spend = [&](Transaction& t) -> Result<void> {
        mine = false;
        std::optional<ActivationLink> found = TRY(t.FindActivationLink(DigestOf("code")));
        if (!found || found->used_at) return {};
        EXPECT_EQ(found->recipient_id, "id-r");
        EXPECT_EQ(found->expires_at, At(2));
        EXPECT_EQ(found->token_lifetime, 60s);
        EXPECT_EQ(found->token_comment, "first");
        found->used_at = At(5);
        mine = true;
        return t.PutActivationLink(*found);
      };
      EXPECT_THAT(store_->Change(spend), IsOk());
      spent += mine ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(spent, 1);
  Read([](Transaction& t) -> Result<void> {
    EXPECT_EQ(TRY(t.FindActivationLink(DigestOf("code")))->used_at, At(5));
    EXPECT_FALSE(TRY(t.FindActivationLink(DigestOf("other"))));
    return {};
  });
}

TEST_P(StoreContract, TwoWhoPutTheSameNameAtOnceAreTold) {
  std::atomic<int> made{0};
  std::atomic<int> refused{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      const auto put = [&](Transaction& t) {
        return t.PutShare({.id = std::to_string(i), .name = "same"});
      };
      const Result<Generation> done = store_->Change(put);
      ++(done.ok() ? made : refused);
      EXPECT_TRUE(done.ok() || done.error().code == ErrorCode::kAlreadyExists);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(made, 1);
  EXPECT_EQ(refused, 3);
}

// Changes.

TEST_P(StoreContract, AnEmptyCatalogIsGenerationZero) {
  const Changes all = Since(0);
  EXPECT_EQ(all.generation, 0);
  EXPECT_TRUE(all.is_whole);
  EXPECT_THAT(all.shares, IsEmpty());
  EXPECT_THAT(all.principals, Optional(IsEmpty()));
}

TEST_P(StoreContract, ChangesSinceGivesWhatChangedAndNothingElse) {
  Put(ShareNamed("old"));
  Put(RecipientNamed("old"));
  const Generation before = Put(ShareNamed("gone"));
  Put(ShareNamed("new"));
  Change([](Transaction& t) { return t.PutEntry("id-old", TableNamed("a", "t")); });
  Change([](Transaction& t) { return t.DeleteShare("id-gone"); });
  const Generation last = Change([](Transaction& t) { return t.PutQuota({.id = "q"}); });
  const Changes changes = Since(before);
  EXPECT_EQ(changes.generation, last);
  EXPECT_FALSE(changes.is_whole);
  EXPECT_THAT(NamesOf(changes.shares), ElementsAre("new", "old"));
  for (const ManagedShare& share : changes.shares) {
    EXPECT_THAT(share.entries, SizeIs(share.name == "old" ? 1 : 0));
  }
  EXPECT_THAT(changes.deleted_shares, ElementsAre("id-gone"));
  EXPECT_THAT(changes.recipients, IsEmpty());
  EXPECT_THAT(changes.deleted_recipients, IsEmpty());
  EXPECT_EQ(changes.principals, std::nullopt);
  EXPECT_EQ(changes.roots, std::nullopt);
  EXPECT_EQ(changes.issuers, std::nullopt);
  EXPECT_THAT(changes.quotas, Optional(SizeIs(1)));

  const Changes nothing = Since(last);
  EXPECT_EQ(nothing.generation, last);
  EXPECT_FALSE(nothing.is_whole);
  EXPECT_THAT(nothing.shares, IsEmpty());
}

TEST_P(StoreContract, ManyChangesAreGivenLikeFew) {
  const Generation before = Put(ShareNamed("old"));
  constexpr int kMany = 50;
  Change([](Transaction& t) -> Result<void> {
    for (int i = 0; i < kMany; ++i) {
      const std::string name = Format("n{}", i);
      TRY(t.PutShare(ShareNamed(name)));
      TRY(t.PutEntry("id-" + name, TableNamed("a", "t")));
      TRY(t.PutRecipient(RecipientNamed(name)));
      TRY(t.PutToken("id-" + name, TokenNamed(name)));
    }
    return t.DeleteShare("id-n7");
  });
  const Changes changes = Since(before);
  EXPECT_THAT(changes.shares, SizeIs(kMany - 1));
  EXPECT_THAT(changes.recipients, SizeIs(kMany));
  EXPECT_THAT(changes.deleted_shares, ElementsAre("id-n7"));
  for (const ManagedShare& share : changes.shares) EXPECT_THAT(share.entries, SizeIs(1));
  for (const ManagedRecipient& one : changes.recipients) EXPECT_THAT(one.tokens, SizeIs(1));
}

TEST_P(StoreContract, EveryChangeOfARecipientIsOne) {
  Put(RecipientNamed("other"));
  Put(RecipientNamed("r"));
  const std::vector<Body> bodies = {
      [](Transaction& t) { return t.PutToken("id-r", TokenNamed("t")); },
      [](Transaction& t) { return t.PutGrant("id-r", {.share_id = "s"}); },
      [](Transaction& t) { return t.DeleteGrant("id-r", "s"); },
      [](Transaction& t) { return t.PutRecipient({.id = "id-r", .name = "r", .enabled = false}); },
  };
  Generation before = Since(0).generation;
  for (const Body& body : bodies) {
    const Generation after = Change(body);
    EXPECT_EQ(after, before + 1);
    EXPECT_THAT(NamesOf(Since(before).recipients), ElementsAre("r"));
    before = after;
  }
  Change([](Transaction& t) { return t.DeleteRecipient("id-r"); });
  EXPECT_THAT(Since(before).deleted_recipients, ElementsAre("id-r"));
  EXPECT_THAT(Since(before).recipients, IsEmpty());
}

TEST_P(StoreContract, DeletingAShareTakesAlongAndTellsItsHolders) {
  const ManagedShare share = ShareNamed("s");
  Put(share);
  ManagedRecipient reader = RecipientNamed("reader");
  Put(RecipientNamed("holder"));
  Put(RecipientNamed("other"));
  GrantTo(RecipientNamed("holder"), share);
  GrantTo(RecipientNamed("other"), ShareNamed("another"));
  reader.databases = {{"d", share.id}, {"e", "another"}};
  Put(reader);
  Change([&](Transaction& t) -> Result<void> {
    TRY(t.PutEntry(share.id, TableNamed("a", "t")));
    TRY(t.PutQuota({.id = "q", .share_id = share.id}));
    return t.PutQuota({.id = "q2"});
  });
  const Generation before = Since(0).generation;
  Change([&](Transaction& t) { return t.DeleteShare(share.id); });
  const Changes changes = Since(before);
  EXPECT_THAT(changes.deleted_shares, ElementsAre(share.id));
  EXPECT_THAT(NamesOf(changes.recipients), ElementsAre("holder", "reader"));
  EXPECT_THAT(changes.quotas, Optional(SizeIs(1)));
  EXPECT_THAT(FindRecipient("holder")->grants, IsEmpty());
  EXPECT_THAT(FindRecipient("other")->grants, SizeIs(1));
  EXPECT_THAT(FindRecipient("reader")->databases, SizeIs(1));
  Read([&](Transaction& t) -> Result<void> {
    EXPECT_THAT(TRY(t.ListEntries(share.id)), IsEmpty());
    return {};
  });
}

TEST_P(StoreContract, RenamingAShareTellsItsHolders) {
  ManagedShare share = ShareNamed("s");
  Put(share);
  Put(RecipientNamed("holder"));
  Put(RecipientNamed("other"));
  const Generation before = GrantTo(RecipientNamed("holder"), share);
  share.owner = "ann";
  const Generation same_name = Put(share);
  EXPECT_THAT(Since(before).recipients, IsEmpty());
  share.name = "t";
  Put(share);
  EXPECT_THAT(NamesOf(Since(same_name).recipients), ElementsAre("holder"));
}

TEST_P(StoreContract, DeletingARecipientTakesAlongWhatIsItsOwn) {
  Put(RecipientNamed("r"));
  Change([](Transaction& t) -> Result<void> {
    TRY(t.PutToken("id-r", TokenNamed("t")));
    TRY(t.PutGrant("id-r", {.share_id = "s"}));
    TRY(t.PutQuota({.id = "q", .recipient_id = "id-r"}));
    return t.PutActivationLink({.id = "l", .recipient_id = "id-r", .code_sha256 = DigestOf("c")});
  });
  Change([](Transaction& t) { return t.DeleteRecipient("id-r"); });
  Put(RecipientNamed("r"));
  EXPECT_THAT(FindRecipient("r")->tokens, IsEmpty());
  EXPECT_THAT(FindRecipient("r")->grants, IsEmpty());
  EXPECT_THAT(Since(0).quotas, Optional(IsEmpty()));
  Change([](Transaction& t) -> Result<void> {
    EXPECT_FALSE(TRY(t.FindActivationLink(DigestOf("c"))));
    return t.PutToken("id-r", TokenNamed("t"));
  });
}

TEST_P(StoreContract, DeletingAPrincipalEndsItsTokens) {
  Change([](Transaction& t) -> Result<void> {
    TRY(t.PutPrincipal({.id = "p", .name = "p"}));
    return t.PutPrincipalToken("p", TokenNamed("t"));
  });
  const Generation before = Since(0).generation;
  Change([](Transaction& t) { return t.DeletePrincipal("p"); });
  EXPECT_THAT(Since(before).principals, Optional(IsEmpty()));
  Change([](Transaction& t) -> Result<void> {
    TRY(t.PutPrincipal({.id = "p", .name = "p"}));
    return t.PutPrincipalToken("p", TokenNamed("t"));
  });
}

TEST_P(StoreContract, ANodeThatIsTooFarBehindOrAheadIsGivenEverything) {
  const Generation early = Put(ShareNamed("a"));
  Put(ShareNamed("b"));
  EXPECT_FALSE(Since(early).is_whole);
  EXPECT_TRUE(Since(1'000).is_whole);
  // As if ten thousand changes had been made.
  ASSERT_THAT(database_->Run([](db::Connection& c) {
    return c.ExecuteScript("UPDATE catalog_state SET generation = 10002");
  }),
              IsOk());
  EXPECT_FALSE(Since(2).is_whole);
  const Generation last = Put(ShareNamed("c"));
  EXPECT_EQ(last, 10'003);
  const Changes all = Since(2);
  EXPECT_TRUE(all.is_whole);
  EXPECT_EQ(all.generation, last);
  EXPECT_THAT(NamesOf(all.shares), ElementsAre("a", "b", "c"));
  EXPECT_FALSE(Since(3).is_whole);
  ASSERT_THAT(database_->Run([](db::Connection& c) -> Result<void> {
    EXPECT_EQ(TRY(c.Query("SELECT * FROM catalog_changes")).size(), 1u);
    return {};
  }),
              IsOk());
}

// Several of them.

TEST_P(StoreContract, ASecondStoreHearsOfEachChangeAndSeesIt) {
  // SQLite tells only listeners of the same Database at once.
  const std::unique_ptr<db::Database> second =
      GetParam() == db::Backend::kPostgres ? place_->Open() : nullptr;
  const auto other = Store::Open(second != nullptr ? *second : *database_);
  ASSERT_THAT(other, IsOk());
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> seen;
  Generation known = 0;
  const auto listener = (*other)->Listen(1h, [&] {
    Result<Changes> changes = (*other)->ChangesSince(known);
    EXPECT_THAT(changes, IsOk());
    const std::lock_guard lock(mutex);
    EXPECT_GE(changes->generation, known);
    known = changes->generation;
    for (const ManagedShare& share : changes->shares) seen.push_back(share.name);
    changed.notify_all();
  });
  for (const char* name : {"a", "b", "c"}) {
    const Generation generation = Put(ShareNamed(name));
    std::unique_lock lock(mutex);
    EXPECT_TRUE(changed.wait_for(lock, 30s, [&] { return known >= generation; }));
  }
  const std::lock_guard lock(mutex);
  EXPECT_THAT(seen, UnorderedElementsAre("a", "b", "c"));
}

TEST_P(StoreContract, OpeningAgainKeepsWhatIsThere) {
  Put(ShareNamed("s"));
  const auto again = Store::Open(*database_);
  ASSERT_THAT(again, IsOk());
  EXPECT_THAT((*again)->ChangesSince(0)->shares, SizeIs(1));
}

TEST_P(StoreContract, ADatabaseOfANewerProgramIsRefused) {
  ASSERT_THAT(database_->Run([](db::Connection& c) {
    return c.ExecuteScript("UPDATE schema_versions SET version = 1000");
  }),
              IsOk());
  EXPECT_THAT(Store::Open(*database_), FailsWith(ErrorCode::kUnsupported));
}

TEST_P(StoreContract, AStructureThatSomebodyBrokeIsNotTakenForAnEmptyOne) {
  Put(RecipientNamed("r"));
  ASSERT_THAT(database_->Run([](db::Connection& c) {
    return c.ExecuteScript("UPDATE recipients SET allowed_networks = ''");
  }),
              IsOk());
  EXPECT_THAT(store_->ChangesSince(0), FailsWith(ErrorCode::kCorruptData));
}

}  // namespace
}  // namespace sluice::catalog
