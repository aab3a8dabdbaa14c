#include "storage/s3/signature.h"

#include "base/encoding.h"
#include "base/testing.h"

namespace sluice::storage::s3 {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

// The examples of the Amazon S3 API Reference, "Signature Calculations for the Authorization
// Header: Transferring Payload in a Single Chunk" and "Authenticating Requests: Using Query
// Parameters". 24 May 2013.
const Credentials kExample = {
    .access_key_id = "AKIAIOSFODNN7EXAMPLE",
    .secret_access_key = Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    .session_token = {},
};
constexpr char kHost[] = "examplebucket.s3.amazonaws.com";
constexpr SystemTime kMay24{std::chrono::sys_days{std::chrono::May / 24 / 2013}};

Signing ExampleSigning(const Credentials& credentials = kExample) {
  return {.credentials = credentials, .region = "us-east-1", .service = "s3", .time = kMay24};
}

std::string Authorization(const RequestTerms& request, const Signing& signing,
                          http::Headers headers = {}) {
  SignHeaders(request, signing, headers);
  return *headers.Find("Authorization");
}

TEST(Signature, AgreesWithTheExampleOfGettingARange) {
  http::Headers headers;
  headers.Add("Range", "bytes=0-9");
  EXPECT_EQ(
      Authorization({.method = "GET", .host = kHost, .path = "/test.txt", .query = "", .body = ""},
                    ExampleSigning(), headers),
      "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
      "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
      "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(Signature, AgreesWithTheExampleOfPutting) {
  http::Headers headers;
  headers.Add("Date", "Fri, 24 May 2013 00:00:00 GMT");
  headers.Add("x-amz-storage-class", "REDUCED_REDUNDANCY");
  std::string path;
  AppendEncodedPath("/test$file.text", path);
  EXPECT_THAT(
      Authorization({.method = "PUT",
                     .host = kHost,
                     .path = path,
                     .query = "",
                     .body = "Welcome to Amazon S3."},
                    ExampleSigning(), headers),
      EndsWith("Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
}

TEST(Signature, AgreesWithTheExampleOfAParameterWithoutAValue) {
  const std::string query = CanonicalQuery({{"lifecycle", ""}});
  EXPECT_THAT(
      Authorization({.method = "GET", .host = kHost, .path = "/", .query = query, .body = ""},
                    ExampleSigning()),
      EndsWith("Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));
}

TEST(Signature, AgreesWithTheExampleOfListing) {
  const std::string query = CanonicalQuery({{"prefix", "J"}, {"max-keys", "2"}});
  EXPECT_THAT(
      Authorization({.method = "GET", .host = kHost, .path = "/", .query = query, .body = ""},
                    ExampleSigning()),
      EndsWith("Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
}

std::string Url(const UrlTerms& terms, const Signing& signing, std::string_view key) {
  std::string url;
  UrlPresigner(terms, signing).Append(key, url);
  return url;
}

constexpr UrlTerms kExampleUrl = {.origin = "https://examplebucket.s3.amazonaws.com",
                                  .base_path = "",
                                  .lifetime = std::chrono::hours(24)};

TEST(Signature, AgreesWithTheExampleOfAUrl) {
  EXPECT_EQ(Url(kExampleUrl, ExampleSigning(), "test.txt"),
            "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
            "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
            "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
            "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

TEST(Signature, UrlHasItsParametersInTheOrderTheyAreSigned) {
  Credentials session = kExample;
  session.session_token = Secret("a+b/c=");
  UrlTerms terms = kExampleUrl;
  terms.requester_pays = true;
  EXPECT_THAT(Url(terms, ExampleSigning(session), "x"),
              HasSubstr("&X-Amz-Expires=86400&X-Amz-Security-Token=a%2Bb%2Fc%3D"
                        "&X-Amz-SignedHeaders=host&x-amz-request-payer=requester"
                        "&X-Amz-Signature="));
}

TEST(Signature, UrlsOfOneAnswerDependOnTheirKeys) {
  const UrlPresigner presigner(kExampleUrl, ExampleSigning());
  std::string first = "before ";
  presigner.Append("a", first);
  std::string second;
  presigner.Append("b", second);
  std::string again;
  presigner.Append("a", again);
  EXPECT_EQ(first, "before " + again);
  EXPECT_NE(second.substr(second.size() - 64), again.substr(again.size() - 64));
}

TEST(Signature, UrlEncodesEveryByteButTheUnreservedAndSlashes) {
  UrlTerms terms = kExampleUrl;
  terms.base_path = "/bucket";
  EXPECT_THAT(Url(terms, ExampleSigning(), "a b/c=d+e%20\xc3\xa9~._-"),
              HasSubstr(".com/bucket/a%20b/c%3Dd%2Be%2520%C3%A9~._-?X-Amz-Algorithm"));
}

TEST(Signature, HeadersCarryTheSessionButNotTheSecret) {
  Credentials session = kExample;
  session.session_token = Secret("the-session");
  http::Headers headers;
  SignHeaders({.method = "GET", .host = kHost, .path = "/", .query = "", .body = ""},
              ExampleSigning(session), headers);
  EXPECT_EQ(*headers.Find("X-Amz-Security-Token"), "the-session");
  EXPECT_EQ(*headers.Find("X-Amz-Date"), "20130524T000000Z");
  EXPECT_THAT(*headers.Find("Authorization"), HasSubstr("x-amz-date;x-amz-security-token,"));
  for (const auto& [name, value] : headers.fields()) {
    EXPECT_THAT(value, Not(HasSubstr(kExample.secret_access_key.Reveal()))) << name;
  }
}

// Cases of AWS's Signature Version 4 test suite; those that normalise paths do not apply to S3.
struct SuiteCase {
  std::string name;
  std::string method = "GET";
  std::string path = "/";
  Parameters query = {};
  Parameters headers = {};  // beside Host and X-Amz-Date
  std::string body = {};
  std::string signature;
};

const SuiteCase kSuite[] = {
    {.name = "get-vanilla",
     .signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {.name = "post-vanilla",
     .method = "POST",
     .signature = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
    {.name = "get-unreserved",
     .path = "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
     .signature = "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
    {.name = "get-utf8",
     .path = "/\xe1\x88\xb4",
     .signature = "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
    {.name = "get-space",
     .path = "/example space/",
     .signature = "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"},
    {.name = "get-vanilla-query-order-key-case",
     .query = {{"Param2", "value2"}, {"Param1", "value1"}},
     .signature = "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
    {.name = "get-vanilla-empty-query-key",
     .query = {{"Param1", "value1"}},
     .signature = "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
    {.name = "get-vanilla-utf8-query",
     .query = {{"\xe1\x88\xb4", "bar"}},
     .signature = "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
    {.name = "get-header-key-duplicate",
     .headers = {{"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}},
     .signature = "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
    {.name = "get-header-value-trim",
     .headers = {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}},
     .signature = "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
    {.name = "post-header-key-sort",
     .method = "POST",
     .headers = {{"My-Header1", "value1"}},
     .signature = "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"},
    {.name = "post-sts-header-before",
     .method = "POST",
     .headers =
         {{"X-Amz-Security-Token",
           "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeM"
           "icRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZa"
           "mpKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr"
           "7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR"
           "/oLxBA=="}},
     .signature = "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"},
    {.name = "post-x-www-form-urlencoded",
     .method = "POST",
     .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
     .body = "Param1=value1",
     .signature = "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
};

TEST(Signature, AgreesWithTheTestSuite) {
  const Credentials credentials = {
      .access_key_id = "AKIDEXAMPLE",
      .secret_access_key = Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
      .session_token = {}};
  const Signing signing = {.credentials = credentials,
                           .region = "us-east-1",
                           .service = "service",
                           .time = std::chrono::sys_days{std::chrono::August / 30 / 2015} +
                                   std::chrono::hours(12) + std::chrono::minutes(36)};
  for (const SuiteCase& suite_case : kSuite) {
    http::Headers headers;
    for (const auto& [name, value] : suite_case.headers) headers.Add(name, value);
    std::string path;
    AppendEncodedPath(suite_case.path, path);
    const std::string query = CanonicalQuery(suite_case.query);
    EXPECT_THAT(Authorization({.method = suite_case.method,
                               .host = "example.amazonaws.com",
                               .path = path,
                               .query = query,
                               .body = suite_case.body},
                              signing, headers),
                EndsWith("Signature=" + suite_case.signature))
        << suite_case.name;
  }
}

}  // namespace
}  // namespace sluice::storage::s3
