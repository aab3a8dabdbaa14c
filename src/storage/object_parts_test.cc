#include "storage/object_parts.h"

#include <deque>

#include "base/testing.h"

namespace sluice::storage {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Gives `body` and then, if it was cut, an error.
class CutDownload final : public http::Download {
 public:
  CutDownload(http::ClientResponse response, bool breaks)
      : response_(std::move(response)), breaks_(breaks) {}
  int status() const override { return response_.status; }
  const http::Headers& headers() const override { return response_.headers; }
  Result<std::size_t> Read(std::span<char> out) override {
    const std::size_t count = response_.body.copy(out.data(), out.size(), offset_);
    offset_ += count;
    if (count == 0 && breaks_) return Unavailable("the connection broke");
    return count;
  }

 private:
  http::ClientResponse response_;
  bool breaks_;
  std::size_t offset_ = 0;
};

/// A store of one object, "0123456789", whose answers may be spoilt.
class ObjectParts : public testing::Test {
 protected:
  http::ClientResponse Answer(ByteSpan span) {
    asked_.push_back(RangeOf(span));
    http::ClientResponse answer{.status = status_,
                                .body = std::string("0123456789").substr(span.offset, span.length)};
    answer.headers.Add("ETag", etag_);
    answer.headers.Add("Content-Range", range_.empty() ? Format("bytes {}-{}/10", span.offset,
                                                                span.offset + span.length - 1)
                                                       : range_);
    if (cut_after_) answer.body.resize(std::min(answer.body.size(), *cut_after_));
    return answer;
  }
  Result<http::ClientResponse> AnswerOrRefusal(ByteSpan span) {
    http::ClientResponse answer = Answer(span);
    if (answer.status / 100 == 2) return answer;
    Error error = answer.status == 404 ? NotFound("x does not exist") : PermissionDenied("no x");
    return PartRefusal(answer.status, "az://lake/x", std::move(error));
  }
  PartSource Source(std::string etag = "\"1\"") {
    return {.path = "az://lake/x",
            .info = {.name = "x", .size_bytes = 10, .modified_at = {}, .etag = std::move(etag)},
            .send = [this](ByteSpan span) { return AnswerOrRefusal(span); },
            .start = [this](ByteSpan span) -> Result<std::unique_ptr<http::Download>> {
              http::ClientResponse answer = TRY(AnswerOrRefusal(span));
              return std::make_unique<CutDownload>(std::move(answer), breaks_);
            }};
  }
  Result<std::string> ReadPart(std::uint64_t offset, std::size_t length) {
    std::string bytes(length, ' ');
    TRY(NewPartReader(Source())->ReadAt(offset, bytes));
    return bytes;
  }
  Result<std::string> ReadStream(ByteSpan span, std::string etag = "\"1\"") {
    const auto stream = TRY(StartPartStream(Source(std::move(etag)), span));
    std::string bytes;
    std::string piece(3, ' ');
    while (true) {
      const std::size_t count = TRY(stream->Read(piece));
      bytes.append(piece, 0, count);
      if (count < piece.size()) return bytes;
    }
  }

  int status_ = 206;
  std::string etag_ = "\"1\"";
  std::string range_;
  std::optional<std::size_t> cut_after_;
  bool breaks_ = true;
  std::vector<std::string> asked_;
};

TEST_F(ObjectParts, AreReadByOneRequestEach) {
  EXPECT_THAT(ReadPart(2, 4), IsOkAnd(std::string("2345")));
  EXPECT_THAT(ReadPart(10, 0), IsOkAnd(std::string()));
  EXPECT_THAT(ReadStream({.offset = 1, .length = 7}), IsOkAnd(std::string("1234567")));
  EXPECT_THAT(ReadStream({.offset = 10, .length = 0}), IsOkAnd(std::string()));
  EXPECT_THAT(asked_, ElementsAre("bytes=2-5", "bytes=1-7"));
}

TEST_F(ObjectParts, EndWithTheObject) {
  EXPECT_THAT(ReadPart(9, 2), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(ReadPart(~std::uint64_t{0}, 2), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(ReadStream({.offset = 5, .length = 6}), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_TRUE(asked_.empty());
}

TEST_F(ObjectParts, OfAReplacedObjectAreRefused) {
  const auto expect_refused = [this] {
    EXPECT_THAT(ReadPart(0, 5), FailsWith(ErrorCode::kUnavailable));
    EXPECT_THAT(ReadStream({.offset = 0, .length = 5}), FailsWith(ErrorCode::kUnavailable));
  };
  for (const int status : {412, 416}) {
    status_ = status;
    expect_refused();
  }
  status_ = 206;
  etag_ = "\"2\"";
  expect_refused();
  etag_ = "\"1\"";
  for (const char* range : {"bytes 0-4/11", "bytes 1-5/10", "bytes 0-5/10", "0-4/10", "*"}) {
    range_ = range;
    expect_refused();
  }
}

TEST_F(ObjectParts, AWholeObjectIsNoPartOfIt) {
  status_ = 200;
  EXPECT_THAT(ReadPart(0, 5), FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(ReadPart(0, 10), IsOkAnd(std::string("0123456789")));
}

TEST_F(ObjectParts, ARefusalIsTheStores) {
  status_ = 403;
  EXPECT_THAT(ReadPart(0, 5), FailsWith(ErrorCode::kPermissionDenied));
  EXPECT_THAT(ReadStream({.offset = 0, .length = 5}), FailsWith(ErrorCode::kPermissionDenied));
}

TEST_F(ObjectParts, OfAnObjectThatIsGoneAreUnavailableToWhoHasItOpen) {
  status_ = 404;
  EXPECT_THAT(ReadPart(0, 5), FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(ReadStream({.offset = 0, .length = 5}), FailsWith(ErrorCode::kNotFound));
}

TEST_F(ObjectParts, AnAnswerWithoutTheTagIsRefused) {
  etag_ = "";
  EXPECT_THAT(ReadPart(0, 5), FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(ReadStream({.offset = 0, .length = 5}), FailsWith(ErrorCode::kUnavailable));
}

TEST_F(ObjectParts, StreamDoesNotGoOnByAWeakTag) {
  cut_after_ = 3;
  etag_ = "W/\"1\"";
  EXPECT_THAT(ReadStream({.offset = 0, .length = 10}, etag_), FailsWith(ErrorCode::kUnavailable));
  EXPECT_EQ(asked_.size(), 1U);
}

TEST_F(ObjectParts, StreamGoesOnWhereItBroke) {
  cut_after_ = 3;
  for (const bool breaks : {true, false}) {
    asked_.clear();
    breaks_ = breaks;
    EXPECT_THAT(ReadStream({.offset = 0, .length = 10}), IsOkAnd(std::string("0123456789")));
    EXPECT_THAT(asked_, ElementsAre("bytes=0-9", "bytes=3-9", "bytes=6-9", "bytes=9-9"));
  }
}

TEST_F(ObjectParts, StreamGoesOnThriceAtMost) {
  cut_after_ = 1;
  const auto read = ReadStream({.offset = 0, .length = 10});
  ASSERT_THAT(read, FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(read.error().detail, HasSubstr("az://lake/x"));
  EXPECT_EQ(asked_.size(), 4U);
}

TEST_F(ObjectParts, StreamOfAnObjectWithoutATagDoesNotGoOn) {
  cut_after_ = 3;
  EXPECT_THAT(ReadStream({.offset = 0, .length = 10}, ""), FailsWith(ErrorCode::kUnavailable));
  EXPECT_EQ(asked_.size(), 1U);
}

TEST_F(ObjectParts, AShortAnswerIsNoPart) {
  cut_after_ = 3;
  EXPECT_THAT(ReadPart(0, 5), FailsWith(ErrorCode::kUnavailable));
}

}  // namespace
}  // namespace sluice::storage
