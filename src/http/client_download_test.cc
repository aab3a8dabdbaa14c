#include <gmock/gmock.h>

#include <atomic>

#include "base/testing.h"
#include "http/client.h"
#include "http/raw_server_test_support.h"
#include "http/server_test_support.h"

namespace sluice::http {
namespace {

using Then = RawReply::Then;

constexpr std::size_t kChunkBytes = 64 << 10;
constexpr int kChunks = 1024;  // 64 MiB

/// `size` bytes of the large body, whose period is no power of two.
std::string_view BytesAt(std::size_t offset, std::size_t size) {
  constexpr std::size_t kPeriod = 251;
  constexpr std::size_t kMaxBytes = 1 << 20;
  static const std::string bytes = [] {
    std::string all(kMaxBytes + kPeriod, '\0');
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<char>(i % kPeriod);
    return all;
  }();
  return std::string_view(bytes).substr(offset % kPeriod, size);
}

class DownloadTest : public ServerTest {
 protected:
  DownloadTest() {
    handler_.On("/large", Execution::kInline, [this](Request&) {
      return Stream([this](int turn, std::string& out) -> Result<void> {
        out = turn < kChunks ? BytesAt(turn * kChunkBytes, kChunkBytes) : "";
        ++chunks_made_;
        return {};
      });
    });
    Start();
  }

  std::unique_ptr<Download> StartGet(const std::string& url) {
    return client_->Start({.url = url}, {}).value();
  }
  std::unique_ptr<Download> StartLarge() { return StartGet("http://" + address() + "/large"); }

  std::atomic<int> chunks_made_ = 0;
  std::unique_ptr<Client> client_ = Client::New({.private_networks = {"127.0.0.1/32"}}).value();
};

TEST_F(DownloadTest, GivesEveryByteInTurnWhateverTheReadersStep) {
  for (const std::size_t step : {std::size_t{4093}, std::size_t{100'003}, std::size_t{1} << 20}) {
    const auto download = StartLarge();
    EXPECT_EQ(download->status(), 200);
    EXPECT_EQ(*download->headers().Find("Content-Type"), "application/x-ndjson");
    std::string part(step, '\0');
    std::size_t offset = 0;
    int wrong_parts = 0;
    while (true) {
      const auto count = download->Read(part);
      ASSERT_THAT(count, IsOk());
      if (std::string_view(part).substr(0, *count) != BytesAt(offset, *count)) ++wrong_parts;
      offset += *count;
      if (*count < step) break;
    }
    EXPECT_EQ(offset, kChunkBytes * kChunks);
    EXPECT_EQ(wrong_parts, 0);
    EXPECT_THAT(download->Read(part), IsOkAnd(0U));
  }
}

TEST_F(DownloadTest, LeavesWhatIsNotReadWithTheServer) {
  const auto download = StartLarge();
  std::string part(1 << 20, '\0');
  ASSERT_THAT(download->Read(part), IsOkAnd(part.size()));
  // What lies between is the sockets' buffers, a few megabytes.
  EXPECT_LT(chunks_made_, kChunks / 2);
  ASSERT_THAT(download->Read(part), IsOkAnd(part.size()));
  EXPECT_EQ(part, BytesAt(part.size(), part.size()));
}

TEST(Download, GivesItsConnectionBackAtTheEndOfTheBody) {
  std::string big(1 << 20, 'x');
  RawServer server([&](const std::string& request) {
    return request.find("/chunked") == std::string::npos
               ? RawText(big)
               : RawReply{.bytes = Format("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                          "{:x}\r\n{}\r\n0\r\n\r\n",
                                          big.size(), big)};
  });
  const auto client = Client::New({.private_networks = {"127.0.0.1"}}).value();
  for (int i = 0; i < 4; ++i) {
    const auto download =
        client->Start({.url = server.Url(i % 2 == 0 ? "/plain" : "/chunked")}, {}).value();
    std::string part(big.size(), '\0');
    EXPECT_THAT(download->Read(part), IsOkAnd(big.size()));
    EXPECT_EQ(part, big);
    // Those who know the length may leave it at that; of a chunked one the end may be missing yet.
    if (i % 2 == 1) {
      EXPECT_THAT(download->Read(part), IsOkAnd(0U));
    }
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST(Download, ThatIsLeftEarlyClosesItsConnection) {
  RawServer server([&](const std::string&) { return RawText(std::string(8 << 20, 'x')); });
  const auto client = Client::New({.private_networks = {"127.0.0.1"}}).value();
  for (int i = 1; i <= 3; ++i) {
    const auto download = client->Start({.url = server.Url("/")}, {}).value();
    std::string part(1000, '\0');
    EXPECT_THAT(download->Read(part), IsOkAnd(part.size()));
    EXPECT_EQ(server.connections(), i);
  }
}

TEST(Download, OutlivesItsClient) {
  RawServer server([&](const std::string&) { return RawText(std::string(1 << 20, 'x')); });
  auto client = Client::New({.private_networks = {"127.0.0.1"}}).value();
  const auto download = client->Start({.url = server.Url("/")}, {}).value();
  client.reset();
  std::string part(2 << 20, '\0');
  EXPECT_THAT(download->Read(part), IsOkAnd(1U << 20));
}

TEST(Download, KeepsARequestsBodyOfItsOwn) {
  RawServer server([&](const std::string& request) { return RawText(request); });
  const auto client = Client::New({.private_networks = {"127.0.0.1"}}).value();
  auto body = std::make_unique<std::string>(1000, 'b');
  const auto download =
      client->Start({.method = "POST", .url = server.Url("/"), .body = *body}, {}).value();
  body.reset();
  std::string part(4000, '\0');
  const auto count = download->Read(part);
  ASSERT_THAT(count, IsOk());
  EXPECT_TRUE(std::string_view(part).substr(0, *count).ends_with(std::string(1000, 'b')));
}

TEST(Download, OfAnErrorHasItsText) {
  RawServer server([&](const std::string&) {
    return RawReply{.bytes =
                        "HTTP/1.1 503 Busy\r\nRetry-After: 3\r\nContent-Length: 4\r\n\r\nbusy"};
  });
  const auto client = Client::New({.private_networks = {"127.0.0.1"}}).value();
  const auto download = client->Start({.url = server.Url("/")}, {}).value();
  EXPECT_EQ(download->status(), 503);
  EXPECT_EQ(*download->headers().Find("retry-after"), "3");
  std::string part(10, '\0');
  EXPECT_THAT(download->Read(part), IsOkAnd(4U));
}

}  // namespace
}  // namespace sluice::http
