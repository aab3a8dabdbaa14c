// What only a real server can say: that it takes these signatures, and no others. Run where the
// environment names one, as for object_store_contract_test.cc.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "base/encoding.h"
#include "base/testing.h"
#include "crypto/random.h"
#include "storage/s3/s3_store.h"
#include "storage/s3/sts.h"
#include "storage/store_client.h"
#include "storage/stores.h"

namespace sluice::storage::s3 {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::uint64_t kPlenty = 1 << 20;

/// A clock that is wrong by a fixed time.
class WrongClock final : public Clock {
 public:
  explicit WrongClock(std::chrono::milliseconds offset) : offset_(offset) {}
  SystemTime Now() const override { return SystemClock().Now() + offset_; }

 private:
  const std::chrono::milliseconds offset_;
};

class RealServer : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    options_.ca_file = Variable("_CA");
    ASSERT_THAT(New().objects->PutIfAbsent(path_, "0123456789"), IsOk());
  }

  std::string Variable(const std::string& suffix) const {
    const char* const value = std::getenv((GetParam() + suffix).c_str());
    return value == nullptr ? "" : value;
  }
  CloudContext Context() const {
    return {.clock = clock_,
            .environment =
                [this](const std::string& name) {
                  const auto found = variables_.find(name);
                  return found == variables_.end() ? std::string() : found->second;
                },
            .identity_client = http::Client::New({.private_networks = {"127.0.0.0/8"}}).value(),
            .sleep = [](auto) {}};
  }
  Store New() const { return NewS3Store(options_, bucket_, Context()).value(); }

  /// Follows a URL as a recipient does, with nothing but it.
  Result<http::ClientResponse> Fetch(const std::string& url, const std::string& method = "GET") {
    const auto client =
        TRY(http::Client::New({.ca_file = options_.ca_file, .private_networks = {"127.0.0.0/8"}}));
    return client->Send({.method = method, .url = url}, {});
  }
  int StatusOf(const std::string& url, const std::string& method = "GET") {
    const auto response = Fetch(url, method);
    return response.ok() ? response->status : 0;
  }
  std::string UrlOf(const std::string& path, std::chrono::seconds lifetime = minutes(10)) const {
    std::string url;
    const auto urls = New().signer->Prepare(lifetime).value();
    EXPECT_THAT(urls->Append(path, url), IsOk());
    return url;
  }

  const std::string endpoint_ = Variable("");
  const std::string bucket_ = "s3://" + Variable("_BUCKET");
  const std::string root_ = Format("{}/{}", bucket_, crypto::RandomToken(12));
  const std::string path_ = root_ + "/day=2026-11-21/part 1+\xc3\xa9%20.parquet";
  const WrongClock clock_{std::chrono::milliseconds(0)};
  config::StoreOptions options_;
  std::map<std::string, std::string> variables_ = {{"AWS_ACCESS_KEY_ID", Variable("_KEY")},
                                                   {"AWS_SECRET_ACCESS_KEY", Variable("_SECRET")},
                                                   {"AWS_REGION", Variable("_REGION")},
                                                   {"AWS_ENDPOINT_URL", endpoint_},
                                                   {"AWS_EC2_METADATA_DISABLED", "true"}};
};

TEST_P(RealServer, UrlGivesTheObjectAndNothingElse) {
  const std::string url = UrlOf(path_);
  const auto response = Fetch(url);
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "0123456789");
  EXPECT_EQ(StatusOf(url, "HEAD"), 403);
  EXPECT_EQ(StatusOf(url, "PUT"), 403);
  EXPECT_EQ(StatusOf(url, "DELETE"), 403);
}

TEST_P(RealServer, AlteredUrlIsRefused) {
  const std::string url = UrlOf(path_);
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string altered = url;
    const std::size_t at = altered.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return altered.replace(at, from.size(), to);
  };
  EXPECT_EQ(StatusOf(with("part%201", "part%202")), 403);
  EXPECT_EQ(StatusOf(with("X-Amz-Expires=600", "X-Amz-Expires=6000")), 403);
  EXPECT_EQ(StatusOf(url.substr(0, url.size() - 1) + (url.ends_with('0') ? '1' : '0')), 403);
}

TEST_P(RealServer, ExpiredUrlIsRefused) {
  const Place place = {.region = Variable("_REGION"), .address = {}, .public_address = {}};
  const Credentials credentials = {.access_key_id = Variable("_KEY"),
                                   .secret_access_key = Secret(Variable("_SECRET")),
                                   .session_token = {}};
  const std::string base = "/" + Variable("_BUCKET");
  for (const int hours_ago : {2, 0}) {
    const UrlPresigner presigner(
        {.origin = endpoint_, .base_path = base, .lifetime = hours(1)},
        {.credentials = credentials,
         .region = place.region,
         .service = "s3",
         .time = std::chrono::floor<std::chrono::seconds>(clock_.Now() - hours(hours_ago))});
    std::string url;
    presigner.Append(path_.substr(bucket_.size() + 1), url);
    EXPECT_EQ(StatusOf(url), hours_ago == 0 ? 200 : 403);
  }
}

TEST_P(RealServer, WrongKeyIsNamedByItsCause) {
  variables_["AWS_SECRET_ACCESS_KEY"] = "wrong-secret";
  auto bytes = New().objects->ReadAll(path_, kPlenty);
  ASSERT_THAT(bytes, FailsWith(ErrorCode::kPermissionDenied));
  EXPECT_THAT(bytes.error().detail, HasSubstr("SignatureDoesNotMatch"));
  EXPECT_THAT(bytes.error().ToString(), Not(HasSubstr("wrong-secret")));
  EXPECT_THAT(New().objects->Stat(path_).error().detail, HasSubstr("SignatureDoesNotMatch"));
  variables_["AWS_ACCESS_KEY_ID"] = "nobody";
  bytes = New().objects->ReadAll(path_, kPlenty);
  ASSERT_THAT(bytes, FailsWith(ErrorCode::kPermissionDenied));
  EXPECT_THAT(bytes.error().detail, AnyOf(HasSubstr("InvalidAccessKeyId"), HasSubstr("No user")));
  EXPECT_THAT(New().objects->Stat(path_), FailsWith(ErrorCode::kPermissionDenied));
}

TEST_P(RealServer, BucketMayBePartOfTheHost) {
  if (Variable("_DOMAIN").empty()) GTEST_SKIP() << "it has no domain";
  // The domain resolves nowhere: the server is told as the proxy that leads there.
  options_.endpoint = "http://" + Variable("_DOMAIN");
  options_.proxy = endpoint_;
  options_.path_style = "false";
  EXPECT_THAT(New().objects->ReadAll(path_, kPlenty), IsOkAnd(std::string("0123456789")));
  EXPECT_THAT(UrlOf(path_),
              HasSubstr("http://" + bucket_.substr(5) + "." + Variable("_DOMAIN") + "/"));
}

TEST_P(RealServer, MissingBucketIsNamed) {
  const auto store = NewS3Store(options_, "s3://no-such-bucket", Context());
  ASSERT_THAT(store, IsOk());
  const auto infos =
      store->objects->List({.directory = "s3://no-such-bucket/t", .start_after = ""});
  ASSERT_THAT(infos, FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(infos.error().detail, HasSubstr("NoSuchBucket"));
}

TEST_P(RealServer, WrongRegionIsLearned) {
  variables_["AWS_REGION"] = "mars-1";
  EXPECT_THAT(New().objects->ReadAll(path_, kPlenty), IsOkAnd(std::string("0123456789")));
  EXPECT_THAT(New().objects->Stat(path_), IsOk());
}

TEST_P(RealServer, WrongClockIsCorrected) {
  for (const hours offset : {hours(-5), hours(5)}) {
    const WrongClock clock(offset);
    CloudContext context = Context();
    const CloudContext wrong = {
        .clock = clock, .environment = context.environment, .sleep = context.sleep};
    const auto store = NewS3Store(options_, bucket_, wrong);
    ASSERT_THAT(store, IsOk());
    EXPECT_THAT(store->objects->ReadAll(path_, kPlenty), IsOkAnd(std::string("0123456789")));
    const auto urls = store->signer->Prepare(minutes(10));
    ASSERT_THAT(urls, IsOk());
    std::string url;
    ASSERT_THAT((*urls)->Append(path_, url), IsOk());
    EXPECT_EQ(StatusOf(url), 200);
  }
}

TEST_P(RealServer, ManyNamesComeInPages) {
  const auto store = New();
  for (int i = 0; i < 30; ++i) {
    ASSERT_THAT(store.objects->PutIfAbsent(Format("{}/many/sub{}/x", root_, i), "x"), IsOk());
  }
  ASSERT_THAT(store.objects->PutIfAbsent(root_ + "/many/z\xc3\xa9 +&", "x"), IsOk());
  const std::string directory = root_ + "/many";
  // The first pages hold directories alone.
  const auto infos = store.objects->List({.directory = directory, .start_after = "", .limit = 4});
  ASSERT_THAT(infos, IsOk());
  ASSERT_EQ(infos->size(), 1U);
  EXPECT_EQ(infos->front().name, "z\xc3\xa9 +&");
}

TEST_P(RealServer, VendedCredentialsReadTheirPrefixAndNoOther) {
  if (GetParam() != "SLUICE_TEST_S3") GTEST_SKIP() << "it has no token service";
  ASSERT_THAT(New().objects->PutIfAbsent(root_ + "-beside/x", "x"), IsOk());
  const auto requests = NewStoreRequests(options_, Context(), {"127.0.0.1"});
  const auto tokens =
      TokenService::New({.requests = *requests, .clock = clock_}, endpoint_, Variable("_REGION"));
  const std::string prefix = root_.substr(bucket_.size() + 1);
  const auto vended = AssumeRoleForPrefix(
      *tokens,
      {.access_key_id = Variable("_KEY"),
       .secret_access_key = Secret(Variable("_SECRET")),
       .session_token = {}},
      {.bucket = std::string_view(bucket_).substr(5), .prefix = prefix, .region = "us-east-1"});
  ASSERT_THAT(vended, IsOk());
  EXPECT_TRUE(vended->expires_at.has_value());
  variables_["AWS_ACCESS_KEY_ID"] = vended->value.access_key_id;
  variables_["AWS_SECRET_ACCESS_KEY"] = vended->value.secret_access_key.Reveal();
  variables_["AWS_SESSION_TOKEN"] = vended->value.session_token.Reveal();
  const auto store = New().objects;
  EXPECT_THAT(store->ReadAll(path_, kPlenty), IsOk());
  EXPECT_THAT(store->List({.directory = root_, .start_after = ""}), IsOk());
  const std::string beside = root_ + "-beside";
  EXPECT_THAT(store->ReadAll(beside + "/x", kPlenty), FailsWith(ErrorCode::kPermissionDenied));
  EXPECT_THAT(store->List({.directory = beside, .start_after = ""}),
              FailsWith(ErrorCode::kPermissionDenied));
  EXPECT_THAT(store->List({.directory = bucket_, .start_after = ""}),
              FailsWith(ErrorCode::kPermissionDenied));
  EXPECT_THAT(store->PutIfAbsent(root_ + "/y", "y"), FailsWith(ErrorCode::kPermissionDenied));
  EXPECT_EQ(StatusOf(UrlOf(path_)), 200);
}

TEST_P(RealServer, CustomerKeyOpensWhatItLocked) {
  // versitygw takes the key's headers, and passes over them.
  if (GetParam() != "SLUICE_TEST_S3" || !endpoint_.starts_with("https")) {
    GTEST_SKIP() << "it takes no customer's keys";
  }
  const std::string key_file = testing::TempDir() + "customer-key";
  std::ofstream(key_file) << Base64Encode(std::string(32, 'k'));
  options_.customer_key_file = key_file;
  const std::string path = root_ + "/locked";
  const Store store = New();
  EXPECT_THAT(store.objects->PutIfAbsent(path, "locked"), IsOk());
  EXPECT_THAT(store.objects->ReadAll(path, kPlenty), IsOkAnd(std::string("locked")));
  const auto object = store.objects->Open(path);
  ASSERT_THAT(object, IsOk());
  std::string part(3, ' ');
  EXPECT_THAT((*object)->ReadAt(1, part), IsOk());
  EXPECT_EQ(part, "ock");
  options_.customer_key_file.clear();
  EXPECT_THAT(New().objects->ReadAll(path, kPlenty), FailsWith(ErrorCode::kUnavailable));
  std::filesystem::remove(key_file);
}

TEST_P(RealServer, MachinesIdentityOpensTheStore) {
  const std::string identity = Variable("_IDENTITY");
  if (identity.empty()) GTEST_SKIP() << "there is no identity service";
  variables_.erase("AWS_ACCESS_KEY_ID");
  variables_.erase("AWS_SECRET_ACCESS_KEY");
  variables_.erase("AWS_EC2_METADATA_DISABLED");
  const std::map<std::string, std::string> sources[] = {
      {{"AWS_EC2_METADATA_SERVICE_ENDPOINT", identity}},
      {{"AWS_CONTAINER_CREDENTIALS_FULL_URI", identity + "/container/credentials"}},
      {{"AWS_WEB_IDENTITY_TOKEN_FILE", Variable("_JWT_FILE")},
       {"AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/test"},
       {"AWS_ENDPOINT_URL_STS", identity}}};
  const auto common = variables_;
  for (const auto& source : sources) {
    variables_ = common;
    variables_.insert(source.begin(), source.end());
    EXPECT_THAT(New().objects->ReadAll(path_, kPlenty), IsOkAnd(std::string("0123456789")))
        << source.begin()->first;
    EXPECT_THAT(UrlOf(path_), HasSubstr("X-Amz-Security-Token="));
    EXPECT_EQ(StatusOf(UrlOf(path_)), 200);
  }
}

TEST_P(RealServer, RoleIsAssumedAtTheStoreItself) {
  if (GetParam() != "SLUICE_TEST_S3") GTEST_SKIP() << "it has no token service";
  options_.role_arn = "arn:aws:iam::123456789012:role/test";
  EXPECT_THAT(New().objects->ReadAll(path_, kPlenty), IsOk());
  const std::string url = UrlOf(path_, hours(24 * 7));
  EXPECT_THAT(url, HasSubstr("&X-Amz-Security-Token="));
  EXPECT_THAT(url, Not(HasSubstr("X-Amz-Expires=604800")));
  EXPECT_EQ(StatusOf(url), 200);
}

std::vector<std::string> Servers() {
  std::vector<std::string> named;
  for (const char* name : {"SLUICE_TEST_S3", "SLUICE_TEST_S3_OTHER"}) {
    if (std::getenv(name) != nullptr) named.emplace_back(name);
  }
  return named;
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RealServer);
INSTANTIATE_TEST_SUITE_P(S3, RealServer, testing::ValuesIn(Servers()), [](const auto& server) {
  return server.param == "SLUICE_TEST_S3" ? "One" : "Other";
});

}  // namespace
}  // namespace sluice::storage::s3
