#include "storage/file_url.h"

#include "base/encoding.h"
#include "base/testing.h"

namespace sluice::storage {
namespace {

using std::chrono::seconds;

constexpr FileUrlScope kScope = {.base_url = "http://host:1/delta-sharing",
                                 .recipient = "acme",
                                 .share = "retail",
                                 .schema = "sales",
                                 .table = "orders"};

/// The two parts of a URL's target that Verify takes.
struct Target {
  std::string path;
  std::string query;
};

Target Split(std::string_view url) {
  const std::size_t path = url.find("/files/") + 7;
  const std::size_t query = url.find('?');
  return {std::string(url.substr(path, query - path)), std::string(url.substr(query + 1))};
}

class FileUrl : public testing::Test {
 protected:
  std::string Url(const DataPath& path, const FileUrlScope& scope = kScope) const {
    std::string url;
    signer_.Prepare(scope, seconds(3600)).Append(path, url);
    return url;
  }
  Result<VerifiedFile> Verify(const Target& target) const {
    return signer_.Verify(target.path, target.query);
  }

  ManualClock clock_{SystemTime(seconds(1'795'255'200))};
  FileUrlSigner signer_{Secret("master"), clock_};
};

TEST_F(FileUrl, IsReadableAndLooksSignedToStockClients) {
  const std::string url = Url({.path = "country=FR/part 1.parquet"});
  EXPECT_THAT(
      url, testing::MatchesRegex("http://host:1/delta-sharing/files/retail/sales/orders/country=FR/"
                                 "part%201.parquet\\?X-Amz-Date=1795255200&X-Amz-Expires=3600"
                                 "&X-Amz-Credential=acme&X-Amz-Signature=[A-Za-z0-9_-]{22}"));
}

TEST_F(FileUrl, BringsBackWhatWasSigned) {
  const auto file = Verify(Split(Url({.path = "country=FR/x.parquet"})));
  ASSERT_THAT(file, IsOk());
  EXPECT_EQ(file->recipient, "acme");
  EXPECT_EQ(file->share, "retail");
  EXPECT_EQ(file->schema, "sales");
  EXPECT_EQ(file->table, "orders");
  EXPECT_EQ(file->data_path, (DataPath{.path = "country=FR/x.parquet"}));
  EXPECT_EQ(file->expires_at, SystemTime(seconds(1'795'258'800)));
  EXPECT_EQ(file->expires_at, signer_.Prepare(kScope, seconds(3600)).expires_at());
}

/// Paths that have been trouble somewhere, and all bytes that a path may hold.
std::vector<DataPath> TroublesomePaths() {
  std::vector<DataPath> paths = {{.path = "a b/c+d%20e"},
                                 {.path = "100%"},
                                 {.path = "q?x#y&z=1"},
                                 {.path = "tag=%2541/..x"},
                                 {.path = "\xc3\xa9\xe2\x80\xa8/\xff\xfe"},
                                 {.path = "back\\slash\"quote'"},
                                 {.path = "/mnt/other/x.parquet", .is_absolute = true}};
  for (int byte = 1; byte < 256; ++byte) {
    if (byte != '/') paths.push_back({.path = Format("x{}y", static_cast<char>(byte))});
  }
  return paths;
}

TEST_F(FileUrl, SurvivesEveryByteAPathMayHold) {
  for (const DataPath& path : TroublesomePaths()) {
    const auto file = Verify(Split(Url(path)));
    ASSERT_THAT(file, IsOk()) << path.path;
    EXPECT_EQ(file->data_path, path);
  }
}

/// Encodes every byte, in lower-case hex.
std::string EncodeAll(std::string_view bytes) {
  std::string out;
  for (const char byte : bytes) out += "%" + HexEncode({&byte, 1});
  return out;
}

TEST_F(FileUrl, SurvivesClientsThatQuoteItAnew) {
  const std::string credential = "a b+c@x/y";
  FileUrlScope scope = kScope;
  scope.recipient = credential;
  for (const DataPath& path : TroublesomePaths()) {
    const Target target = Split(Url(path, scope));
    const std::string decoded = *PercentDecode(target.path);
    const std::string signature = target.query.substr(target.query.rfind('=') + 1);
    const std::string root = path.is_absolute ? "X-Amz-Root=1&" : "";
    const Target variants[] = {
        {.path = PercentEncode(decoded), .query = target.query},  // Even '/' encoded.
        {.path = EncodeAll(decoded), .query = target.query},
        {.path = PercentEncode(decoded, "/!$&'()*+,;=:@"), .query = target.query},
        {.path = target.path,
         .query = Format("{}X-Amz-Signature={}&X-Amz-Credential=a+b%2bc%40x/y&X-Amz-Expires=3600&"
                         "X-Amz-Date=%31795255200",
                         root, EncodeAll(signature))},
        {.path = target.path, .query = "utm_source=x&" + target.query + "&flag=&y=1"},
    };
    for (const Target& variant : variants) {
      const auto file = Verify(variant);
      ASSERT_THAT(file, IsOk()) << variant.path << "?" << variant.query;
      EXPECT_EQ(file->data_path, path);
      EXPECT_EQ(file->recipient, credential);
    }
  }
}

TEST_F(FileUrl, NamesCountRegardlessOfCase) {
  Target target = Split(Url({.path = "X.parquet"}));
  target.path = "RETAIL/Sales/orders/X.parquet";
  EXPECT_THAT(Verify(target), IsOk());
  target.path = "retail/sales/orders/x.parquet";
  EXPECT_THAT(Verify(target), FailsWith(ErrorCode::kPermissionDenied));
}

/// Whether two targets say the same: names in another case, a path or query encoded differently.
bool SaysTheSame(const Target& a, const Target& b) {
  const Result<std::string> path = PercentDecode(b.path);
  if (!path.ok() || a.query != b.query) return false;
  const std::string original = *PercentDecode(a.path);
  const std::size_t names = std::string_view("retail/sales/orders").size();
  return path->substr(names) == original.substr(names) &&
         EqualsIgnoringAsciiCase(path->substr(0, names), original.substr(0, names));
}

TEST_F(FileUrl, NotOneByteMayChange) {
  for (const DataPath& path :
       {DataPath{.path = "p=1/x y"}, DataPath{.path = "/mnt/x", .is_absolute = true}}) {
    const Target original = Split(Url(path));
    for (std::size_t i = 0; i < original.path.size() + original.query.size(); ++i) {
      for (int byte = 0; byte < 256; ++byte) {
        Target changed = original;
        char& place =
            i < changed.path.size() ? changed.path[i] : changed.query[i - changed.path.size()];
        if (place == static_cast<char>(byte)) continue;
        place = static_cast<char>(byte);
        if (SaysTheSame(original, changed)) continue;
        EXPECT_THAT(Verify(changed), FailsWith(ErrorCode::kPermissionDenied))
            << changed.path << "?" << changed.query;
      }
    }
  }
}

TEST_F(FileUrl, NotOneByteMayGoOrCome) {
  const Target original = Split(Url({.path = "p=1/x"}));
  for (std::size_t i = 0; i < original.query.size(); ++i) {
    Target changed = original;
    changed.query.erase(i, 1);
    EXPECT_THAT(Verify(changed), FailsWith(ErrorCode::kPermissionDenied)) << changed.query;
  }
  for (std::size_t i = 0; i < original.path.size(); ++i) {
    Target changed = original;
    changed.path.erase(i, 1);
    EXPECT_THAT(Verify(changed), FailsWith(ErrorCode::kPermissionDenied)) << changed.path;
    changed.path.insert(i, 2, '/');
    EXPECT_THAT(Verify(changed), FailsWith(ErrorCode::kPermissionDenied)) << changed.path;
  }
}

TEST_F(FileUrl, SignatureOfOnePlaceFitsNoOther) {
  const Target original = Split(Url({.path = "mnt/x"}));
  for (const char* path : {"retail/sales/orders2/mnt/x", "retail/salesorders//mnt/x",
                           "retail/sales/orders/mnt/y", "retail/sales/orders", "", "/", "///"}) {
    EXPECT_THAT(Verify({.path = path, .query = original.query}),
                FailsWith(ErrorCode::kPermissionDenied))
        << path;
  }
  // Nor does that of a relative path fit an absolute one of the same text.
  EXPECT_THAT(Verify({.path = original.path, .query = original.query + "&X-Amz-Root=1"}),
              FailsWith(ErrorCode::kPermissionDenied));
}

TEST_F(FileUrl, ParameterSentTwiceIsRefused) {
  const Target original = Split(Url({.path = "x"}));
  EXPECT_THAT(Verify({.path = original.path, .query = original.query + "&X-Amz-Expires=3600"}),
              FailsWith(ErrorCode::kPermissionDenied));
}

TEST_F(FileUrl, ExpiresWhenItsTimeIsOver) {
  const Target target = Split(Url({.path = "x"}));
  clock_.Advance(std::chrono::milliseconds(3'599'999));
  EXPECT_THAT(Verify(target), IsOk());
  clock_.Advance(std::chrono::milliseconds(1));
  const auto expired = Verify(target);
  ASSERT_THAT(expired, FailsWith(ErrorCode::kPermissionDenied));
  EXPECT_EQ(expired.error().message, "the URL has expired");
}

TEST_F(FileUrl, OfAnotherServerIsRefused) {
  const FileUrlSigner other(Secret("other master"), clock_);
  const Target target = Split(Url({.path = "x"}));
  const auto refused = other.Verify(target.path, target.query);
  ASSERT_THAT(refused, FailsWith(ErrorCode::kPermissionDenied));
  EXPECT_EQ(refused.error().message, "the URL's signature does not match");
}

TEST_F(FileUrl, OfAnOlderMasterKeyIsGoodWhileThatIsKept) {
  const Target target = Split(Url({.path = "x"}));
  const crypto::KeyRing rotated = crypto::KeyRing(Secret("master")).Rotated(1);
  signer_.SetKeys(rotated);
  EXPECT_THAT(Verify(target), IsOk());
  const Target fresh = Split(Url({.path = "x"}));
  EXPECT_NE(fresh.query, target.query);
  EXPECT_THAT(Verify(fresh), IsOk());
  signer_.SetKeys(rotated.Rotated(1));
  EXPECT_THAT(Verify(target), FailsWith(ErrorCode::kPermissionDenied));
  EXPECT_THAT(Verify(fresh), IsOk());
}

TEST_F(FileUrl, UnsignedAndOversizedAreRefused) {
  const Target target = Split(Url({.path = "x"}));
  EXPECT_THAT(Verify({.path = target.path, .query = ""}), FailsWith(ErrorCode::kPermissionDenied));
  EXPECT_THAT(Verify({.path = target.path, .query = "X-Amz-Signature"}),
              FailsWith(ErrorCode::kPermissionDenied));
  EXPECT_THAT(Verify({.path = std::string(1 << 20, 'x'), .query = target.query}),
              FailsWith(ErrorCode::kPermissionDenied));
  EXPECT_THAT(Verify({.path = target.path, .query = std::string(1 << 20, '&')}),
              FailsWith(ErrorCode::kPermissionDenied));
}

}  // namespace
}  // namespace sluice::storage
