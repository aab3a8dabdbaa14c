#include "protocol/error.h"

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>
#include <variant>

#include "base/json.h"

namespace sluice::protocol {
namespace {

std::string Body(const http::Response& response) { return std::get<std::string>(response.body); }

TEST(HttpStatus, KnowsEveryCode) {
  struct Expected {
    ErrorCode code;
    int status;
    const char* wire;
  };
  for (const Expected& expected : {
           Expected{ErrorCode::kInvalidArgument, 400, "INVALID_PARAMETER_VALUE"},
           Expected{ErrorCode::kMalformed, 400, "MALFORMED_REQUEST"},
           Expected{ErrorCode::kUnsupported, 400, "UNSUPPORTED_OPERATION"},
           Expected{ErrorCode::kUnauthenticated, 401, "UNAUTHENTICATED"},
           Expected{ErrorCode::kPermissionDenied, 403, "PERMISSION_DENIED"},
           Expected{ErrorCode::kNotFound, 404, "RESOURCE_DOES_NOT_EXIST"},
           // An unknown table is a 404; one whose files are missing a 400, as the reference has it.
           Expected{ErrorCode::kMissingData, 400, "RESOURCE_DOES_NOT_EXIST"},
           Expected{ErrorCode::kAlreadyExists, 409, "RESOURCE_ALREADY_EXISTS"},
           Expected{ErrorCode::kTooLarge, 413, "REQUEST_TOO_LARGE"},
           Expected{ErrorCode::kResourceExhausted, 429, "RESOURCE_EXHAUSTED"},
           Expected{ErrorCode::kNotImplemented, 501, "NOT_IMPLEMENTED"},
           Expected{ErrorCode::kUnavailable, 503, "UNAVAILABLE"},
           Expected{ErrorCode::kDeadlineExceeded, 504, "DEADLINE_EXCEEDED"},
           Expected{ErrorCode::kCorruptData, 500, "INTERNAL_ERROR"},
           Expected{ErrorCode::kInternal, 500, "INTERNAL_ERROR"},
       }) {
    EXPECT_EQ(HttpStatus(expected.code), expected.status);
    EXPECT_EQ(WireErrorCode(Error{expected.code, "", ""}), expected.wire);
  }
}

TEST(ErrorResponse, IsOneLineOfJson) {
  const http::Response response = ErrorResponse(NotFound("table '{}' does not exist", "a\"b"), "7");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(*response.headers.Find("content-type"), "application/json; charset=utf-8");
  EXPECT_EQ(Body(response),
            R"({"errorCode":"RESOURCE_DOES_NOT_EXIST","message":"table 'a\"b' does not exist"})"
            "\n");
  EXPECT_EQ(response.headers.Find("Retry-After"), nullptr);
  EXPECT_EQ(response.headers.Find("WWW-Authenticate"), nullptr);
}

TEST(ErrorResponse, KeepsInternalsBack) {
  for (const Error& error : {Internal("bug in /etc/secret"), CorruptData("commit 7, line 3"),
                             WithDetail(Unavailable("storage is away"), "/etc/secret")}) {
    const std::string body = Body(ErrorResponse(error, "req-1"));
    EXPECT_EQ(body.find("secret"), std::string::npos) << body;
    EXPECT_EQ(body.find("commit"), std::string::npos) << body;
  }
  EXPECT_EQ(
      Body(ErrorResponse(Internal("bug"), "req-1")),
      "{\"errorCode\":\"INTERNAL_ERROR\",\"message\":\"internal error, request id req-1\"}\n");
}

TEST(ErrorResponse, TellsClientsHowToGoOn) {
  EXPECT_EQ(*ErrorResponse(Unauthenticated("no token"), "1").headers.Find("WWW-Authenticate"),
            "Bearer");
  EXPECT_EQ(*ErrorResponse(Unavailable("later"), "1").headers.Find("Retry-After"), "1");
  EXPECT_EQ(*ErrorResponse(ResourceExhausted("slower"), "1").headers.Find("Retry-After"), "1");
}

TEST(ErrorResponse, TellsWhenToTryAgain) {
  using std::chrono::milliseconds;
  const auto retry_after = [](const Error& error) {
    const http::Response response = ErrorResponse(error, "1");
    const std::string* value = response.headers.Find("Retry-After");
    return value ? *value : std::string("none");
  };
  const Error exhausted = ResourceExhausted("slower");
  EXPECT_EQ(retry_after(WithRetryAfter(exhausted, milliseconds(3'600'001))), "3601");
  EXPECT_EQ(retry_after(WithRetryAfter(exhausted, milliseconds(0))), "1");
  EXPECT_EQ(retry_after(WithRetryAfter(Unavailable("later"), milliseconds(2'000))), "2");
  EXPECT_EQ(retry_after(WithRetryAfter(TooLarge("never"), milliseconds(2'000))), "none");
}

TEST(PlainErrorResponse, CarriesAnyStatus) {
  const http::Response response = PlainErrorResponse(405, "METHOD_NOT_ALLOWED", "use GET");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(Body(response), "{\"errorCode\":\"METHOD_NOT_ALLOWED\",\"message\":\"use GET\"}\n");
}

}  // namespace
}  // namespace sluice::protocol
