#include "http/request_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::http {
namespace {

using State = RequestParser::State;
using testing::ElementsAre;
using testing::Pair;

constexpr RequestParser::Limits kLimits{.max_header_bytes = 1'000, .max_body_bytes = 100};

/// Feeds all of `text` at once, or in pieces of `step` bytes with what was not taken before them.
void FeedAll(RequestParser& parser, std::string_view text, std::size_t step = 100'000) {
  std::string pending;
  while (!text.empty() && parser.state() != State::kDone && parser.state() != State::kFailed) {
    pending += text.substr(0, step);
    text.remove_prefix(std::min(step, text.size()));
    pending.erase(0, parser.Feed(pending));
  }
}

int StatusOf(std::string_view text, std::size_t step = 100'000) {
  RequestParser parser(kLimits);
  FeedAll(parser, text, step);
  return parser.state() == State::kDone ? 200 : parser.refusal().status;
}

TEST(RequestParser, ReadsARequestHoweverItIsCut) {
  constexpr std::string_view kText =
      "POST /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nX-Y:  z \r\n\r\nhello";
  for (std::size_t step = 1; step <= kText.size(); ++step) {
    RequestParser parser(kLimits);
    FeedAll(parser, kText, step);
    ASSERT_EQ(parser.state(), State::kDone) << step;
    const Request& request = parser.request();
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.target, "/a?b=c");
    EXPECT_EQ(request.path, "/a");
    EXPECT_THAT(request.query, ElementsAre(Pair("b", "c")));
    EXPECT_EQ(*request.headers.Find("x-y"), "z");
    EXPECT_EQ(request.body, "hello");
    EXPECT_TRUE(parser.keep_alive());
  }
}

TEST(RequestParser, ReadsAChunkedBodyAndDropsItsTrailer) {
  constexpr std::string_view kText =
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nX-Late: 1\r\n\r\n";
  for (std::size_t step = 1; step <= kText.size(); ++step) {
    RequestParser parser(kLimits);
    FeedAll(parser, kText, step);
    ASSERT_EQ(parser.state(), State::kDone) << step;
    EXPECT_EQ(parser.request().body, "abcde");
    EXPECT_EQ(parser.request().headers.Find("X-Late"), nullptr);
  }
}

TEST(RequestParser, ReadsAnEmptyChunkedBodyHoweverItTrickles) {
  constexpr std::string_view kText =
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Late: 1\r\n\r\n";
  for (std::size_t step = 1; step <= kText.size(); ++step) {
    RequestParser parser(kLimits);
    FeedAll(parser, kText, step);
    ASSERT_EQ(parser.state(), State::kDone) << step;
  }
}

TEST(RequestParser, StopsAtTheEndOfTheRequest) {
  RequestParser parser(kLimits);
  constexpr std::string_view kFirst = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  EXPECT_EQ(parser.Feed(std::string(kFirst) + "GET /second HTTP/1.1\r\n"), kFirst.size());
  EXPECT_EQ(parser.state(), State::kDone);
}

TEST(RequestParser, Http10ClosesUnlessAsked) {
  RequestParser closing(kLimits);
  FeedAll(closing, "GET / HTTP/1.0\r\n\r\n");
  ASSERT_EQ(closing.state(), State::kDone);
  EXPECT_FALSE(closing.keep_alive());
  RequestParser keeping(kLimits);
  FeedAll(keeping, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_TRUE(keeping.keep_alive());
}

TEST(RequestParser, AHeaderBeyondTheLimitIs431) {
  const std::string big = "GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(1'000, 'a') + "\r\n\r\n";
  EXPECT_EQ(StatusOf(big), 431);
  EXPECT_EQ(StatusOf(big, 7), 431);
  EXPECT_EQ(StatusOf("GET /" + std::string(1'000, 'a'), 13), 431);
}

TEST(RequestParser, ManySmallFieldsThatArriveSlowlyAre431) {
  std::string many = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 300; ++i) many += "a: b\r\n";
  EXPECT_EQ(StatusOf(many + "\r\n", 1), 431);
}

TEST(RequestParser, MoreThan256FieldsAre431) {
  std::string many = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (std::size_t i = 0; i < kMaxHeaderFields; ++i) many += "a:\r\n";
  RequestParser parser({.max_header_bytes = 1 << 20, .max_body_bytes = 0});
  FeedAll(parser, many + "\r\n");
  EXPECT_EQ(parser.refusal().status, 431);
}

TEST(RequestParser, ABodyBeyondTheLimitIs413BeforeItIsRead) {
  EXPECT_EQ(StatusOf("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n"), 413);
  EXPECT_EQ(StatusOf("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n"),
            413);
  EXPECT_EQ(StatusOf("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n" +
                     std::string(64, 'a') + "\r\n40\r\n"),
            413);
}

TEST(RequestParser, AmbiguousFramingIs400) {
  constexpr std::string_view kStart = "POST / HTTP/1.1\r\nHost: x\r\n";
  for (const char* framing : {
           "Content-Length: 5\r\nContent-Length: 5\r\n",
           "Content-Length: 5\r\nContent-Length: 6\r\n",
           "Content-Length: 5, 5\r\n",
           "Content-Length: +5\r\n",
           "Content-Length: 0x5\r\n",
           "Content-Length: -1\r\n",
           "Content-Length:\r\n",
           "Content-Length: 99999999999999999999\r\n",
           "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: gzip\r\n",
           "Transfer-Encoding: gzip, chunked\r\n",
           "Transfer-Encoding: chunked, gzip\r\n",
           "Transfer-Encoding : chunked\r\n",
           "Transfer-Encoding: xchunked\r\n",
       }) {
    EXPECT_EQ(StatusOf(std::string(kStart) + framing + "\r\nhello"), 400) << framing;
  }
  EXPECT_EQ(StatusOf("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400);
}

TEST(RequestParser, WhatIsNotHttpIs400) {
  EXPECT_EQ(StatusOf("\x16\x03\x01\x02"), 400);
  EXPECT_EQ(StatusOf("GET / FTP/1.1\r\n\r\n"), 505);
  EXPECT_EQ(StatusOf("GET / HTTP/2.0\r\n\r\n"), 505);
  EXPECT_EQ(StatusOf("GET  / HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf("GET / HTTP/1.1\nHost: x\n\n"), 505);
  EXPECT_EQ(StatusOf("GET / HTTP/1.1\r\nHost: x\r\nbad name: y\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf("GET / HTTP/1.1\r\nHost: x\r\nX: a\x01\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf("GET example.com:80 HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
}

TEST(RequestParser, AChunkHeaderWithoutEndIs400) {
  EXPECT_EQ(StatusOf("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;" +
                         std::string(3'000, 'a'),
                     100),
            400);
}

TEST(RequestParser, Http11NeedsExactlyOneHost) {
  EXPECT_EQ(StatusOf("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf("GET / HTTP/1.0\r\n\r\n"), 200);
}

TEST(RequestParser, ExpectContinueIsNoticedAndOtherExpectationsRefused) {
  RequestParser parser(kLimits);
  FeedAll(parser,
          "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n\r\n");
  EXPECT_EQ(parser.state(), State::kBody);
  EXPECT_TRUE(parser.expects_continue());
  EXPECT_EQ(StatusOf("GET / HTTP/1.1\r\nHost: x\r\nExpect: tea\r\n\r\n"), 417);
}

TEST(RequestParser, UnknownMethodsAreLeftToTheHandler) {
  EXPECT_EQ(StatusOf("BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
}

}  // namespace
}  // namespace sluice::http
