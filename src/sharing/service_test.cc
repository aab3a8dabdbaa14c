#include "sharing/service.h"

#include "sharing/testing.h"

namespace sluice::sharing {
namespace {

using protocol::ListRequest;
using protocol::SchemaName;
using protocol::ShareName;
using testing::HasSubstr;
using testing::Not;

/// The service as recipients browse it: no table is opened.
class SharingLists : public SharedTables {
 protected:
  SharingLists() {
    Share({{.name = "Retail",
            .schemas = {{.name = "Sales",
                         .tables = {TableAt("a", "a"), TableAt("b", "b"), TableAt("c", "c")}},
                        {.name = "stock", .tables = {TableAt("d", "d")}}}},
           {.name = "finance", .schemas = {{.name = "Sales", .tables = {TableAt("a", "e")}}}}});
  }

  static std::string TokenOf(const Result<std::string>& page) {
    if (!page.ok()) return page.error().message;
    const std::string marker = R"("nextPageToken":")";
    const std::size_t found = page->find(marker);
    if (found == std::string::npos) return "";
    const std::size_t begin = found + marker.size();
    return page->substr(begin, page->find('"', begin) - begin);
  }
  static ListRequest Page(int size, const std::string& token = "") {
    ListRequest request{.max_results = size};
    if (!token.empty()) request.page_token = token;
    return request;
  }
  Result<std::string> Tables(const std::string& share, const ListRequest& request) const {
    return service_->ListTables(me_, ShareName(share), SchemaName("Sales"), request);
  }
};

TEST_F(SharingLists, PagesAreTheWholeListInConfigurationOrder) {
  std::string names;
  std::string token;
  int pages = 0;
  do {
    const auto page = service_->ListAllTables(me_, ShareName("Retail"), Page(1, token));
    ASSERT_THAT(page, IsOk());
    names += page->substr(page->find(R"("name":")") + 8, 1);
    token = TokenOf(page);
    ++pages;
  } while (!token.empty() && pages < 10);
  EXPECT_EQ(names, "abcd");
  EXPECT_EQ(pages, 4);
}

TEST_F(SharingLists, TokenGoesOnUnderAnotherSpellingOfTheName) {
  const std::string token = TokenOf(Tables("Retail", Page(1)));
  const auto next =
      service_->ListTables(me_, ShareName("RETAIL"), SchemaName("sales"), Page(1, token));
  ASSERT_THAT(next, IsOk());
  EXPECT_THAT(*next, HasSubstr(R"("name":"b","schema":"Sales","share":"Retail")"));
}

TEST_F(SharingLists, TokenIsGoodForItsListAlone) {
  const std::string token = TokenOf(Tables("Retail", Page(1)));
  const auto refused = FailsWith(ErrorCode::kInvalidArgument);
  EXPECT_THAT(Tables("finance", Page(1, token)), refused);
  EXPECT_THAT(service_->ListTables(me_, ShareName("Retail"), SchemaName("stock"), Page(1, token)),
              refused);
  EXPECT_THAT(service_->ListAllTables(me_, ShareName("Retail"), Page(1, token)), refused);
  EXPECT_THAT(service_->ListSchemas(me_, ShareName("Retail"), Page(1, token)), refused);
  EXPECT_THAT(service_->ListShares(me_, Page(1, token)), refused);
}

TEST_F(SharingLists, TokenIsGoodForItsRecipientAlone) {
  const std::string token = TokenOf(Tables("Retail", Page(1)));
  EXPECT_THAT(service_->ListTables(acme_, ShareName("Retail"), SchemaName("Sales"), Page(1, token)),
              FailsWith(ErrorCode::kInvalidArgument));
}

TEST_F(SharingLists, AlteredTokenIsRefused) {
  const std::string token = TokenOf(Tables("Retail", Page(1)));
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string altered = token;
    altered[i] = altered[i] == 'A' ? 'B' : 'A';
    EXPECT_THAT(Tables("Retail", Page(1, altered)), FailsWith(ErrorCode::kInvalidArgument)) << i;
  }
  EXPECT_THAT(Tables("Retail", Page(1, token.substr(1))), FailsWith(ErrorCode::kInvalidArgument));
}

TEST_F(SharingLists, TokenExpires) {
  const std::string token = TokenOf(Tables("Retail", Page(1)));
  clock_.Advance(std::chrono::hours(3 * 24 + 1));
  EXPECT_THAT(Tables("Retail", Page(1, token)), FailsWith(ErrorCode::kInvalidArgument));
}

TEST_F(SharingLists, TokenBeyondTheEndOfAShortenedListIsAnEmptyLastPage) {
  const std::string token = TokenOf(Tables("Retail", Page(2)));
  Share({{.name = "Retail", .schemas = {{.name = "Sales", .tables = {TableAt("a", "a")}}}}});
  EXPECT_THAT(Tables("Retail", Page(2, token)), IsOkAnd("{\"items\":[]}\n"));
}

TEST_F(SharingLists, WhatIsNotGrantedLooksLikeWhatIsNotThere) {
  const auto answers = [this] {
    const ShareName finance("finance");
    const SchemaName sales("Sales");
    const protocol::TableRef table = Ref("finance", "Sales", "a");
    std::vector<std::string> texts;
    const auto add = [&](const auto& result) {
      texts.push_back(result.ok() ? "ok" : result.error().ToString());
    };
    add(service_->GetShare(acme_, finance));
    add(service_->ListSchemas(acme_, finance, {}));
    add(service_->ListTables(acme_, finance, sales, {}));
    add(service_->ListAllTables(acme_, finance, {}));
    add(service_->GetTableVersion(acme_, {table}));
    add(service_->GetTableMetadata(acme_, {.table = table}));
    add(service_->QueryTable(acme_, {.table = table}));
    const auto shares = service_->ListShares(acme_, {});
    texts.push_back(shares.value());
    return texts;
  };
  const auto not_granted = answers();
  Share({{.name = "Retail", .schemas = {{.name = "Sales", .tables = {TableAt("a", "a")}}}}});
  EXPECT_EQ(not_granted, answers());
  for (const std::string& text : not_granted) EXPECT_NE(text, "ok");
  EXPECT_THAT(not_granted.back(), Not(HasSubstr("finance")));
}

/// The service as recipients read tables.
class SharingTables : public SharedTables {
 protected:
  void ShareOrders(const std::string& folder = "orders") {
    Share({{.name = "Retail",
            .schemas = {{.name = "sales", .tables = {TableAt("orders", folder)}}}}});
  }
  const protocol::TableRef orders_ = Ref("Retail", "sales", "orders");
};

TEST_F(SharingTables, TwoNamesOfOneLocationKeepTheirOwnHistoryAndShareOneTable) {
  std::string commit = delta::FirstCommit();
  const std::string configuration = R"("configuration":{)";
  commit.insert(commit.find(configuration) + configuration.size(),
                R"("delta.enableChangeDataFeed":"true")");
  Write("orders/_delta_log/00000000000000000000.json", commit);
  Share({{.name = "Retail",
          .schemas = {{.name = "sales",
                       .tables = {TableAt("with", "orders", /*history_shared=*/true),
                                  TableAt("without", "orders", /*history_shared=*/false)}}}}});
  EXPECT_THAT(Query(*service_, me_, Ref("Retail", "sales", "with")),
              IsOkAnd(HasSubstr("enableChangeDataFeed")));
  EXPECT_THAT(Query(*service_, me_, Ref("Retail", "sales", "without")),
              IsOkAnd(Not(HasSubstr("enableChangeDataFeed"))));
  EXPECT_EQ(tables_.stats().misses, 1u);
}

TEST_F(SharingTables, GetTableTellsItsFormatAndHowItIsRead) {
  ShareOrders();
  const auto table = service_->GetTable(me_, orders_);
  ASSERT_THAT(table, IsOk());
  EXPECT_THAT(*table, HasSubstr(R"("format":"delta")"));
  EXPECT_THAT(*table, HasSubstr(R"("accessModes":["url"])"));
  EXPECT_THAT(service_->GetTable(auth::Caller{.recipient = "nobody"}, orders_),
              FailsWith(ErrorCode::kNotFound));
}

TEST_F(SharingTables, HintsThatCannotBeReadFilterNothing) {
  WriteTable("orders", {"a", "b"});
  ShareOrders();
  const auto all = Query(*service_, me_, orders_);
  ASSERT_THAT(all, IsOk());
  for (const char* hint : {"", "{", "[]", R"({"op":"no"})", R"({"op":"equal","children":[]})"}) {
    EXPECT_EQ(*Query(*service_, me_, orders_, {.json_predicate_hints = hint}), *all) << hint;
  }
  for (const char* hint : {"", "((", "nothing = 1", "id = ", "id LIKE '%'"}) {
    EXPECT_EQ(*Query(*service_, me_, orders_, {.predicate_hints = {hint}}), *all) << hint;
  }
}

TEST_F(SharingTables, LinkOpensItsFile) {
  WriteTable("orders", {"part=1/a%20b"});
  Write("orders/part=1/a b", "12345");
  ShareOrders();
  const auto file = OpenUrl(*service_, FirstUrl(*Query(*service_, me_, orders_)));
  ASSERT_THAT(file, IsOk());
  EXPECT_EQ(std::get<storage::LocalFile>(file->file).size_bytes, 5u);
  EXPECT_EQ(file->recipient, "me");
  EXPECT_EQ(file->table, orders_);
}

TEST_F(SharingTables, DownloadMayNeedTheTokenOfWhomItsLinkIsForAsWell) {
  WriteTable("orders", {"a"});
  config::ConfiguredTable orders = TableAt("orders", "orders");
  orders.serving.downloads_need_token = true;
  Share({{.name = "Retail", .schemas = {{.name = "sales", .tables = {orders}}}}});
  service_->SetLinkBase({.base_url = "http://plain/p", .base_url_with_token = "https://host/p"});
  const std::string url = FirstUrl(*Query(*service_, me_, orders_));
  EXPECT_THAT(url, testing::StartsWith("https://host/p/files/"));
  EXPECT_THAT(OpenUrl(*service_, url), FailsWith(ErrorCode::kUnauthenticated));
  EXPECT_THAT(OpenUrl(*service_, url, acme_), FailsWith(ErrorCode::kUnauthenticated));
  EXPECT_THAT(OpenUrl(*service_, url, me_), IsOk());
  EXPECT_THAT(OpenUrl(*service_, url + "0", me_), FailsWith(ErrorCode::kPermissionDenied));
}

TEST_F(SharingTables, LinksFollowAProxyOnlyWhereTheOwnerNamedNoAddress) {
  WriteTable("orders", {"a"});
  ShareOrders();
  const auto base_of_links = [&](const std::string& forwarded_origin) {
    const std::string url =
        FirstUrl(Whole(service_->QueryTable(me_, {.table = orders_}, forwarded_origin)).value());
    return url.substr(0, url.find("/files/"));
  };
  EXPECT_EQ(base_of_links("https://proxy"), "http://host/p");
  service_->SetLinkBase({.base_url = "http://host/p", .prefix_behind_proxy = "/p"});
  EXPECT_EQ(base_of_links("https://proxy"), "https://proxy/p");
  EXPECT_EQ(base_of_links(""), "http://host/p");
}

TEST_F(SharingTables, LinkDiesWithTheGrantAndComesBackWithIt) {
  WriteTable("orders", {"a"});
  ShareOrders();
  const std::string url = FirstUrl(*Query(*service_, acme_, orders_));
  EXPECT_THAT(OpenUrl(*service_, url), IsOk());
  Share({});
  EXPECT_THAT(OpenUrl(*service_, url), FailsWith(ErrorCode::kPermissionDenied));
  Share(
      {{.name = "Retail", .schemas = {{.name = "sales", .tables = {TableAt("other", "orders")}}}}});
  EXPECT_THAT(OpenUrl(*service_, url), FailsWith(ErrorCode::kPermissionDenied));
  ShareOrders();
  EXPECT_THAT(OpenUrl(*service_, url), IsOk());
  catalog_.Replace(catalog::View::Of({.recipients = {catalog::BuiltInRecipient("me")}}));
  EXPECT_THAT(OpenUrl(*service_, url), FailsWith(ErrorCode::kPermissionDenied));
}

TEST_F(SharingTables, LinkLivesAsLongAsItSays) {
  WriteTable("orders", {"a"});
  ShareOrders();
  const auto service = MakeService({.url_lifetime = std::chrono::minutes(20)});
  const std::string answer = *Query(*service, me_, orders_);
  EXPECT_THAT(answer, HasSubstr(R"("expirationTimestamp":1795256400000)"));
  clock_.Advance(std::chrono::minutes(19));
  EXPECT_THAT(OpenUrl(*service, FirstUrl(answer)), IsOk());
  clock_.Advance(std::chrono::minutes(2));
  EXPECT_THAT(OpenUrl(*service, FirstUrl(answer)), FailsWith(ErrorCode::kPermissionDenied));
}

TEST_F(SharingTables, FilesElsewhereNeedARootThatTheOwnerAllowed) {
  Write("elsewhere/b", "there");
  const std::string elsewhere = (folder_ / "elsewhere").string();
  WriteTable("orders", {elsewhere + "/b"});
  ShareOrders();
  const auto refused = Query(*service_, me_, orders_);
  ASSERT_THAT(refused, FailsWith(ErrorCode::kUnsupported));
  EXPECT_THAT(refused.error().message, Not(HasSubstr(elsewhere)));

  const auto allowing = MakeService({.allowed_roots = {"/nowhere", elsewhere}});
  const auto answer = Query(*allowing, me_, orders_);
  ASSERT_THAT(answer, IsOk());
  EXPECT_THAT(OpenUrl(*allowing, FirstUrl(*answer)), IsOk());
  // A root that was taken back counts for links made before.
  EXPECT_THAT(OpenUrl(*service_, FirstUrl(*answer)), FailsWith(ErrorCode::kPermissionDenied));
  // A name that merely begins like an allowed root is another folder.
  const auto beside = MakeService({.allowed_roots = {elsewhere.substr(0, elsewhere.size() - 1)}});
  EXPECT_THAT(Query(*beside, me_, orders_), FailsWith(ErrorCode::kUnsupported));
}

TEST_F(SharingTables, RemovedFileElsewhereDoesNotMatter) {
  WriteTable("orders", {"/elsewhere/b", "a"});
  Write("orders/_delta_log/00000000000000000001.json",
        delta::Lines({delta::RemoveLine("/elsewhere/b")}));
  ShareOrders();
  EXPECT_THAT(Query(*service_, me_, orders_), IsOkAnd(HasSubstr(R"("numFiles":1)")));
}

}  // namespace
}  // namespace sluice::sharing
