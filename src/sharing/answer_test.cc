#include "sharing/answer.h"

#include <algorithm>

#include "base/testing.h"
#include "table/testing.h"

namespace sluice::sharing {
namespace {

using std::chrono::seconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::size_t kFirstPartBytes = 256 << 10;
constexpr std::size_t kMaxLineBytes = 1 << 10;

class AnswerTest : public testing::Test {
 protected:
  /// An answer over files of these paths.
  TableAnswer FilesOf(const std::vector<std::string>& paths) const {
    table::BlockMaker block;
    for (const std::string& path : paths) block.Add(path, R"({"numRecords":1})");
    const auto snapshot = table::SnapshotOf(block.Finish(), table::MetadataOf({"id long"}));
    auto urls = signer_.Prepare(
        {.base_url = "http://h/p", .recipient = "me", .share = "s", .schema = "c", .table = "t"},
        seconds(3600));
    const std::shared_ptr<const FileLinks> links = LinksThroughServer(std::move(urls));
    const protocol::FileLineRenderer renderer({.urls_expire_at = links->expires_at()});
    TableAnswer answer{.head_lines = "{\"protocol\":{}}\n{\"metaData\":{}}\n"};
    answer.files =
        SnapshotLines(snapshot->Select({}, std::nullopt),
                      {.table_root = "/t", .links = links, .renderer = renderer}, std::nullopt, {});
    return answer;
  }
  void AskForEnd(TableAnswer& answer) const {
    answer.end = protocol::EndStreamAction{.min_url_expires_at = clock_.Now() + seconds(3600)};
  }
  static std::vector<std::string> Paths(std::size_t count) {
    std::vector<std::string> paths;
    for (std::size_t i = 0; i < count; ++i) paths.push_back(Format("part-{}.parquet", i));
    return paths;
  }

  /// A streamed answer, read to its end.
  struct Streamed {
    std::string text;
    std::size_t largest_chunk = 0;
    std::size_t chunks = 0;
    std::optional<Error> error;
  };
  static Streamed ReadAll(TableAnswerBody& body) {
    Streamed streamed;
    auto& source = *std::get<std::unique_ptr<http::BodySource>>(body);
    std::string chunk;
    while (true) {
      if (const auto next = source.Next(chunk); !next.ok()) {
        streamed.error = next.error();
        return streamed;
      }
      if (chunk.empty()) return streamed;
      EXPECT_TRUE(chunk.ends_with('\n'));
      streamed.text += chunk;
      streamed.largest_chunk = std::max(streamed.largest_chunk, chunk.size());
      ++streamed.chunks;
    }
  }
  static bool IsWhole(const TableAnswerBody& body) {
    return std::holds_alternative<std::string>(body);
  }
  static std::size_t LinesIn(const std::string& text) {
    return static_cast<std::size_t>(std::ranges::count(text, '\n'));
  }

  ManualClock clock_{SystemTime(seconds(1'795'255'200))};
  storage::FileUrlSigner signer_{Secret("master"), clock_};
};

TEST_F(AnswerTest, OfATableWithoutFilesIsItsHead) {
  const auto body = RenderAnswer(FilesOf({}));
  ASSERT_THAT(body, IsOk());
  EXPECT_EQ(std::get<std::string>(*body), "{\"protocol\":{}}\n{\"metaData\":{}}\n");
}

TEST_F(AnswerTest, EndsWithAnActionOnlyIfAsked) {
  TableAnswer files = FilesOf(Paths(1));
  EXPECT_THAT(std::get<std::string>(*RenderAnswer(FilesOf(Paths(1)))),
              Not(HasSubstr("endStreamAction")));
  AskForEnd(files);
  EXPECT_THAT(std::get<std::string>(*RenderAnswer(std::move(files))),
              EndsWith("{\"endStreamAction\":{\"minUrlExpirationTimestamp\":1795258800000}}\n"));
}

TEST_F(AnswerTest, IsWholeUpToTheFirstPartAndStreamedAbove) {
  const std::size_t head = std::get<std::string>(*RenderAnswer(FilesOf({}))).size();
  const std::string path = "part-00000.parquet";  // lines of one length
  const std::size_t line = std::get<std::string>(*RenderAnswer(FilesOf({path}))).size() - head;
  const std::size_t fits = (kFirstPartBytes - head) / line;
  const auto whole = RenderAnswer(FilesOf(std::vector(fits, path)));
  ASSERT_THAT(whole, IsOk());
  ASSERT_TRUE(IsWhole(*whole));
  EXPECT_EQ(std::get<std::string>(*whole).size(), head + fits * line);

  auto streamed = RenderAnswer(FilesOf(std::vector(fits + 2, path)));
  ASSERT_THAT(streamed, IsOk());
  ASSERT_FALSE(IsWhole(*streamed));
  EXPECT_EQ(ReadAll(*streamed).text.size(), head + (fits + 2) * line);
}

TEST_F(AnswerTest, OfManyFilesNeedsAFixedBuffer) {
  constexpr std::size_t kFiles = 100'000;
  TableAnswer files = FilesOf(Paths(kFiles));
  AskForEnd(files);
  auto body = RenderAnswer(std::move(files));
  ASSERT_THAT(body, IsOk());
  ASSERT_FALSE(IsWhole(*body));
  const Streamed streamed = ReadAll(*body);
  EXPECT_FALSE(streamed.error);
  EXPECT_LT(streamed.largest_chunk, kFirstPartBytes + kMaxLineBytes);
  EXPECT_GT(streamed.text.size(), 50 * kFirstPartBytes);
  EXPECT_LE(streamed.chunks, streamed.text.size() / kFirstPartBytes + 1);
  EXPECT_EQ(LinesIn(streamed.text), 2 + kFiles + 1);
  EXPECT_THAT(streamed.text, StartsWith("{\"protocol\":{}}\n{\"metaData\":{}}\n{\"file\":"));
  EXPECT_THAT(streamed.text, HasSubstr("/part-99999.parquet?"));
}

TEST_F(AnswerTest, FaultInTheFirstPartIsAnError) {
  for (const bool asked : {false, true}) {
    TableAnswer files = FilesOf({"good.parquet", "../bad.parquet"});
    if (asked) AskForEnd(files);
    EXPECT_THAT(RenderAnswer(std::move(files)), FailsWith(ErrorCode::kUnsupported)) << asked;
  }
}

TEST_F(AnswerTest, LaterFaultCutsTheConnectionOfWhoAskedForNoEnd) {
  std::vector<std::string> paths = Paths(3'000);
  paths.push_back("%zz");
  auto body = RenderAnswer(FilesOf(paths));
  ASSERT_THAT(body, IsOk());
  ASSERT_FALSE(IsWhole(*body));
  const Streamed streamed = ReadAll(*body);
  ASSERT_TRUE(streamed.error);
  EXPECT_EQ(streamed.error->code, ErrorCode::kCorruptData);
  EXPECT_THAT(streamed.text, Not(HasSubstr("endStreamAction")));
}

TEST_F(AnswerTest, LaterFaultIsTheLastLineForWhoAskedForAnEnd) {
  struct Case {
    std::string path;
    std::string status;
  };
  for (const Case& fault : {Case{"%zz", "500"}, Case{"../x", "400"}, Case{"s3://b/x", "501"}}) {
    std::vector<std::string> paths = Paths(3'000);
    paths.push_back(fault.path);
    paths.push_back("behind.parquet");
    TableAnswer files = FilesOf(paths);
    AskForEnd(files);
    auto body = RenderAnswer(std::move(files));
    ASSERT_THAT(body, IsOk());
    const Streamed streamed = ReadAll(*body);
    EXPECT_FALSE(streamed.error);
    EXPECT_EQ(LinesIn(streamed.text), 2 + 3'000 + 1u);
    const std::string last = streamed.text.substr(streamed.text.rfind("\n{") + 1);
    EXPECT_THAT(last, StartsWith(R"({"endStreamAction":{"errorMessage":")"));
    EXPECT_THAT(last, EndsWith(R"("httpStatusErrorCode":)" + fault.status + "}}\n"));
    EXPECT_THAT(last, Not(HasSubstr("minUrlExpirationTimestamp")));
  }
}

}  // namespace
}  // namespace sluice::sharing
