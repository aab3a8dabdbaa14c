#include "http/gzip.h"

#include <gtest/gtest.h>
#include <zlib.h>

namespace sluice::http {
namespace {

/// Decodes what is there of a gzip member.
std::string Decode(std::string_view bytes, bool* ended) {
  z_stream stream{};
  EXPECT_EQ(::inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out(1 << 22, '\0');
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  *ended = ::inflate(&stream, Z_SYNC_FLUSH) == Z_STREAM_END;
  out.resize(stream.total_out);
  ::inflateEnd(&stream);
  return out;
}

TEST(AcceptsGzip, FollowsTheWeights) {
  for (const char* yes : {"gzip", "gzip, deflate, br", "deflate;q=1, GZIP;q=0.5", "*",
                          "br, *;q=0.1", "gzip;q=0.001", "x-gzip", "*;q=0, gzip"}) {
    EXPECT_TRUE(AcceptsGzip(yes)) << yes;
  }
  for (const char* no : {"", "identity", "gzip;q=0", "gzip; q=0.000", "gzip;q=0, *", "*;q=0",
                         "deflate, br", "gzipped"}) {
    EXPECT_FALSE(AcceptsGzip(no)) << no;
  }
}

TEST(IsCompressible, OnlyTextAndJson) {
  for (const char* yes : {"application/json", "application/x-ndjson; charset=utf-8", "text/plain",
                          "TEXT/html", "application/json;charset=utf-8"}) {
    EXPECT_TRUE(IsCompressible(yes)) << yes;
  }
  for (const char* no : {"", "application/octet-stream", "application/vnd.apache.parquet",
                         "image/png", "texts/plain"}) {
    EXPECT_FALSE(IsCompressible(no)) << no;
  }
}

TEST(GzipEncoder, RoundTrips) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i * 7919);
  for (const std::size_t length :
       {std::size_t{0}, std::size_t{1}, std::size_t{70'000}, text.size()}) {
    std::string encoded;
    GzipEncoder().Finish(std::string_view(text).substr(0, length), encoded);
    bool ended = false;
    EXPECT_EQ(Decode(encoded, &ended), text.substr(0, length));
    EXPECT_TRUE(ended);
  }
}

TEST(GzipEncoder, EveryPieceCanBeDecodedWhenItArrives) {
  GzipEncoder encoder;
  std::string encoded;
  std::string expected;
  bool ended = false;
  for (int i = 0; i < 10; ++i) {
    const std::string piece(static_cast<std::size_t>(i * 1'000), static_cast<char>('a' + i));
    encoder.Append(piece, encoded);
    expected += piece;
    EXPECT_EQ(Decode(encoded, &ended), expected);
    EXPECT_FALSE(ended);
  }
  encoder.Finish({}, encoded);
  EXPECT_EQ(Decode(encoded, &ended), expected);
  EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace sluice::http
