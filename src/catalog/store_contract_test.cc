#include "catalog/store_contract_test_support.h"

namespace sluice::catalog {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Optional;
using testing::SizeIs;

INSTANTIATE_TEST_SUITE_P(Backends, StoreContract, testing::ValuesIn(db::kBackends),
                         db::BackendName);

// Rows.

TEST_P(StoreContract, AShareIsGivenBackAsItWasPut) {
  ManagedShare share{.id = "s1",
                     .name = "Sales",
                     .description = {.display_name = "The sales",
                                     .comment = "daily",
                                     .properties = {{"b", "2"}, {"a", "1"}}},
                     .serving = {.delivery = config::Delivery::kProxy,
                                 .freshness = 10s,
                                 .serve_stale_for = 5min,
                                 .downloads_need_token = true},
                     .owner = "ann",
                     .purpose_required = true,
                     .region = "eu-1",
                     .tags = {{"team", "x"}},
                     .created_at = At(10),
                     .updated_at = At(20),
                     .schemas = {"a", "B"}};
  Put(share);
  const auto found = FindShare("sALES");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, "s1");
  EXPECT_EQ(found->name, "Sales");
  EXPECT_EQ(found->description.display_name, "The sales");
  EXPECT_EQ(found->description.comment, "daily");
  EXPECT_EQ(found->description.properties, share.description.properties);
  EXPECT_EQ(found->serving.delivery, config::Delivery::kProxy);
  EXPECT_EQ(found->serving.freshness, 10s);
  EXPECT_EQ(found->serving.serve_stale_for, 5min);
  EXPECT_EQ(found->serving.downloads_need_token, true);
  EXPECT_EQ(found->owner, "ann");
  EXPECT_TRUE(found->purpose_required);
  EXPECT_EQ(found->region, "eu-1");
  EXPECT_EQ(found->tags, share.tags);
  EXPECT_EQ(found->created_at, At(10));
  EXPECT_EQ(found->updated_at, At(20));
  EXPECT_THAT(found->schemas, ElementsAre("a", "B"));
}

TEST_P(StoreContract, TheSharesOfAnOwnerAreListed) {
  for (const char* const name : {"b", "A", "c"}) {
    ManagedShare share = ShareNamed(name);
    share.owner = name[0] == 'c' ? "bob" : "ann";
    Put(share);
  }
  std::vector<std::string> names;
  Read([&](Transaction& t) -> Result<void> {
    names = TRY(t.ListSharesOf("ann"));
    return {};
  });
  EXPECT_THAT(names, ElementsAre("A", "b"));
}

TEST_P(StoreContract, AnEntryIsGivenBackAsItWasPut) {
  Put(ShareNamed("s"));
  Entry table = TableNamed("Retail", "Orders");
  table.comment = "all of them";
  table.history_shared = true;
  table.start_version = 7;
  table.serving.freshness = 0s;
  table.tags = {{"pii", "no"}};
  Entry folder = FolderAt("Retail", "/data/Lake");
  folder.aliases = {{"found", "shared"}};
  Change([&](Transaction& t) -> Result<void> {
    TRY(t.PutEntry("id-s", table));
    return t.PutEntry("id-s", folder);
  });
  Read([&](Transaction& t) -> Result<void> {
    const auto found = TRY(t.FindEntry("id-s", "retail", "ORDERS"));
    EXPECT_TRUE(found);
    EXPECT_EQ(found->id, table.id);
    EXPECT_EQ(found->kind, Entry::Kind::kTable);
    EXPECT_EQ(found->schema, "Retail");
    EXPECT_EQ(found->table, "Orders");
    EXPECT_EQ(found->location, "/data/Orders");
    EXPECT_EQ(found->comment, "all of them");
    EXPECT_TRUE(found->history_shared);
    EXPECT_EQ(found->start_version, 7);
    EXPECT_EQ(found->serving.freshness, 0s);
    EXPECT_EQ(found->serving.delivery, std::nullopt);
    EXPECT_EQ(found->tags, table.tags);
    const auto found_folder = TRY(t.FindFolder("id-s", "RETAIL", "/data/Lake"));
    EXPECT_TRUE(found_folder);
    EXPECT_EQ(found_folder->kind, Entry::Kind::kFolder);
    EXPECT_EQ(found_folder->aliases, folder.aliases);
    EXPECT_FALSE(TRY(t.FindFolder("id-s", "RETAIL", "/data/lake")));
    EXPECT_FALSE(TRY(t.FindEntry("id-s", "retail", "")));
    EXPECT_FALSE(TRY(t.FindEntry("id-other", "retail", "orders")));
    return {};
  });
}

TEST_P(StoreContract, EntriesAreOrderedByFoldedNames) {
  Put(ShareNamed("s"));
  Change([&](Transaction& t) -> Result<void> {
    TRY(t.PutEntry("id-s", TableNamed("b", "Z")));
    TRY(t.PutEntry("id-s", TableNamed("b", "a_b")));
    TRY(t.PutEntry("id-s", TableNamed("b", "aB")));
    TRY(t.PutEntry("id-s", TableNamed("A", "x")));
    return {};
  });
  const Changes all = Since(0);
  ASSERT_THAT(all.shares, SizeIs(1));
  std::vector<std::string> ids;
  for (const Entry& entry : all.shares[0].entries) ids.push_back(entry.id);
  EXPECT_THAT(ids, ElementsAre("A.x", "b.a_b", "b.aB", "b.Z"));
}

TEST_P(StoreContract, ARecipientIsGivenBackAsItWasPut) {
  ManagedRecipient recipient{
      .id = "r1",
      .name = "Acme",
      .comment = "c",
      .owner = "ann",
      .attributes = {{"country", "FR"}},
      .tags = {{"t", ""}},
      .allowed_networks = {"203.0.113.0/24", "2001:db8::/32"},
      .region = "us",
      .enabled = false,
      .expires_at = At(100),
      .token_lifetime = 3600s,
      .federation = FederationRule{.issuer = "idp",
                                   .audience = "me",
                                   .claims = {{"sub", "x"}},
                                   .client_id = "reader",
                                   .token_endpoint = "https://id.example.com/token",
                                   .scope = "read"},
      .certificate = CertificateRule{.subject = "CN=a", .alternative_name = "DNS:a"},
      .created_at = At(1),
      .updated_at = At(2),
      .databases = {{"Mine", "share-1"}}};
  Put(recipient);
  TokenRecord token = TokenNamed("t1");
  token.comment = "laptop";
  token.purpose = "tests";
  token.expires_at = At(50);
  Change([&](Transaction& t) -> Result<void> {
    TRY(t.PutToken("r1", token));
    return t.PutGrant(
        "r1",
        {.share_id = "share-1", .granted_by = "bob", .granted_at = At(3), .expires_at = At(4)});
  });
  // Putting it again leaves tokens and grants as they are.
  Put(recipient);
  const auto found = FindRecipient("ACME");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name, "Acme");
  EXPECT_EQ(found->attributes, recipient.attributes);
  EXPECT_EQ(found->tags, recipient.tags);
  EXPECT_EQ(found->allowed_networks, recipient.allowed_networks);
  EXPECT_EQ(found->region, "us");
  EXPECT_FALSE(found->enabled);
  EXPECT_EQ(found->expires_at, At(100));
  EXPECT_EQ(found->token_lifetime, 3600s);
  ASSERT_TRUE(found->federation);
  EXPECT_EQ(found->federation->client_id, "reader");
  EXPECT_EQ(found->federation->token_endpoint, "https://id.example.com/token");
  EXPECT_EQ(found->federation->scope, "read");
  EXPECT_EQ(found->federation->issuer, "idp");
  EXPECT_EQ(found->federation->audience, "me");
  EXPECT_EQ(found->federation->claims, recipient.federation->claims);
  ASSERT_TRUE(found->certificate);
  EXPECT_EQ(found->certificate->subject, "CN=a");
  EXPECT_EQ(found->certificate->alternative_name, "DNS:a");
  EXPECT_EQ(found->databases, recipient.databases);
  ASSERT_THAT(found->tokens, SizeIs(1));
  EXPECT_EQ(found->tokens[0].sha256, token.sha256);
  EXPECT_EQ(found->tokens[0].comment, "laptop");
  EXPECT_EQ(found->tokens[0].purpose, "tests");
  EXPECT_EQ(found->tokens[0].expires_at, At(50));
  EXPECT_EQ(found->tokens[0].revoked_at, std::nullopt);
  ASSERT_THAT(found->grants, SizeIs(1));
  EXPECT_EQ(found->grants[0].share_id, "share-1");
  EXPECT_EQ(found->grants[0].granted_by, "bob");
  EXPECT_EQ(found->grants[0].granted_at, At(3));
  EXPECT_EQ(found->grants[0].expires_at, At(4));
}

TEST_P(StoreContract, WhatIsGivenAsAWholeIsGivenBackAsItWasPut) {
  Change([&](Transaction& t) -> Result<void> {
    TRY(t.PutPrincipal({.id = "p1",
                        .name = "Ann",
                        .role = Role::kShareOwner,
                        .comment = "c",
                        .created_at = At(1)}));
    TRY(t.PutPrincipalToken("p1", TokenNamed("t1")));
    TRY(t.PutRoot({.id = "o1",
                   .name = "Lake",
                   .location = "s3://b/",
                   .region = "eu",
                   .principals = {"Ann"}}));
    TRY(t.PutIssuer(
        {.id = "i1", .name = "Idp", .url = "https://idp", .jwks_url = "https://idp/k"}));
    return t.PutQuota({.id = "q1",
                       .recipient_id = "r",
                       .share_id = "s",
                       .measure = Measure::kBytes,
                       .window = Window::kMonth,
                       .limit = 1LL << 50});
  });
  const Changes all = Since(0);
  ASSERT_THAT(all.principals, Optional(SizeIs(1)));
  EXPECT_EQ(all.principals->at(0).name, "Ann");
  EXPECT_EQ(all.principals->at(0).role, Role::kShareOwner);
  EXPECT_EQ(all.principals->at(0).comment, "c");
  ASSERT_THAT(all.principals->at(0).tokens, SizeIs(1));
  ASSERT_THAT(all.roots, Optional(SizeIs(1)));
  EXPECT_EQ(all.roots->at(0).location, "s3://b/");
  EXPECT_THAT(all.roots->at(0).principals, ElementsAre("Ann"));
  ASSERT_THAT(all.issuers, Optional(SizeIs(1)));
  EXPECT_EQ(all.issuers->at(0).url, "https://idp");
  EXPECT_EQ(all.issuers->at(0).jwks_url, "https://idp/k");
  ASSERT_THAT(all.quotas, Optional(SizeIs(1)));
  EXPECT_EQ(all.quotas->at(0).measure, Measure::kBytes);
  EXPECT_EQ(all.quotas->at(0).window, Window::kMonth);
  EXPECT_EQ(all.quotas->at(0).limit, 1LL << 50);
}

// Names.

TEST_P(StoreContract, ATakenNameIsRefusedInAnyCaseAndChangesNothing) {
  Put(ShareNamed("Sales"));
  Put(RecipientNamed("Acme"));
  Change([](Transaction& t) { return t.PutPrincipal({.id = "p", .name = "Ann"}); });
  Change([](Transaction& t) { return t.PutRoot({.id = "r", .name = "Lake"}); });
  Change([](Transaction& t) { return t.PutIssuer({.id = "i", .name = "Idp"}); });
  const Generation before =
      Change([](Transaction& t) { return t.PutEntry("id-Sales", TableNamed("a", "t")); });
  const std::vector<Body> taken = {
      [](Transaction& t) { return t.PutShare({.id = "2", .name = "sALES"}); },
      [](Transaction& t) { return t.PutRecipient({.id = "2", .name = "ACME"}); },
      [](Transaction& t) { return t.PutPrincipal({.id = "2", .name = "ann"}); },
      [](Transaction& t) { return t.PutRoot({.id = "2", .name = "lake"}); },
      [](Transaction& t) { return t.PutIssuer({.id = "2", .name = "IDP"}); },
      [](Transaction& t) { return t.PutEntry("id-Sales", TableNamed("A", "T")); },
  };
  for (const Body& body : taken) {
    EXPECT_THAT(store_->Change(body), FailsWith(ErrorCode::kAlreadyExists));
  }
  EXPECT_EQ(Since(before).generation, before);
  EXPECT_THAT(NamesOf(Since(0).shares), ElementsAre("Sales"));
}

TEST_P(StoreContract, ATakenNameDoesNotEndTheTransaction) {
  Put(ShareNamed("a"));
  Change([](Transaction& t) -> Result<void> {
    EXPECT_THAT(t.PutShare({.id = "2", .name = "A"}), FailsWith(ErrorCode::kAlreadyExists));
    EXPECT_THAT(t.DeleteShare("nobody"), FailsWith(ErrorCode::kNotFound));
    return t.PutShare(ShareNamed("b"));
  });
  EXPECT_THAT(NamesOf(Since(0).shares), ElementsAre("a", "b"));
}

TEST_P(StoreContract, ANameMayChangeItsCase) {
  Put(ShareNamed("sales"));
  ManagedShare renamed = ShareNamed("sales");
  renamed.name = "Sales";
  Put(renamed);
  EXPECT_EQ(FindShare("sales")->name, "Sales");
}

TEST_P(StoreContract, ANameIsFreeAgainAfterItsObjectIsDeleted) {
  Put(ShareNamed("sales"));
  Change([](Transaction& t) { return t.DeleteShare("id-sales"); });
  Put(ManagedShare{.id = "another", .name = "Sales"});
  EXPECT_EQ(FindShare("sales")->id, "another");
}

TEST_P(StoreContract, ASchemaOrDatabaseGivenTwiceIsRefused) {
  ManagedShare share = ShareNamed("s");
  share.schemas = {"a", "A"};
  EXPECT_THAT(store_->Change([&](Transaction& t) { return t.PutShare(share); }),
              FailsWith(ErrorCode::kAlreadyExists));
  ManagedRecipient recipient = RecipientNamed("r");
  recipient.databases = {{"d", "1"}, {"D", "2"}};
  EXPECT_THAT(store_->Change([&](Transaction& t) { return t.PutRecipient(recipient); }),
              FailsWith(ErrorCode::kAlreadyExists));
}

TEST_P(StoreContract, ASchemaMayShareManyFoldersButEachOnce) {
  Put(ShareNamed("s"));
  Change([](Transaction& t) -> Result<void> {
    TRY(t.PutEntry("id-s", FolderAt("a", "/one")));
    TRY(t.PutEntry("id-s", FolderAt("a", "/two")));
    Entry again = FolderAt("A", "/one");
    again.id = "another";
    EXPECT_THAT(t.PutEntry("id-s", again), FailsWith(ErrorCode::kAlreadyExists));
    return {};
  });
  EXPECT_THAT(Since(0).shares[0].entries, SizeIs(2));
}

TEST_P(StoreContract, ATokenBelongsToOneHolder) {
  Put(RecipientNamed("a"));
  Put(RecipientNamed("b"));
  Change([](Transaction& t) -> Result<void> {
    TRY(t.PutPrincipal({.id = "p", .name = "p"}));
    TRY(t.PutToken("id-a", TokenNamed("t")));
    EXPECT_THAT(t.PutToken("id-b", TokenNamed("t")), FailsWith(ErrorCode::kAlreadyExists));
    EXPECT_THAT(t.PutPrincipalToken("p", TokenNamed("t")), FailsWith(ErrorCode::kAlreadyExists));
    TokenRecord same_hash = TokenNamed("t");
    same_hash.id = "other";
    EXPECT_THAT(t.PutToken("id-a", same_hash), FailsWith(ErrorCode::kAlreadyExists));
    TokenRecord revoked = TokenNamed("t");
    revoked.revoked_at = At(9);
    return t.PutToken("id-a", revoked);
  });
  ASSERT_THAT(FindRecipient("a")->tokens, SizeIs(1));
  EXPECT_EQ(FindRecipient("a")->tokens[0].revoked_at, At(9));
}

TEST_P(StoreContract, WhatBelongsToNothingIsNotFound) {
  const std::vector<Body> lost = {
      [](Transaction& t) { return t.PutEntry("nobody", TableNamed("a", "t")); },
      [](Transaction& t) { return t.PutToken("nobody", TokenNamed("t")); },
      [](Transaction& t) { return t.PutPrincipalToken("nobody", TokenNamed("t")); },
      [](Transaction& t) { return t.PutGrant("nobody", {.share_id = "s"}); },
      [](Transaction& t) { return t.PutActivationLink({.id = "l", .recipient_id = "nobody"}); },
      [](Transaction& t) { return t.DeleteShare("nobody"); },
      [](Transaction& t) { return t.DeleteEntry("nobody", "e"); },
      [](Transaction& t) { return t.DeleteRecipient("nobody"); },
      [](Transaction& t) { return t.DeleteGrant("nobody", "s"); },
      [](Transaction& t) { return t.DeletePrincipal("nobody"); },
      [](Transaction& t) { return t.DeleteRoot("nobody"); },
      [](Transaction& t) { return t.DeleteIssuer("nobody"); },
      [](Transaction& t) { return t.DeleteQuota("nobody"); },
  };
  for (const Body& body : lost) {
    EXPECT_THAT(store_->Change(body), FailsWith(ErrorCode::kNotFound));
  }
  EXPECT_EQ(Since(0).generation, 0);
}

// Text from outside.

TEST_P(StoreContract, NoTextIsTakenForSql) {
  const std::string evil = "'; DROP TABLE shares; --\" $1 $2 \\'; \t\n{}%s\xf0\x9f\x90\x98";
  ManagedShare share{.id = evil,
                     .name = evil,
                     .owner = evil,
                     .region = evil,
                     .tags = {{evil, evil}},
                     .schemas = {evil}};
  share.description = {.display_name = evil, .comment = evil, .properties = {{evil, evil}}};
  Entry entry = TableNamed(evil, evil);
  entry.id = entry.location = entry.comment = evil;
  entry.aliases = entry.tags = {{evil, evil}};
  ManagedRecipient recipient{.id = evil,
                             .name = evil,
                             .comment = evil,
                             .owner = evil,
                             .attributes = {{evil, evil}},
                             .tags = {{evil, evil}},
                             .allowed_networks = {evil},
                             .region = evil};
  recipient.federation = {.issuer = evil, .audience = evil, .claims = {{evil, evil}}};
  recipient.certificate = {.subject = evil, .alternative_name = evil};
  recipient.databases = {{evil, evil}};
  TokenRecord token{.id = evil, .sha256 = DigestOf(evil), .comment = evil, .purpose = evil};
  Change([&](Transaction& t) -> Result<void> {
    TRY(t.PutShare(share));
    TRY(t.PutEntry(evil, entry));
    TRY(t.PutRecipient(recipient));
    TRY(t.PutToken(evil, token));
    TRY(t.PutGrant(evil, {.share_id = evil, .granted_by = evil}));
    TRY(t.PutActivationLink({.id = evil, .recipient_id = evil, .token_comment = evil}));
    TRY(t.PutPrincipal({.id = evil, .name = evil, .comment = evil}));
    TRY(t.PutRoot(
        {.id = evil, .name = evil, .location = evil, .region = evil, .principals = {evil}}));
    TRY(t.PutIssuer({.id = evil, .name = evil, .url = evil, .jwks_url = evil}));
    return t.PutQuota({.id = evil, .recipient_id = evil, .share_id = evil});
  });
  const Changes all = Since(0);
  ASSERT_THAT(all.shares, SizeIs(1));
  EXPECT_EQ(all.shares[0].description.comment, evil);
  EXPECT_EQ(all.shares[0].tags.begin()->second, evil);
  EXPECT_THAT(all.shares[0].schemas, ElementsAre(evil));
  ASSERT_THAT(all.shares[0].entries, SizeIs(1));
  EXPECT_EQ(all.shares[0].entries[0].table, evil);
  EXPECT_EQ(all.shares[0].entries[0].aliases.begin()->first, evil);
  ASSERT_THAT(all.recipients, SizeIs(1));
  EXPECT_EQ(all.recipients[0].federation->claims.begin()->first, evil);
  EXPECT_EQ(all.recipients[0].tokens[0].purpose, evil);
  EXPECT_EQ(all.recipients[0].databases.begin()->first, evil);
  EXPECT_EQ(all.quotas->at(0).share_id, evil);
  EXPECT_TRUE(FindShare(evil));
  Change([&](Transaction& t) -> Result<void> {
    EXPECT_TRUE(TRY(t.FindEntry(evil, evil, evil)));
    TRY(t.DeleteEntry(evil, evil));
    TRY(t.DeleteGrant(evil, evil));
    TRY(t.DeleteShare(evil));
    return t.DeleteRecipient(evil);
  });
}

TEST_P(StoreContract, ANulAndBrokenUtf8AreRefusedInEveryField) {
  Put(ShareNamed("s"));
  const Generation before = Put(RecipientNamed("r"));
  for (const std::string& bad : {std::string("a\0b", 3), std::string("\xc3(")}) {
    const std::vector<Body> bodies = {
        [&](Transaction& t) { return t.PutShare({.id = "x", .name = bad}); },
        [&](Transaction& t) {
          return t.PutShare({.id = "x", .name = "x", .tags = {{"k", bad}}});
        },
        [&](Transaction& t) { return t.PutShare({.id = "x", .name = "x", .schemas = {bad}}); },
        [&](Transaction& t) { return t.PutEntry("id-s", TableNamed("a", bad)); },
        [&](Transaction& t) {
          return t.PutRecipient({.id = "x", .name = "x", .attributes = {{bad, "v"}}});
        },
        [&](Transaction& t) {
          return t.PutRecipient({.id = "x", .name = "x", .allowed_networks = {bad}});
        },
        [&](Transaction& t) {
          return t.PutRecipient(
              {.id = "x", .name = "x", .certificate = CertificateRule{.subject = bad}});
        },
        [&](Transaction& t) { return t.PutGrant("id-r", {.share_id = bad}); },
    };
    for (const Body& body : bodies) {
      EXPECT_THAT(store_->Change(body), FailsWith(ErrorCode::kInvalidArgument));
    }
  }
  EXPECT_EQ(Since(before).generation, before);
}

TEST_P(StoreContract, BoundsOfTheModelAreKept) {
  Attributes many;
  for (std::size_t i = 0; i <= kMaxAttributes; ++i) many.emplace(std::to_string(i), "");
  const std::vector<Body> bodies = {
      [&](Transaction& t) { return t.PutShare({.id = "x", .name = "x", .tags = many}); },
      [&](Transaction& t) { return t.PutRecipient({.id = "x", .name = "x", .attributes = many}); },
      [&](Transaction& t) {
        return t.PutRecipient(
            {.id = "x",
             .name = "x",
             .allowed_networks = std::vector<std::string>(kMaxNetworks + 1, "::/0")});
      },
      [&](Transaction& t) {
        return t.PutRecipient(
            {.id = "x", .name = "x", .comment = std::string(kMaxCommentBytes + 1, 'x')});
      },
      [&](Transaction& t) {
        return t.PutShare({.id = "x", .name = "x", .tags = {{"k", std::string(9 << 20, 'x')}}});
      },
  };
  for (const Body& body : bodies) {
    EXPECT_THAT(store_->Change(body), FailsWith(ErrorCode::kInvalidArgument));
  }
}

}  // namespace
}  // namespace sluice::catalog
