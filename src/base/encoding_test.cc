#include "base/encoding.h"

#include <string>

#include "base/testing.h"

namespace sluice {
namespace {

TEST(Hex, IsReadInEitherCaseAsItWasWritten) {
  const std::string bytes("\x00\x7f\xab\xff", 4);
  EXPECT_EQ(HexEncode(bytes), "007fabff");
  EXPECT_THAT(HexDecode("007fabff"), IsOkAnd(bytes));
  EXPECT_THAT(HexDecode("007FABFF"), IsOkAnd(bytes));
  EXPECT_THAT(HexDecode(""), IsOkAnd(""));
}

TEST(Hex, RefusesHalvesAndOtherCharacters) {
  for (const char* text : {"0", "abc", "0g", "g0", " 0", "-1", "0x"}) {
    EXPECT_THAT(HexDecode(text), FailsWith(ErrorCode::kInvalidArgument)) << text;
  }
}

TEST(Base64Url, RoundTripsEveryLength) {
  std::string bytes;
  for (int length = 0; length < 70; ++length) {
    EXPECT_EQ(Base64UrlDecode(Base64UrlEncode(bytes)).value(), bytes);
    bytes.push_back(static_cast<char>(length * 37));
  }
}

TEST(Base64Url, AgreesWithRfc4648) {
  EXPECT_EQ(Base64UrlEncode("foobar"), "Zm9vYmFy");
  EXPECT_EQ(Base64UrlEncode("foob"), "Zm9vYg");
  EXPECT_EQ(Base64UrlDecode("Zm9vYg==").value(), "foob");
  EXPECT_EQ(Base64UrlEncode("\xFB\xFF"), "-_8");
}

TEST(Base64Url, RefusesASecondSpellingOfOneValue) {
  EXPECT_FALSE(Base64UrlDecode("Zm9vYh").ok());  // stray bits
  EXPECT_FALSE(Base64UrlDecode("Zm9v+/").ok());  // the other alphabet
  EXPECT_FALSE(Base64UrlDecode("Zm9vY").ok());   // no such length
  EXPECT_FALSE(Base64UrlDecode("Zm9v===").ok());
}

TEST(Base64, AgreesWithRfc4648) {
  EXPECT_EQ(Base64Encode(""), "");
  EXPECT_EQ(Base64Encode("f"), "Zg==");
  EXPECT_EQ(Base64Encode("fo"), "Zm8=");
  EXPECT_EQ(Base64Encode("foobar"), "Zm9vYmFy");
  EXPECT_EQ(Base64Encode("\xFB\xFF"), "+/8=");
}

TEST(Base64, RoundTripsEveryLength) {
  std::string bytes;
  for (int length = 0; length < 40; ++length) {
    EXPECT_EQ(Base64Decode(Base64Encode(bytes)).value(), bytes);
    bytes.push_back(static_cast<char>(length * 37));
  }
}

TEST(Base64, RefusesWhatHasAnotherSpelling) {
  EXPECT_FALSE(Base64Decode("Zg").ok());         // no padding
  EXPECT_FALSE(Base64Decode("Zh==").ok());       // stray bits
  EXPECT_FALSE(Base64Decode("-_8=").ok());       // the other alphabet
  EXPECT_FALSE(Base64Decode("Zg==\nZg=").ok());  // a line's end
  EXPECT_FALSE(Base64Decode("====").ok());
}

TEST(PercentEncoding, KeepsUnreservedAndWhatIsAsked) {
  EXPECT_EQ(PercentEncode("a b/c=ü", "/"), "a%20b/c%3D%C3%BC");
  EXPECT_EQ(PercentDecode("a%20b/c%3D%c3%bc+").value(), "a b/c=ü+");
}

TEST(PercentEncoding, RefusesBrokenEscapes) {
  EXPECT_FALSE(PercentDecode("%").ok());
  EXPECT_FALSE(PercentDecode("%2").ok());
  EXPECT_FALSE(PercentDecode("%zz").ok());
}

TEST(Utf8, TellsWellFormedFromBroken) {
  EXPECT_TRUE(IsValidUtf8("aé€😀"));
  EXPECT_FALSE(IsValidUtf8("\xC0\xAF"));          // overlong
  EXPECT_FALSE(IsValidUtf8("\xED\xA0\x80"));      // surrogate
  EXPECT_FALSE(IsValidUtf8("\xF4\x90\x80\x80"));  // past U+10FFFF
  EXPECT_FALSE(IsValidUtf8("\xE2\x82"));          // cut short
}

TEST(Utf8, FindsABrokenByteWhereverItStands) {
  for (std::size_t at = 0; at < 40; ++at) {
    std::string text(40, 'a');
    EXPECT_TRUE(IsValidUtf8(text));
    text[at] = '\x80';
    EXPECT_FALSE(IsValidUtf8(text)) << at;
    EXPECT_TRUE(IsValidUtf8(text.replace(at, 1, "é"))) << at;
  }
}

TEST(Ascii, FoldsOnlyAscii) {
  EXPECT_EQ(AsciiLower("ÄBC"), "Äbc");
  EXPECT_TRUE(EqualsIgnoringAsciiCase("Sales", "sALES"));
  EXPECT_FALSE(EqualsIgnoringAsciiCase("Sales", "Sale"));
  EXPECT_EQ(TrimAsciiSpace(" \t x y \n"), "x y");
}

}  // namespace
}  // namespace sluice
