#include <atomic>
#include <map>
#include <mutex>

#include "base/testing.h"
#include "http/raw_server_test_support.h"
#include "storage/fake_client_test_support.h"
#include "storage/stores.h"

namespace sluice::storage {
namespace {

using http::RawReply;
using http::RawServer;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

constexpr std::uint64_t kPlenty = 1 << 20;
constexpr std::string_view kModified = "Sun, 06 Nov 1994 08:49:37 GMT";

/// A web server's folder. Not thread-safe but for the lock that its server takes.
struct Folder {
  std::map<std::string, std::string> files;  ///< By path, as it is asked for.
  std::string etag = "\"1\"";
  bool knows_ranges = true;
  bool tells_length = true;
  std::string more_fields;
  std::vector<std::string> asked;  ///< "GET /x bytes=0-1"
  std::vector<int> failures;       ///< Statuses of the next answers.

  RawReply Answer(const std::string& request);

 private:
  std::string Reply(int status, bool is_head, std::string_view body, std::string fields) const;
};

std::string FieldOf(const std::string& request, std::string_view name) {
  const std::size_t found = request.find(Format("\r\n{}: ", name));
  if (found == std::string::npos) return "";
  const std::size_t begin = found + name.size() + 4;
  return request.substr(begin, request.find("\r\n", begin) - begin);
}

std::string Folder::Reply(int status, bool is_head, std::string_view body,
                          std::string fields) const {
  if (tells_length || is_head) fields += Format("Content-Length: {}\r\n", body.size());
  if (!etag.empty()) fields += Format("ETag: {}\r\n", etag);
  return Format("HTTP/1.1 {} Status\r\nLast-Modified: {}\r\n{}{}\r\n{}", status, kModified,
                more_fields, fields, is_head ? "" : body);
}

RawReply Folder::Answer(const std::string& request) {
  const bool is_head = request.starts_with("HEAD ");
  const std::size_t begin = request.find(' ') + 1;
  const std::string path = request.substr(begin, request.find(' ', begin) - begin);
  const std::string range = FieldOf(request, "Range");
  const std::string if_match = FieldOf(request, "If-Match");
  asked.push_back(
      Format("{} {}{}{}", is_head ? "HEAD" : "GET", path, range.empty() ? "" : " ", range));
  const RawReply::Then then = tells_length ? RawReply::Then::kKeep : RawReply::Then::kClose;
  if (!failures.empty()) {
    const int status = failures.front();
    failures.erase(failures.begin());
    return {.bytes = Reply(status, is_head, "oops", ""), .then = then};
  }
  const auto found = files.find(path);
  if (found == files.end()) return {.bytes = Reply(404, is_head, "no", ""), .then = then};
  if (!if_match.empty() && if_match != etag) {
    return {.bytes = Reply(412, is_head, "no", ""), .then = then};
  }
  std::string_view body = found->second;
  if (range.empty() || !knows_ranges) return {.bytes = Reply(200, is_head, body, ""), .then = then};
  const std::size_t first = http::ParseNumber(range.substr(6), 10);
  const std::size_t last = http::ParseNumber(range.substr(range.find('-') + 1), 10);
  const std::string fields = Format("Content-Range: bytes {}-{}/{}\r\n", first, last, body.size());
  return {.bytes = Reply(206, is_head, body.substr(first, last - first + 1), fields), .then = then};
}

class HttpStoreTest : public testing::Test {
 protected:
  HttpStoreTest() { store_ = Open({.name = "test"}).value(); }

  Result<Store> Open(config::StoreOptions options) {
    return NewHttpStore(options, Path(""),
                        {.clock = clock_,
                         .environment = {},
                         .private_networks = {"127.0.0.1"},
                         .identity_client = nullptr,
                         .sleep = [](std::chrono::milliseconds) {},
                         .metrics = &metrics_});
  }
  std::string Path(std::string_view key) const {
    return Format("http://{}{}{}", server_.address(), key.empty() ? "" : "/", key);
  }
  void Put(const std::string& path, std::string bytes = "x") {
    folder_.files[path] = std::move(bytes);
  }
  void PutCommits(int first, int last) {
    for (int i = first; i <= last; ++i) Put(Format("/t/_delta_log/{:020}.json", i));
  }
  void PutHint(std::string text) { Put("/t/_delta_log/_last_checkpoint", std::move(text)); }

  Result<std::vector<std::string>> List(std::string_view start_after, std::size_t limit = 1000) {
    const std::string directory = Path("t/_delta_log");
    const auto infos = TRY(
        store_.objects->List({.directory = directory, .start_after = start_after, .limit = limit}));
    std::vector<std::string> names;
    for (const ObjectInfo& info : infos) {
      // "12.json" of "00000000000000000012.json"
      names.push_back(
          info.name.substr(std::min<std::size_t>(info.name.find_first_not_of('0'), 19)));
    }
    return names;
  }
  static std::string Name(int version) { return Format("{:020}.json", version); }

  ManualClock clock_{SystemTime(std::chrono::hours(500'000))};
  observe::MetricRegistry metrics_;
  std::mutex mutex_;
  Folder folder_;
  RawServer server_{[this](const std::string& request) {
    const std::lock_guard lock(mutex_);
    return folder_.Answer(request);
  }};
  Store store_;
};

TEST_F(HttpStoreTest, StatTellsSizeTimeAndETag) {
  Put("/a/x.parquet", "12345");
  const auto info = store_.objects->Stat(Path("a/x.parquet"));
  ASSERT_THAT(info, IsOk());
  EXPECT_EQ(info->name, "x.parquet");
  EXPECT_EQ(info->size_bytes, 5U);
  EXPECT_EQ(info->modified_at, SystemTime(std::chrono::seconds(784111777)));
  EXPECT_EQ(info->etag, "\"1\"");
  EXPECT_THAT(folder_.asked, ElementsAre("HEAD /a/x.parquet"));
  EXPECT_TRUE(store_.objects->is_remote());
}

TEST_F(HttpStoreTest, MissingObjectIsNotFoundByNameAndPath) {
  const auto error = store_.objects->Stat(Path("a/x")).error();
  EXPECT_EQ(error.code, ErrorCode::kNotFound);
  EXPECT_EQ(error.message, "x does not exist");
  EXPECT_THAT(error.detail, HasSubstr(Path("a/x")));
  EXPECT_THAT(store_.objects->ReadAll(Path("a/x"), kPlenty), FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(store_.objects->Open(Path("a/x")), FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(store_.objects->OpenStream(Path("a/x"), {.size_bytes = 5}, {.length = 5}),
              FailsWith(ErrorCode::kNotFound));
  folder_.failures = {410};
  EXPECT_THAT(store_.objects->Stat(Path("a/x")), FailsWith(ErrorCode::kNotFound));
}

TEST_F(HttpStoreTest, OtherStatusesAreFailures) {
  Put("/x");
  for (const auto& [status, code] :
       {std::pair(403, ErrorCode::kPermissionDenied), std::pair(401, ErrorCode::kPermissionDenied),
        std::pair(301, ErrorCode::kUnavailable), std::pair(416, ErrorCode::kUnavailable)}) {
    folder_.failures = {status, status, status};
    EXPECT_THAT(store_.objects->Stat(Path("x")), FailsWith(code)) << status;
    EXPECT_THAT(store_.objects->ReadAll(Path("x"), kPlenty), FailsWith(code)) << status;
    EXPECT_THAT(store_.objects->OpenStream(Path("x"), {.size_bytes = 5}, {.length = 2}),
                FailsWith(code))
        << status;
  }
}

TEST_F(HttpStoreTest, KeysArePercentEncoded) {
  Put("/date=1/a%20b%25%C3%A9%2B%3F.parquet", "x");
  EXPECT_THAT(store_.objects->ReadAll(Path("date=1/a b%\xc3\xa9+?.parquet"), kPlenty),
              IsOkAnd("x"));
}

TEST_F(HttpStoreTest, ReadAllKeepsItsBound) {
  Put("/x", "12345");
  EXPECT_THAT(store_.objects->ReadAll(Path("x"), 5), IsOkAnd("12345"));
  const auto error = store_.objects->ReadAll(Path("x"), 4).error();
  EXPECT_EQ(error.code, ErrorCode::kTooLarge);
  EXPECT_EQ(error.message, "x is longer than 4 bytes");
}

TEST_F(HttpStoreTest, WhatMayPassIsAskedForAgain) {
  Put("/x", "12345");
  folder_.failures = {503, 500, 429};
  EXPECT_THAT(store_.objects->ReadAll(Path("x"), 5), IsOkAnd("12345"));
  EXPECT_EQ(StoreMetric(metrics_, "retries_total"), 3);
}

TEST_F(HttpStoreTest, PartsAreReadByRange) {
  Put("/x", "0123456789");
  const auto object = store_.objects->Open(Path("x"));
  ASSERT_THAT(object, IsOk());
  EXPECT_EQ((*object)->size_bytes(), 10U);
  std::string part(4, '\0');
  EXPECT_THAT((*object)->ReadAt(3, part), IsOk());
  EXPECT_EQ(part, "3456");
  EXPECT_THAT((*object)->ReadAt(6, part), IsOk());
  EXPECT_EQ(part, "6789");
  EXPECT_THAT((*object)->ReadAt(10, {}), IsOk());
  EXPECT_THAT(folder_.asked, ElementsAre("HEAD /x", "GET /x bytes=3-6", "GET /x bytes=6-9"));
  EXPECT_THAT((*object)->ReadAt(7, part), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT((*object)->ReadAt(~std::uint64_t{0}, part), FailsWith(ErrorCode::kInvalidArgument));
}

TEST_F(HttpStoreTest, StreamGivesThePartAskedForByOneRequest) {
  Put("/x", "0123456789");
  const auto info = store_.objects->Stat(Path("x")).value();
  auto stream = store_.objects->OpenStream(Path("x"), info, {.offset = 2, .length = 5});
  ASSERT_THAT(stream, IsOk());
  std::string part(3, ' ');
  EXPECT_THAT((*stream)->Read(part), IsOkAnd(3U));
  EXPECT_EQ(part, "234");
  EXPECT_THAT((*stream)->Read(part), IsOkAnd(2U));
  EXPECT_EQ(part.substr(0, 2), "56");
  EXPECT_THAT((*stream)->Read(part), IsOkAnd(0U));
  EXPECT_THAT(folder_.asked, ElementsAre("HEAD /x", "GET /x bytes=2-6"));
  EXPECT_THAT(store_.objects->OpenStream(Path("x"), info, {.offset = 6, .length = 5}),
              FailsWith(ErrorCode::kInvalidArgument));
}

TEST_F(HttpStoreTest, WholeObjectsAndEmptyOnesNeedNoRanges) {
  folder_.knows_ranges = false;
  Put("/x", "0123456789");
  Put("/empty", "");
  for (const bool tells_length : {true, false}) {
    folder_.tells_length = tells_length;
    for (const char* name : {"x", "empty"}) {
      const auto info = store_.objects->Stat(Path(name)).value();
      auto stream = store_.objects->OpenStream(Path(name), info, {.length = info.size_bytes});
      ASSERT_THAT(stream, IsOk());
      std::string part(20, ' ');
      EXPECT_THAT((*stream)->Read(part), IsOkAnd(info.size_bytes));
    }
  }
}

TEST_F(HttpStoreTest, ServerWithoutRangesCannotGiveParts) {
  folder_.knows_ranges = false;
  Put("/x", "0123456789");
  const auto object = store_.objects->Open(Path("x")).value();
  std::string part(4, '\0');
  const auto read = object->ReadAt(0, part);
  ASSERT_THAT(read, FailsWith(ErrorCode::kUnavailable));
  EXPECT_EQ(read.error().message, "the server of x gives no parts of objects");
  const auto info = store_.objects->Stat(Path("x")).value();
  EXPECT_THAT(store_.objects->OpenStream(Path("x"), info, {.offset = 1, .length = 9}),
              FailsWith(ErrorCode::kUnavailable));
}

TEST_F(HttpStoreTest, ReplacedObjectIsNeverMixed) {
  Put("/x", "0123456789");
  std::string part(4, '\0');
  for (const std::string etag : {"\"1\"", "W/\"1\"", ""}) {
    folder_.etag = etag;
    folder_.more_fields = "";
    const auto object = store_.objects->Open(Path("x")).value();
    const auto info = store_.objects->Stat(Path("x")).value();
    ASSERT_THAT(object->ReadAt(0, part), IsOk()) << etag;
    if (etag.empty()) {
      Put("/x", "0123456789 and more");  // nothing but the size tells
    } else {
      folder_.etag = "\"2\"";
    }
    EXPECT_THAT(object->ReadAt(4, part), FailsWith(ErrorCode::kUnavailable)) << etag;
    EXPECT_THAT(store_.objects->OpenStream(Path("x"), info, {.offset = 1, .length = 5}),
                FailsWith(ErrorCode::kUnavailable));
    EXPECT_THAT(store_.objects->OpenStream(Path("x"), info, {.length = 10}),
                FailsWith(ErrorCode::kUnavailable));
  }
}

TEST_F(HttpStoreTest, ObjectThatGoesOnAfterItsEndIsRefused) {
  Put("/x", "0123456789");
  folder_.etag = "";
  const auto info = store_.objects->Stat(Path("x")).value();
  for (const std::string bytes : {"0123456789 and more", "01234"}) {
    Put("/x", bytes);
    folder_.tells_length = false;
    auto stream = store_.objects->OpenStream(Path("x"), info, {.length = 10});
    ASSERT_THAT(stream, IsOk());
    std::string part(20, ' ');
    EXPECT_THAT((*stream)->Read(part), FailsWith(ErrorCode::kUnavailable));
  }
}

TEST_F(HttpStoreTest, ObjectThatIsGoneWhileOpenIsUnavailable) {
  Put("/x", "0123456789");
  const auto object = store_.objects->Open(Path("x")).value();
  folder_.files.clear();
  std::string part(4, '\0');
  EXPECT_THAT(object->ReadAt(0, part), FailsWith(ErrorCode::kUnavailable));
}

TEST_F(HttpStoreTest, NothingIsWritten) {
  EXPECT_THAT(store_.objects->PutIfAbsent(Path("x"), "bytes"), FailsWith(ErrorCode::kUnsupported));
  EXPECT_THAT(folder_.asked, SizeIs(0));
}

TEST_F(HttpStoreTest, PrivateAddressIsRefusedUnlessListed) {
  const auto store = NewHttpStore({}, Path(""), {.clock = clock_}).value();
  EXPECT_THAT(store.objects->Stat(Path("x")), FailsWith(ErrorCode::kPermissionDenied));
  EXPECT_THAT(folder_.asked, SizeIs(0));
}

// Links.

TEST_F(HttpStoreTest, LinksArePlainUrls) {
  const auto urls = store_.signer->Prepare(std::chrono::seconds(60)).value();
  std::string url = "url=";
  EXPECT_THAT(urls->Append(Path("date=1/a b.parquet"), url), IsOk());
  EXPECT_EQ(url, Format("url=http://{}/date=1/a%20b.parquet", server_.address()));
  EXPECT_EQ(urls->expires_at(), clock_.Now() + std::chrono::seconds(60));
}

TEST_F(HttpStoreTest, EndpointsReplaceTheBucket) {
  const auto store = Open({.endpoint = "http://" + server_.address() + "/inner/",
                           .public_endpoint = "https://data.example.com/outer"})
                         .value();
  Put("/inner/x", "inside");
  EXPECT_THAT(store.objects->ReadAll(Path("x"), kPlenty), IsOkAnd("inside"));
  std::string url;
  EXPECT_THAT(store.signer->Prepare(std::chrono::seconds(60)).value()->Append(Path("x"), url),
              IsOk());
  EXPECT_EQ(url, "https://data.example.com/outer/x");
  for (const char* endpoint : {"data.example.com", "ftp://a", "https://a/?x=1", "https://u:p@a"}) {
    EXPECT_THAT(Open({.endpoint = endpoint}), FailsWith(ErrorCode::kInvalidArgument)) << endpoint;
  }
}

// The log.

TEST_F(HttpStoreTest, OnlyALogIsListed) {
  const std::string directory = Path("t");
  EXPECT_THAT(store_.objects->List({.directory = directory, .start_after = ""}),
              FailsWith(ErrorCode::kUnsupported));
}

TEST_F(HttpStoreTest, LogWithoutCheckpointIsFoundFromZeroOn) {
  PutCommits(0, 3);
  PutCommits(5, 6);
  EXPECT_THAT(List(""), IsOkAnd(ElementsAre("0.json", "1.json", "2.json", "3.json")));
  EXPECT_THAT(List(Name(1)), IsOkAnd(ElementsAre("2.json", "3.json")));
  EXPECT_THAT(List(Name(3)), IsOkAnd(ElementsAre()));
}

TEST_F(HttpStoreTest, RefreshCostsTwoRequests) {
  PutCommits(0, 3);
  EXPECT_THAT(List(Name(3)), IsOkAnd(SizeIs(0)));
  EXPECT_THAT(folder_.asked, ElementsAre("GET /t/_delta_log/_last_checkpoint",
                                         "HEAD /t/_delta_log/00000000000000000004.json"));
}

TEST_F(HttpStoreTest, ListKeepsToItsLimitAndGoesOn) {
  PutCommits(0, 4);
  PutHint(R"({"version":2,"size":9})");
  Put("/t/_delta_log/00000000000000000002.checkpoint.parquet");
  EXPECT_THAT(List("", 3), IsOkAnd(ElementsAre("0.json", "1.json", "2.checkpoint.parquet")));
  EXPECT_THAT(List("00000000000000000002.checkpoint.parquet", 2),
              IsOkAnd(ElementsAre("2.json", "3.json")));
  EXPECT_THAT(List(Name(3), 2), IsOkAnd(ElementsAre("4.json")));
  EXPECT_THAT(List("", 0), IsOkAnd(ElementsAre()));
}

TEST_F(HttpStoreTest, LogThatWasCleanedIsFoundFromItsCheckpointOn) {
  PutCommits(18, 22);
  PutHint(R"({"version":20,"size":9})");
  Put("/t/_delta_log/00000000000000000020.checkpoint.parquet");
  const auto expected = ElementsAre("20.checkpoint.parquet", "20.json", "21.json", "22.json");
  EXPECT_THAT(List(""), IsOkAnd(expected));
  EXPECT_THAT(List("00000000000000000020"), IsOkAnd(expected));
  EXPECT_THAT(List(Name(7)), IsOkAnd(expected));
  EXPECT_THAT(List(Name(18)), IsOkAnd(ElementsAre("19.json", "20.checkpoint.parquet", "20.json",
                                                  "21.json", "22.json")));
}

TEST_F(HttpStoreTest, CheckpointMayStandAlone) {
  PutHint(R"({"version":20,"size":9})");
  Put("/t/_delta_log/00000000000000000020.checkpoint.parquet");
  EXPECT_THAT(List(""), IsOkAnd(ElementsAre("20.checkpoint.parquet")));
}

TEST_F(HttpStoreTest, CheckpointsOfAllFormsAreFound) {
  PutCommits(0, 1);
  const std::string prefix = "00000000000000000001.checkpoint.";
  PutHint(R"({"version":1,"size":9,"parts":2})");
  Put("/t/_delta_log/" + prefix + "0000000001.0000000002.parquet");
  Put("/t/_delta_log/" + prefix + "0000000002.0000000002.parquet");
  EXPECT_THAT(List(Name(0)),
              IsOkAnd(ElementsAre("1.checkpoint.0000000001.0000000002.parquet",
                                  "1.checkpoint.0000000002.0000000002.parquet", "1.json")));
  const std::string v2 = prefix + "80a083e8-7026-4e79-81be-64bd76c43a11.parquet";
  PutHint(Format(R"({{"version":1,"size":9,"v2Checkpoint":{{"path":"{}"}}}})", v2));
  Put("/t/_delta_log/" + v2);
  EXPECT_THAT(
      List(Name(0)),
      IsOkAnd(ElementsAre("1.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.parquet", "1.json")));
}

TEST_F(HttpStoreTest, HintThatIsNoneIsPassedOver) {
  PutCommits(0, 1);
  for (const char* text : {"", "no json", "[]", "{}", R"({"version":"1"})", R"({"version":-1})",
                           R"({"version":9223372036854775807})",
                           R"({"version":1,"v2Checkpoint":{"path":"../../secret"}})",
                           R"({"version":1,"parts":-1})", R"({"version":1,"parts":1000000000})"}) {
    PutHint(text);
    EXPECT_THAT(List(""), IsOkAnd(ElementsAre("0.json", "1.json"))) << text;
  }
}

TEST_F(HttpStoreTest, CheckpointThatIsGoneHidesNoCommit) {
  PutCommits(0, 2);
  PutHint(R"({"version":1,"size":9})");
  EXPECT_THAT(List(""), IsOkAnd(ElementsAre("0.json", "1.json", "2.json")));
}

TEST_F(HttpStoreTest, FailureIsNoEndOfTheLog) {
  PutCommits(0, 2);
  for (const int status : {403, 500}) {
    folder_.failures = std::vector<int>(5, status);
    EXPECT_THAT(List(""), Not(IsOk())) << status;
    folder_.failures = {404, 200, 403};
    EXPECT_THAT(List(""), FailsWith(ErrorCode::kPermissionDenied));
  }
}

TEST_F(HttpStoreTest, NamesThatAreNoVersionsComeBeforeOrAfterAll) {
  PutCommits(0, 1);
  EXPECT_THAT(List("-"), IsOkAnd(SizeIs(2)));
  for (const char* name : {"_last", "1000000000000000.json", "99999999999999999999.json"}) {
    EXPECT_THAT(List(name), IsOkAnd(SizeIs(0))) << name;
  }
}

TEST_F(HttpStoreTest, ThereIsABoundOnCommitsLookedFor) {
  PutCommits(9'998, 10'002);
  EXPECT_THAT(List(Name(9'997), 2), IsOkAnd(SizeIs(2)));
  EXPECT_THAT(List(Name(9'997)), FailsWith(ErrorCode::kTooLarge));
  EXPECT_THAT(List(Name(10'000)), FailsWith(ErrorCode::kTooLarge));
  PutHint(R"({"version":9998,"size":9})");
  Put("/t/_delta_log/00000000000000009998.checkpoint.parquet");
  EXPECT_THAT(List(Name(9'998)), IsOkAnd(SizeIs(4)));
  PutHint(R"({"version":10001,"size":9})");
  Put("/t/_delta_log/00000000000000010001.checkpoint.parquet");
  Put("/t/_delta_log/00000000000000000000.json");
  EXPECT_THAT(List(""),
              IsOkAnd(ElementsAre("10001.checkpoint.parquet", "10001.json", "10002.json")));
}

}  // namespace
}  // namespace sluice::storage
