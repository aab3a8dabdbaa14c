#include "sharing/file_response.h"

#include <unistd.h>

#include <cstdlib>

#include "base/testing.h"

namespace sluice::sharing {
namespace {

constexpr char kEtag[] = "\"64-17a\"";
constexpr std::uint64_t kSize = 100;

using Fields = std::vector<std::pair<std::string, std::string>>;

http::Response Respond(const Fields& fields, std::uint64_t size_bytes = kSize) {
  http::Request request{.method = "GET"};
  for (const auto& [name, value] : fields) request.headers.Add(name, value);
  return RespondWithFile(request, storage::LocalFile{.size_bytes = size_bytes, .etag = kEtag})
      .value();
}

std::string HeaderOf(const http::Response& response, std::string_view name) {
  const std::string* const value = response.headers.Find(name);
  return value != nullptr ? *value : "none";
}

/// "STATUS OFFSET+LENGTH CONTENT-RANGE"
std::string Summary(const http::Response& response) {
  const auto* const file = std::get_if<http::FileBody>(&response.body);
  return Format("{} {}+{} {}", response.status, file != nullptr ? file->offset_bytes : 0,
                file != nullptr ? file->length_bytes : 0, HeaderOf(response, "Content-Range"));
}

TEST(FileResponse, IsWholeWithoutARange) {
  const http::Response response = Respond({});
  EXPECT_EQ(Summary(response), "200 0+100 none");
  EXPECT_EQ(HeaderOf(response, "ETag"), kEtag);
  EXPECT_EQ(HeaderOf(response, "Accept-Ranges"), "bytes");
  EXPECT_EQ(HeaderOf(response, "Content-Type"), "application/octet-stream");
}

TEST(FileResponse, IsThePartThatWasAskedFor) {
  // Spark takes nothing but 206 for a range, even one of the whole file.
  EXPECT_EQ(Summary(Respond({{"Range", "bytes=0-"}})), "206 0+100 bytes 0-99/100");
  EXPECT_EQ(Summary(Respond({{"Range", "bytes=10-19"}})), "206 10+10 bytes 10-19/100");
  EXPECT_EQ(Summary(Respond({{"Range", "bytes=-5"}})), "206 95+5 bytes 95-99/100");
  EXPECT_EQ(HeaderOf(Respond({{"range", "bytes=0-"}}), "ETag"), kEtag);
}

TEST(FileResponse, TellsTheSizeToARangeBeyondIt) {
  const http::Response response = Respond({{"Range", "bytes=100-"}});
  EXPECT_EQ(Summary(response), "416 0+0 bytes */100");
  EXPECT_EQ(HeaderOf(response, "ETag"), kEtag);
  EXPECT_EQ(Summary(Respond({{"Range", "bytes=0-"}}, 0)), "416 0+0 bytes */0");
}

TEST(FileResponse, IsOnlyAHeadForWhoHasTheFile) {
  const std::string tag = kEtag;
  for (const std::string& known : {tag, "W/" + tag, "\"other\", " + tag, std::string("*")}) {
    const http::Response response = Respond({{"If-None-Match", known}, {"Range", "bytes=0-1"}});
    EXPECT_EQ(Summary(response), "304 0+0 none") << known;
    EXPECT_EQ(HeaderOf(response, "ETag"), kEtag);
  }
  for (const char* other : {"\"other\"", "\"64\"", "", ",", "64-17a"}) {
    EXPECT_EQ(Respond({{"If-None-Match", other}}).status, 200) << other;
  }
}

TEST(FileResponse, GivesAPartOnlyOfTheFileTheClientMeans) {
  const std::string tag = kEtag;
  const auto status_if = [](const std::string& if_range) {
    return Respond({{"Range", "bytes=0-9"}, {"If-Range", if_range}}).status;
  };
  EXPECT_EQ(status_if(tag), 206);
  EXPECT_EQ(status_if(" " + tag + " "), 206);
  EXPECT_EQ(status_if("\"other\""), 200);
  EXPECT_EQ(status_if("W/" + tag), 200);  // a weak tag promises no equal bytes
  EXPECT_EQ(status_if("Sat, 21 Nov 2026 10:00:00 GMT"), 200);
  // A range that cannot be satisfied does not count either.
  EXPECT_EQ(Respond({{"Range", "bytes=100-"}, {"If-Range", "\"other\""}}).status, 200);
}

TEST(FileResponse, HandsTheOpenFileOn) {
  std::string path = testing::TempDir() + "file-XXXXXX";
  storage::LocalFile file{
      .file = FileDescriptor(mkstemp(path.data())), .size_bytes = 1, .etag = "\"e\""};
  const int fd = file.file.get();
  const http::Response response = RespondWithFile({.method = "GET"}, std::move(file)).value();
  EXPECT_EQ(std::get<http::FileBody>(response.body).file.get(), fd);
  ::unlink(path.c_str());
}

}  // namespace
}  // namespace sluice::sharing
