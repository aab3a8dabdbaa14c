// Bodies that are made while they are sent, and files.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <atomic>

#include "http/server_test_support.h"

namespace sluice::http {
namespace {

class StreamingTest : public ServerTest {
 protected:
  void AnswerWith(TestSource::NextChunk next) {
    handler_.On("/stream", Execution::kWorker,
                [this, next](Request&) { return Stream(next, &destroyed_); });
  }

  Gate destroyed_;
};

Result<void> ThreeLines(int turn, std::string& out) {
  if (turn < 3) out = "line " + std::to_string(turn) + "\n";
  return {};
}

/// `size` bytes that do not repeat at any power of two.
std::string Pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>((i * 31 + i / 251) % 127);
  return text;
}

std::string Gunzip(std::string_view bytes) {
  z_stream stream{};
  EXPECT_EQ(::inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out(16 << 20, '\0');
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(::inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  ::inflateEnd(&stream);
  return out;
}

TEST_F(StreamingTest, IsChunkedAndTheConnectionGoesOn) {
  AnswerWith(ThreeLines);
  Start();
  TestClient client(address());
  const ReceivedResponse response = client.Exchange(Get("/stream"));
  EXPECT_TRUE(response.complete);
  EXPECT_EQ(response.headers.at("transfer-encoding"), "chunked");
  EXPECT_EQ(response.body, "line 0\nline 1\nline 2\n");
  EXPECT_EQ(client.Exchange(Get("/hello")).body, "hello");
}

TEST_F(StreamingTest, AnEmptyBodyIsOneLastChunk) {
  AnswerWith([](int, std::string&) -> Result<void> { return {}; });
  Start();
  const ReceivedResponse response = TestClient(address()).Exchange(Get("/stream"));
  EXPECT_TRUE(response.complete);
  EXPECT_EQ(response.body, "");
}

TEST_F(StreamingTest, ToHttp10ItEndsWithTheConnection) {
  AnswerWith(ThreeLines);
  Start();
  TestClient client(address());
  const ReceivedResponse response =
      client.Exchange("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_FALSE(response.headers.contains("transfer-encoding"));
  EXPECT_EQ(response.headers.at("connection"), "close");
  EXPECT_EQ(response.body, "line 0\nline 1\nline 2\n");
}

TEST_F(StreamingTest, HeadPullsNothing) {
  std::atomic<int> pulls = 0;
  AnswerWith([&pulls](int, std::string&) -> Result<void> { return ++pulls, Result<void>(); });
  Start();
  TestClient client(address());
  EXPECT_EQ(client.Exchange("HEAD /stream HTTP/1.1\r\nHost: t\r\n\r\n").status, 200);
  destroyed_.Wait();
  EXPECT_EQ(pulls, 0);
  EXPECT_EQ(client.Exchange(Get("/hello")).body, "hello");
}

TEST_F(StreamingTest, AChunkLeavesBeforeTheNextIsMade) {
  Gate arrived;
  AnswerWith([&arrived](int turn, std::string& out) -> Result<void> {
    if (turn == 1) arrived.Wait();  // had the first been held back, this would never end
    if (turn < 2) out = "line\n";
    return {};
  });
  Start();
  TestClient client(address());
  client.Send(Get("/stream", "Accept-Encoding: gzip\r\n"));
  const std::string start = client.ReceiveBytes(15);
  arrived.Open();
  EXPECT_EQ(start, "HTTP/1.1 200 OK");
  destroyed_.Wait();  // the source uses what this test owns
}

TEST_F(StreamingTest, CompressedItDecodesToTheWhole) {
  AnswerWith([](int turn, std::string& out) -> Result<void> {
    if (turn < 8) out = Pattern(300'000);
    return {};
  });
  Start();
  const ReceivedResponse response =
      TestClient(address()).Exchange(Get("/stream", "Accept-Encoding: gzip\r\n"));
  EXPECT_TRUE(response.complete);
  EXPECT_EQ(response.headers.at("content-encoding"), "gzip");
  const std::string decoded = Gunzip(response.body);
  ASSERT_EQ(decoded.size(), 8u * 300'000);
  EXPECT_EQ(decoded.substr(300'000, 300'000), Pattern(300'000));
}

TEST_F(StreamingTest, AFailureCutsTheConnection) {
  AnswerWith([](int turn, std::string& out) -> Result<void> {
    if (turn == 1) return Internal("the log is broken");
    out = "half";
    return {};
  });
  Start();
  EXPECT_FALSE(TestClient(address()).Exchange(Get("/stream")).complete);
  destroyed_.Wait();
  EXPECT_FALSE(handler_.WaitForEnded(1)[0].completed);
}

TEST_F(StreamingTest, AFailureIsNoEndToHttp10Either) {
  AnswerWith([](int turn, std::string& out) -> Result<void> {
    if (turn == 1) return Internal("the log is broken");
    out = "half";
    return {};
  });
  Start();
  TestClient client(address());
  client.Send("GET /stream HTTP/1.0\r\n\r\n");
  char byte;
  ssize_t count;
  while ((count = ::recv(client.fd(), &byte, 1, 0)) > 0) {
  }
  EXPECT_EQ(count, -1);  // a reset, not an end
}

TEST_F(StreamingTest, NeverMoreThanOneChunkAheadOfTheClient) {
  std::atomic<int> pulls = 0;
  AnswerWith([&pulls](int, std::string& out) -> Result<void> {
    ++pulls;
    out.assign(32 << 20, 'x');  // more than the sockets hold
    return {};
  });
  options_.write_timeout = std::chrono::milliseconds(300);
  Start();
  TestClient client(address());
  client.Send(Get("/stream"));
  destroyed_.Wait();  // the client read nothing until it was cut off
  EXPECT_EQ(pulls, 2);
}

TEST_F(StreamingTest, ASlowReaderHoldsNoWorker) {
  options_.worker_threads = 1;
  AnswerWith([](int, std::string& out) -> Result<void> {
    out.assign(32 << 20, 'x');
    return {};
  });
  handler_.On("/work", Execution::kWorker, [](Request&) { return Text("worked"); });
  Start();
  TestClient slow(address());
  slow.Send(Get("/stream"));
  EXPECT_FALSE(slow.ReceiveBytes(1).empty());
  EXPECT_EQ(TestClient(address()).Exchange(Get("/work")).body, "worked");
}

TEST_F(StreamingTest, AClientThatLeavesFreesTheSource) {
  AnswerWith([](int, std::string& out) -> Result<void> {
    out.assign(1 << 20, 'x');
    return {};
  });
  Start();
  TestClient client(address());
  client.Send(Get("/stream"));
  EXPECT_FALSE(client.ReceiveBytes(1).empty());
  client.Reset();
  destroyed_.Wait();
  EXPECT_FALSE(handler_.WaitForEnded(1)[0].completed);
}

TEST_F(StreamingTest, AClientThatLeavesDuringAPullFreesTheSourceAfterIt) {
  Gate pulling;
  Gate release;
  AnswerWith([&](int turn, std::string& out) -> Result<void> {
    if (turn > 0) {
      pulling.Open();
      release.Wait();
    }
    out.assign(1 << 20, 'x');
    return {};
  });
  Start();
  TestClient client(address());
  client.Send(Get("/stream"));
  pulling.Wait();
  client.Reset();
  release.Open();
  destroyed_.Wait();
}

/// Bodies whose length is known before they are made: what is relayed.
class RelayTest : public ServerTest {
 protected:
  /// `count` pieces of `piece`, promised to be `length_bytes`.
  void AnswerWith(std::string piece, int count, std::uint64_t length_bytes) {
    handler_.On("/relay", Execution::kWorker, [=, this](Request&) {
      const auto next = [=](int turn, std::string& out) -> Result<void> {
        if (turn < count) out = piece;
        return {};
      };
      return Stream(next, &destroyed_, length_bytes);
    });
  }

  Gate destroyed_;
};

TEST_F(RelayTest, IsSentExactlyAndTheConnectionGoesOn) {
  const std::string piece = Pattern(300'000);
  AnswerWith(piece, 100, 100 * piece.size());
  Start();
  TestClient client(address());
  const ReceivedResponse response = client.Exchange(Get("/relay", "Accept-Encoding: gzip\r\n"));
  EXPECT_TRUE(response.complete);
  EXPECT_EQ(response.headers.at("content-length"), "30000000");
  ASSERT_EQ(response.body.size(), 100 * piece.size());
  for (std::size_t i = 0; i < 100; ++i) {
    ASSERT_EQ(response.body.substr(i * piece.size(), piece.size()), piece) << i;
  }
  EXPECT_EQ(client.Exchange(Get("/hello")).body, "hello");
  EXPECT_EQ(handler_.WaitForEnded(1)[0].body_bytes, 30'000'000u);
}

TEST_F(RelayTest, MayBeEmpty) {
  AnswerWith("", 0, 0);
  Start();
  TestClient client(address());
  const ReceivedResponse response = client.Exchange(Get("/relay"));
  EXPECT_TRUE(response.complete);
  EXPECT_EQ(response.headers.at("content-length"), "0");
  EXPECT_EQ(client.Exchange(Get("/hello")).body, "hello");
}

TEST_F(RelayTest, MoreOrLessThanPromisedCutsTheConnection) {
  for (const std::uint64_t length_bytes : {19, 21}) {
    AnswerWith("0123456789", 2, length_bytes);
    Start();
    EXPECT_FALSE(TestClient(address()).Exchange(Get("/relay")).complete) << length_bytes;
    server_.reset();
  }
}

TEST_F(RelayTest, ASlowReaderHoldsNoWorkerAndGetsItAll) {
  options_.worker_threads = 1;
  const std::string piece = Pattern(32 << 20);  // more than the sockets hold
  AnswerWith(piece, 2, 2 * piece.size());
  handler_.On("/work", Execution::kWorker, [](Request&) { return Text("worked"); });
  Start();
  TestClient slow(address());
  slow.Send(Get("/relay"));
  EXPECT_EQ(TestClient(address()).Exchange(Get("/work")).body, "worked");
  const ReceivedResponse response = slow.Receive();
  EXPECT_TRUE(response.complete);
  EXPECT_EQ(response.body, piece + piece);
}

TEST_F(RelayTest, AReaderThatStopsIsCutOff) {
  AnswerWith(std::string(32 << 20, 'x'), 2, 64 << 20);
  options_.write_timeout = std::chrono::milliseconds(300);
  Start();
  TestClient client(address());
  client.Send(Get("/relay"));
  destroyed_.Wait();
  EXPECT_FALSE(handler_.WaitForEnded(1)[0].completed);
}

class FileTest : public ServerTest {
 protected:
  FileTest() : content_(Pattern(20'000'000)) {
    char path[] = "/tmp/sluice_http_XXXXXX";
    file_ = FileDescriptor(::mkstemp(path));
    ::unlink(path);
    EXPECT_EQ(::write(file_.get(), content_.data(), content_.size()),
              static_cast<ssize_t>(content_.size()));
    handler_.On("/file", Execution::kWorker, [this](Request& request) {
      Response response;
      response.headers.Add("Content-Type", "text/plain");
      response.body = FileBody{.file = FileDescriptor(::dup(file_.get())),
                               .offset_bytes = std::stoull(*request.FindQuery("offset")),
                               .length_bytes = std::stoull(*request.FindQuery("length"))};
      return response;
    });
  }

  const std::string content_;
  FileDescriptor file_;
};

TEST_F(FileTest, IsSentExactly) {
  Start();
  TestClient client(address());
  const ReceivedResponse whole =
      client.Exchange(Get("/file?offset=0&length=20000000", "Accept-Encoding: gzip\r\n"));
  EXPECT_EQ(whole.headers.at("content-length"), "20000000");
  EXPECT_FALSE(whole.headers.contains("content-encoding"));
  EXPECT_TRUE(whole.body == content_);
  EXPECT_TRUE(client.Exchange(Get("/file?offset=12345&length=6789000")).body ==
              content_.substr(12'345, 6'789'000));
  EXPECT_EQ(client.Exchange(Get("/file?offset=7&length=0")).body, "");
  EXPECT_EQ(handler_.WaitForEnded(3)[0].body_bytes, 20'000'000u);
}

TEST_F(FileTest, HeadTellsItsLength) {
  Start();
  TestClient client(address());
  const ReceivedResponse head =
      client.Exchange("HEAD /file?offset=0&length=20000000 HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(head.headers.at("content-length"), "20000000");
  EXPECT_EQ(client.Exchange(Get("/hello")).body, "hello");
}

TEST_F(FileTest, AFileThatIsShorterThanPromisedCutsTheConnection) {
  Start();
  const ReceivedResponse response =
      TestClient(address()).Exchange(Get("/file?offset=19999990&length=20"));
  EXPECT_FALSE(response.complete);
  EXPECT_FALSE(handler_.WaitForEnded(1)[0].completed);
}

TEST_F(FileTest, ASlowReaderHoldsNoWorker) {
  options_.worker_threads = 1;
  handler_.On("/work", Execution::kWorker, [](Request&) { return Text("worked"); });
  Start();
  TestClient slow(address());
  slow.Send(Get("/file?offset=0&length=20000000"));
  EXPECT_FALSE(slow.ReceiveBytes(1).empty());
  EXPECT_EQ(TestClient(address()).Exchange(Get("/work")).body, "worked");
}

}  // namespace
}  // namespace sluice::http
