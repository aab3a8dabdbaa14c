#include "storage/azure/lister.h"

#include "base/testing.h"
#include "storage/azure/fake_container_test_support.h"

namespace sluice::storage::azure {
namespace {

using testing::ElementsAre;
using StartFrom = FakeContainer::StartFrom;

class AzureLister : public testing::Test {
 protected:
  /// Puts "log/{version}.json", as a Delta log has them.
  void PutCommits(int first, int last) {
    for (int version = first; version <= last; ++version) client_->blobs[Path(Name(version))] = "x";
  }
  static std::string Name(int version) { return Format("{:020}.json", version); }
  static std::string Path(const std::string& name) { return "log/" + name; }

  std::vector<std::string> Names(std::string_view start_after, std::size_t limit = 1000,
                                 std::string_view directory = "az://lake@acme/log") {
    client_->asked.clear();
    const auto infos =
        lister_.List({.directory = directory, .start_after = start_after, .limit = limit});
    if (!infos.ok()) return {infos.error().ToString()};
    std::vector<std::string> names;
    for (const ObjectInfo& info : *infos) names.push_back(info.name);
    return names;
  }
  std::size_t requests() const { return client_->asked.size(); }

  std::shared_ptr<FakeContainer> client_ = std::make_shared<FakeContainer>();
  ManualClock clock_{SystemTime(std::chrono::seconds(1'795'255'200))};
  Lister lister_{NewTestContainer(client_, clock_)};
};

TEST_F(AzureLister, AsksForTheDirectoryAlone) {
  PutCommits(0, 1);
  client_->blobs["log/_sidecars/x"] = "x";
  client_->blobs["log2/y"] = "x";
  EXPECT_THAT(Names(""), ElementsAre(Name(0), Name(1)));
  EXPECT_THAT(client_->asked,
              ElementsAre(std::map<std::string, std::string>{{"restype", "container"},
                                                             {"comp", "list"},
                                                             {"delimiter", "/"},
                                                             {"include", "metadata"},
                                                             {"prefix", "log/"},
                                                             {"maxresults", "1001"}}));
  client_->blobs["top"] = "x";
  EXPECT_THAT(Names("", 1000, "az://lake@acme"), ElementsAre("top"));
}

TEST_F(AzureLister, FoldersAreGatheredFromAllPages) {
  client_->page_names = 2;
  for (const char* name : {"log/a/1", "log/a/2", "log/b", "log/c/1", "log/d/e/1", "log2/x/1"}) {
    client_->blobs[name] = "x";
  }
  EXPECT_THAT(lister_.ListFolders("az://lake@acme/log", 3), IsOkAnd(ElementsAre("a", "c", "d")));
  EXPECT_EQ(requests(), 2U);
  EXPECT_EQ(client_->asked[0]["maxresults"], "5000");
  EXPECT_THAT(lister_.ListFolders("az://lake@acme", 9), IsOkAnd(ElementsAre("log", "log2")));
  EXPECT_THAT(lister_.ListFolders("az://lake@acme/log", 2), FailsWith(ErrorCode::kTooLarge));
}

TEST_F(AzureLister, RefreshOfALogIsOneRequest) {
  PutCommits(0, 20);
  EXPECT_THAT(Names(Name(20)), ElementsAre());
  EXPECT_EQ(requests(), 1U);
  EXPECT_EQ(client_->asked[0]["startFrom"], Path(Name(20)));
  PutCommits(21, 22);
  EXPECT_THAT(Names(Name(20)), ElementsAre(Name(21), Name(22)));
  EXPECT_EQ(requests(), 1U);
  EXPECT_THAT(Names(Name(20), 1), ElementsAre(Name(21)));
  EXPECT_EQ(requests(), 1U);
}

TEST_F(AzureLister, RefreshIsOneRequestAlsoWhereTheParameterIsPassedOver) {
  client_->start_from = StartFrom::kIsPassedOver;
  PutCommits(0, 20);
  EXPECT_THAT(Names(Name(19)), ElementsAre(Name(20)));
  EXPECT_EQ(requests(), 1U);
  EXPECT_THAT(Names(Name(20)), ElementsAre());
  EXPECT_EQ(requests(), 1U);
  EXPECT_FALSE(client_->asked[0].contains("startFrom"));
  EXPECT_EQ(client_->asked[0]["maxresults"], "5000");
}

TEST_F(AzureLister, RefusedParameterIsNotSentAgain) {
  client_->start_from = StartFrom::kIsRefused;
  PutCommits(0, 20);
  EXPECT_THAT(Names(Name(19)), ElementsAre(Name(20)));
  EXPECT_EQ(requests(), 2U);
  EXPECT_THAT(Names(Name(19)), ElementsAre(Name(20)));
  EXPECT_EQ(requests(), 1U);
}

TEST_F(AzureLister, AnswerThatProvesNothingIsCheckedOnce) {
  PutCommits(0, 20);
  // No blob has this name: that the list begins after it might be by mistake.
  EXPECT_THAT(Names("00000000000000000018"), ElementsAre(Name(18), Name(19), Name(20)));
  EXPECT_EQ(requests(), 2U);
  EXPECT_THAT(Names("00000000000000000019"), ElementsAre(Name(19), Name(20)));
  EXPECT_EQ(requests(), 1U);
  EXPECT_THAT(Names("1"), ElementsAre());
  EXPECT_EQ(requests(), 1U);
}

TEST_F(AzureLister, NothingIsSkippedWhereTheParameterMeansAnotherThing) {
  client_->start_from = StartFrom::kIsRelative;
  PutCommits(0, 20);
  for (int turn = 0; turn < 4; ++turn) {
    EXPECT_THAT(Names(Name(18)), ElementsAre(Name(19), Name(20)));
  }
  EXPECT_EQ(requests(), 1U);
  EXPECT_FALSE(client_->asked[0].contains("startFrom"));
}

TEST_F(AzureLister, PagesAreReadUpToTheLimitOrTheEnd) {
  client_->page_names = 3;
  PutCommits(0, 9);
  EXPECT_EQ(Names("").size(), 10U);
  EXPECT_EQ(requests(), 4U);
  EXPECT_THAT(Names("", 4), ElementsAre(Name(0), Name(1), Name(2), Name(3)));
  EXPECT_EQ(requests(), 2U);
  EXPECT_THAT(Names(Name(7)), ElementsAre(Name(8), Name(9)));
  EXPECT_EQ(requests(), 1U);
  client_->start_from = StartFrom::kIsPassedOver;
  EXPECT_THAT(Names(Name(7)), ElementsAre(Name(8), Name(9)));
}

TEST_F(AzureLister, PlaceholdersDoNotMisleadIt) {
  PutCommits(0, 2);
  client_->blobs["log/"] = "";
  client_->blobs["log/folder"] = "";
  client_->extras["log/folder"] = "<Metadata><hdi_isfolder>true</hdi_isfolder></Metadata>";
  EXPECT_THAT(Names(""), ElementsAre(Name(0), Name(1), Name(2)));
  EXPECT_THAT(Names(Name(1)), ElementsAre(Name(2)));
  EXPECT_EQ(requests(), 1U);
}

/// Gives the same answer to every request.
class StuckClient final : public http::Client {
 public:
  StuckClient(int status, std::string body) : answer_{.status = status, .body = std::move(body)} {
    answer_.headers.Add("x-ms-error-code", "TheCode");
    answer_.headers.Add("x-ms-request-id", "request-1");
  }
  Result<http::ClientResponse> Send(const http::ClientRequest&, const Limits&) override {
    return answer_;
  }
  Result<std::unique_ptr<http::Download>> Start(const http::ClientRequest&,
                                                const Limits&) override {
    return Unavailable("not in this fake");
  }

 private:
  http::ClientResponse answer_;
};

TEST(AzureListerFaults, EndWithAnErrorAndTheDirectory) {
  constexpr char kBlob[] =
      "<Blob><Name>log/a</Name><Properties><Last-Modified>Sat, 21 Nov 2026 10:00:00 GMT"
      "</Last-Modified><Content-Length>1</Content-Length></Properties></Blob>";
  const std::string repeats =
      Format("<EnumerationResults><Blobs>{}</Blobs><NextMarker>m</NextMarker></EnumerationResults>",
             kBlob);
  const std::string endless =
      "<EnumerationResults><Blobs/><NextMarker>m</NextMarker></EnumerationResults>";
  struct Case {
    int status;
    std::string body;
    ErrorCode code;
  };
  const ManualClock clock{SystemTime(std::chrono::seconds(1'795'255'200))};
  for (const Case& fault :
       {Case{200, repeats, ErrorCode::kUnavailable}, Case{200, endless, ErrorCode::kUnavailable},
        Case{200, "<EnumerationResults>", ErrorCode::kUnavailable},
        Case{403, "", ErrorCode::kPermissionDenied}, Case{404, "", ErrorCode::kNotFound},
        Case{400, "", ErrorCode::kUnavailable}, Case{302, "", ErrorCode::kUnavailable},
        Case{503, "", ErrorCode::kUnavailable}}) {
    Lister lister(NewTestContainer(std::make_shared<StuckClient>(fault.status, fault.body), clock));
    for (const char* start_after : {"", "0"}) {
      const auto list =
          lister.List({.directory = "az://lake@acme/log", .start_after = start_after});
      ASSERT_THAT(list, FailsWith(fault.code)) << fault.status << fault.body;
      EXPECT_THAT(list.error().detail, testing::HasSubstr("az://lake@acme/log"));
      if (fault.status != 200) {
        EXPECT_THAT(list.error().detail, testing::HasSubstr("TheCode, request request-1"));
      }
    }
  }
}

}  // namespace
}  // namespace sluice::storage::azure
