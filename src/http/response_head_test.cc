#include "http/response_head.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::http {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string HeadOf(const Response& response, const ResponseFrame& frame) {
  std::string out;
  AppendResponseHead(response, frame, "00ff", "today", out);
  return out;
}

TEST(DateCache, WritesTheFormOfRfc9110) {
  DateCache cache;
  EXPECT_EQ(cache.At(784'111'777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(cache.At(784'111'777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(cache.At(784'111'778), "Sun, 06 Nov 1994 08:49:38 GMT");
}

TEST(ResponseHead, IsWrittenWhole) {
  Response response{.status = 404, .headers = {}, .body = {}, .log_fields = {}};
  response.headers.Add("Content-Type", "text/plain");
  EXPECT_EQ(HeadOf(response, {.content_length = 3}),
            "HTTP/1.1 404 Not Found\r\nDate: today\r\nX-Request-Id: 00ff\r\n"
            "Content-Type: text/plain\r\nContent-Length: 3\r\n\r\n");
}

TEST(ResponseHead, NoValueCanBeginAnotherField) {
  Response response;
  response.headers.Add("X-Name", "a\r\nSet-Cookie: b\n\nbody");
  EXPECT_THAT(HeadOf(response, {}), HasSubstr("X-Name: a  Set-Cookie: b  body\r\n"));
}

TEST(ResponseHead, FieldsOfTheServerAreNotTheHandlersToSet) {
  Response response;
  response.headers.Add("content-length", "99");
  response.headers.Add("Transfer-Encoding", "gzip");
  const std::string head = HeadOf(response, {.content_length = 1});
  EXPECT_THAT(head, Not(HasSubstr("99")));
  EXPECT_THAT(head, Not(HasSubstr("gzip")));
}

TEST(ResponseHead, SaysHowTheConnectionGoesOn) {
  EXPECT_THAT(HeadOf({}, {.keep_alive = false}), HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(HeadOf({}, {.is_http_1_1 = false}), HasSubstr("Connection: keep-alive\r\n"));
  EXPECT_THAT(HeadOf({}, {}), Not(HasSubstr("Connection:")));
}

TEST(ResponseHead, SaysHowTheBodyIsEncoded) {
  const std::string head = HeadOf({}, {.chunked = true, .gzip = true, .varies_by_coding = true});
  EXPECT_THAT(head, HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(head, HasSubstr("Content-Encoding: gzip\r\n"));
  EXPECT_THAT(head, HasSubstr("Vary: Accept-Encoding\r\n"));
}

}  // namespace
}  // namespace sluice::http
