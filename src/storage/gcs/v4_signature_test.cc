#include "storage/gcs/v4_signature.h"

#include "base/encoding.h"
#include "base/testing.h"
#include "crypto/rsa.h"

namespace sluice::storage::gcs {
namespace {

using std::chrono::seconds;

// Figures of Google's conformance tests for clients, storage/v1/v4_signatures.json. They were
// signed by the service account of these tests, whose public key this is.
constexpr char kConformanceEmail[] =
    "test-iam-credentials@dummy-project-id.iam.gserviceaccount.com";
constexpr char kConformanceKey[] = R"(-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEArD8zIqyKLbX0Nq8o0Jj1
qHEhHhqO3+0OP7TEFx5Vxc6PdwBoFNrfnJRI/S+ZaDYS1avr5Pqpp8g8+UNOMvI1
VsjGM8xjTaxkVv8mmKp6pSmQstTt25pzY1exA2wv4xNWSwWNFNx2kh35+kvTQ/DF
3YA9P7pUU1sKur1PP8OoubWLFO59iy5UE5dX0O/3pjvZ2HAhSXsx2VWtB5nlrHR8
FrKJNLJMEGEDSMz9yRfQaUeYCU9oDYHuiqKQ3rCXi6C82l+3FJw5/ggJ5y7iw8ME
rCFSslcYQRbBVz6ZYKWkEcJhs8BG3/16bfaqNusNlDIJ99I7DmipUngF/HEulYhf
rQIDAQAB
-----END PUBLIC KEY-----
)";

struct Vector {
  const char* name;
  const char* base_url;
  const char* bucket;
  const char* key;
  std::int64_t signed_at_s;
  int lifetime_s;
  const char* request_hash;
  const char* signature;
};

constexpr Vector kVectors[] = {
    {.name = "Simple GET",
     .base_url = "https://storage.googleapis.com",
     .bucket = "test-bucket",
     .key = "test-object",
     .signed_at_s = 1'549'011'600,
     .lifetime_s = 10,
     .request_hash = "00e2fb794ea93d7adb703edaebdd509821fcc7d4f1a79ac5c8d2b394df109320",
     .signature = "95e6a13d43a1d1962e667f17397f2b80ac9bdd1669210d5e08e0135df9dff4e5"
                  "6113485dbe429ca2266487b9d1796ebdee2d7cf682a6ef3bb9fbb4c351686fba"
                  "90d7b621cf1c4eb1fdf126460dd25fa0837dfdde0a9fd98662ce60844c458448"
                  "fb2b352c203d9969cb74efa4bdb742287744a4f2308afa4af0e0773f55e32e92"
                  "973619249214b97283b2daa14195244444e33f938138d1e5f561088ce8011f49"
                  "86dda33a556412594db7c12fc40e1ff3f1bedeb7a42f5bcda0b9567f17f65855"
                  "f65071fabb88ea12371877f3f77f10e1466fff6ff6973b74a933322ff0949ce3"
                  "57e20abe96c3dd5cfab42c9c83e740a4d32b9e11e146f0eb3404d2e975896f74"},
    {.name = "Vary expiration and timestamp",
     .base_url = "https://storage.googleapis.com",
     .bucket = "test-bucket",
     .key = "test-object",
     .signed_at_s = 1'551'430'800,
     .lifetime_s = 20,
     .request_hash = "779f19fdb6fd381390e2d5af04947cf21750277ee3c20e0c97b7e46a1dff8907",
     .signature = "9669ed5b10664dc594c758296580662912cf4bcc5a4ba0b6bf055bcbf6f34eed"
                  "7bdad664f534962174a924741a0c273a4f67bc1847cef20192a6beab44223bd9"
                  "d4fbbd749c407b79997598c30f82ddc269ff47ec09fa3afe74e00616d438df0d"
                  "96a7d8ad0adacfad1dc3286f864d924fe919fb0dce45d3d975c5afe8e13af2db"
                  "9cc37ba77835f92f7669b61e94c6d562196c1274529e76cfff1564cc2cad7d53"
                  "87dc8e12f7a5dfd925685fe92c30b43709eee29fa2f66067472cee5423d1a3a4"
                  "182fe8cea75c9329d181dc6acad7c393cd04f8bf5bc0515127d8ebd65d80c08e"
                  "19ad03316053ea60033fd1b1fd85a69c576415da3bf0a3718d9ea6d03e0d66f0"},
    {.name = "Vary bucket and object",
     .base_url = "https://storage.googleapis.com",
     .bucket = "test-bucket2",
     .key = "test-object2",
     .signed_at_s = 1'549'011'600,
     .lifetime_s = 10,
     .request_hash = "a139afbf35ac30e9864f63197f79609731ab1b0ca166e2a456dba156fcd3f9ce",
     .signature = "36e3d58dfd3ec1d2dd2f24b5ee372a71e811ffaa2162a2b871d26728d0354270"
                  "bc116face87127532969c4a3967ed05b7309af741e19c7202f3167aa8c2ac420"
                  "b61417d6451442bb91d7c822cd17be8783f01e05372769c88913561d27e6660d"
                  "d8259f0081a71f831be6c50283626cbf04494ac10c394b29bb3bce74ab91548f"
                  "58a37118a452693cf0483d77561fc9cac8f1765d2c724994cca46a83517a1015"
                  "7ee0347a233a2aaeae6e6ab5e204ff8fc5f54f90a3efdb8301d9fff5475d58cd"
                  "05b181affd657f48203f4fb133c3a3d355b8eefbd10d5a0a5fd70d06e9515460"
                  "ad74e22334b2cba4b29cae4f6f285cdb92d8f3126d7a1479ca3bdb69c207d860"},
    {.name = "Forward Slashes should not be stripped",
     .base_url = "https://storage.googleapis.com",
     .bucket = "test-bucket",
     .key = "/path/with/slashes/under_score/amper&sand/file.ext",
     .signed_at_s = 1'549'011'600,
     .lifetime_s = 10,
     .request_hash = "63c601ecd6ccfec84f1113fc906609cbdf7651395f4300cecd96ddd2c35164f8",
     .signature = "2db8b70e3f85b39be7824f6d02be31af2e6a2eb63f6bb41254851f7ef51bdad8"
                  "963a9d2b254f8379c1780c8e6898be002d4100a0abd3d45f1437687fed65d15d"
                  "d237c3a6f3c399c64ffd4e4cea7ef1c2f0391d35ecbeeaf3e3148d23c6f24c83"
                  "9cfcd92c1496332f5bfbbf1ed1e957eb45fad57df24828c96cf243eec23fba01"
                  "4d277c22a572708beb355888c5a8c0047cb3015d7f62cc90285676e7e34626fd"
                  "0ce9ba5e0da39fc3de0035cc3ad120c46cb73db87246ae123f7a342c235e9480"
                  "bd7d7e00c13b1e1bb7be5e2bce74d59a53505172463b48aefeedb48281d90874"
                  "aa4177c881d3596ed1067f02eaac13d810a7aed234c41978b1394d0ce3662f76"},
    {.name = "Simple GET with non-default hostname",
     .base_url = "http://localhost:8080",
     .bucket = "test-bucket",
     .key = "test-object",
     .signed_at_s = 1'549'011'600,
     .lifetime_s = 10,
     .request_hash = "e47446edb8eed4c1797dfd31ce30272be89659a6ef38e91b549740c8f875d27b",
     .signature = "66c8c0371ca7d933a0d50f110abdf4fc7e3e379329134f272ebe4aa8100ccd5f"
                  "21cd56ca5ccffae5ed36c8d6840e7cac80c2e7d786cd85b10d0faea34cddf09d"
                  "2e7eb7f5c7c53934e4bf8f5cd654bc3c1b5ee9e3f8ca2189cd225b445bb86656"
                  "3fc4bd0d0b4d116111655611d12ec18f2d854fd7142d9afcc977dbd8f6d0524e"
                  "4170506abf2b119bbe00d17697321d225162fabddb4ddae77781b4f3277a6b6f"
                  "ccfeb47d70b88537e5efb416001274aaeb1535b5aae757c997edc66d03898a5d"
                  "08f767313d018d10992981d00e2a18ed9a6839b8a1ac7b3be1cab2e9511ba91e"
                  "14a786443b59e9f21e1ae74a2c60106180646a764531fbe1fcd9c1e40550e56e"},
    {.name = "Emulator host",
     .base_url = "https://xyz.googleapis.com",
     .bucket = "test-bucket",
     .key = "test-object",
     .signed_at_s = 1'549'011'600,
     .lifetime_s = 10,
     .request_hash = "4f6f519cc03e25d19fcd476d7a45bffcccdba33d10e00214a0f2debc204e2386",
     .signature = "53b20003ff2c552b3194a6bccc25024663662392554b3334e989e2704f3a0308"
                  "455eaacf45c335a78c0186a5cf8eef78bf5781a7267465d28a35c9e1291f87ff"
                  "340e9ee40b3b9bdce70561bf000887ce38ccd7d2445a8749453960a8f11d3757"
                  "6dfd5942f92d6f4527bbeffb90526b5de9653b6ca16136e9f19bcb65d984ddaf"
                  "22c4ade45d6a168bb4752a43de33ab121206f50d994612824407711bff720cb1"
                  "b207b61b613c44c85d3ce16dc4fc6eba24e494e176b0780d0ab85a800b13fcbf"
                  "31434ddf51992efae1efde330ebda0617d1c20078ef22a4f10a7bcbed9612374"
                  "42d9a8db78d7aeb777a4994b50efdd41e07c4966e912a30f92a7426f207e9545"},
    {.name = "Universe domain",
     .base_url = "https://storage.domain.com",
     .bucket = "test-bucket",
     .key = "test-object",
     .signed_at_s = 1'549'011'600,
     .lifetime_s = 10,
     .request_hash = "31ff08f2cd5e6f02cc5ded6d74bb90ad97322b49b30d0cba130fcc473f85e822",
     .signature = "8cd0d479a88fb7d791a2dcc8fc5b5f020ca817eeef5b5a5cb3260eb63cf47ecd"
                  "271faa238d0fa31efca35bc2a9244bd122178c520749f922c0235726a5a6be09"
                  "9bf4f33a0d54187eee2e0208964c2a13104b03e235cdeb4f07b3eb566b8a3325"
                  "9cf7540a3fe823be601ace2a54a79acd6834cb646380c4cfc7ef0fd95d3ebbc1"
                  "f97d840f6fe1dceed4269ecb4e91ff7e6633f38adab82049a965968367b9e7c3"
                  "62cec868d804bd42abbb6d2e837ce5d45ee9e1d92c7acc09623acaae3df6128c"
                  "a15f9f80bb6543944e8c997f691c35113b9e9f44e86fd343524343b08dd8f887"
                  "685588acc103e0b432f24912e7e1c63e086aeed1890e41b75beb64164fe6bfcf"},
};

V4Signature SignatureOf(const Vector& vector) {
  return V4Signature({.base_url = vector.base_url,
                      .bucket = vector.bucket,
                      .client_email = kConformanceEmail,
                      .signed_at = SystemTime(seconds(vector.signed_at_s)),
                      .lifetime = seconds(vector.lifetime_s)});
}

TEST(V4Signature, AgreesWithGooglesConformanceTests) {
  const auto key = crypto::RsaPublicKey::FromPem(kConformanceKey);
  ASSERT_THAT(key, IsOk());
  for (const Vector& vector : kVectors) {
    const V4Signature request = SignatureOf(vector);
    const std::string to_sign = request.StringToSign(vector.key);
    EXPECT_EQ(to_sign.substr(to_sign.rfind('\n') + 1), vector.request_hash) << vector.name;
    // The same text signed by the same key is the same signature.
    EXPECT_TRUE(key->VerifySha256(to_sign, HexDecode(vector.signature).value())) << vector.name;
  }
}

TEST(V4Signature, CanonicalRequestIsAsPublished) {
  EXPECT_EQ(SignatureOf(kVectors[0]).CanonicalRequest("test-object"),
            "GET\n/test-bucket/test-object\n"
            "X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=test-iam-credentials%40"
            "dummy-project-id.iam.gserviceaccount.com%2F20190201%2Fauto%2Fstorage%2Fgoog4_request"
            "&X-Goog-Date=20190201T090000Z&X-Goog-Expires=10&X-Goog-SignedHeaders=host\n"
            "host:storage.googleapis.com\n\nhost\nUNSIGNED-PAYLOAD");
}

TEST(V4Signature, UrlIsAsPublished) {
  std::string url = "before ";
  const Vector& vector = kVectors[0];
  SignatureOf(vector).AppendUrl("path/with/slashes/under_score/amper&sand/file.ext",
                                HexDecode(vector.signature).value(), url);
  EXPECT_EQ(url,
            "before https://storage.googleapis.com/test-bucket/path/with/slashes/under_score/"
            "amper%26sand/file.ext?"
            "X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=test-iam-credentials%40"
            "dummy-project-id.iam.gserviceaccount.com%2F20190201%2Fauto%2Fstorage%2Fgoog4_request"
            "&X-Goog-Date=20190201T090000Z&X-Goog-Expires=10&X-Goog-SignedHeaders=host"
            "&X-Goog-Signature=" +
                std::string(vector.signature));
}

TEST(V4Signature, CountsFromTheSecond) {
  const V4Signature request({.base_url = "https://host",
                             .bucket = "b",
                             .client_email = "e",
                             .signed_at = SystemTime(std::chrono::milliseconds(1'795'255'200'999)),
                             .lifetime = seconds(60)});
  EXPECT_EQ(request.expires_at(), SystemTime(seconds(1'795'255'260)));
  EXPECT_THAT(request.StringToSign("x"), testing::HasSubstr("\n20261121T100000Z\n20261121/auto/"));
}

TEST(V4Signature, SignsTheHostAlone) {
  for (const auto& [base_url, host] : {std::pair("http://127.0.0.1:4443", "host:127.0.0.1\n"),
                                       std::pair("http://[::1]:4443", "host:[::1]\n"),
                                       std::pair("http://[::1]", "host:[::1]\n")}) {
    const V4Signature request({.base_url = base_url, .bucket = "b", .client_email = "e"});
    EXPECT_THAT(request.CanonicalRequest("x"), testing::HasSubstr(host));
  }
}

}  // namespace
}  // namespace sluice::storage::gcs
