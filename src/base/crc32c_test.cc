#include "base/crc32c.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>

namespace sluice {
namespace {

void ExpectBoth(std::string_view bytes, std::uint32_t expected) {
  EXPECT_EQ(Crc32c(bytes), expected);
  EXPECT_EQ(Crc32cByTable(bytes), expected);
}

TEST(Crc32c, GivesTheValuesOfRfc3720) {
  // Appendix B.4 lists them byte by byte, the lowest first.
  ExpectBoth(std::string(32, '\0'), 0x8a9136aa);
  ExpectBoth(std::string(32, '\xff'), 0x62a8ab43);
  std::string ascending(32, '\0');
  std::iota(ascending.begin(), ascending.end(), '\0');
  ExpectBoth(ascending, 0x46dd794e);
  std::reverse(ascending.begin(), ascending.end());
  ExpectBoth(ascending, 0x113fdb5c);
  std::string read_command(48, '\0');
  read_command[0] = 0x01;
  read_command[1] = static_cast<char>(0xc0);
  read_command[16] = 0x14;
  read_command[22] = 0x04;
  read_command[27] = 0x14;
  read_command[31] = 0x18;
  read_command[32] = 0x28;
  read_command[40] = 0x02;
  ExpectBoth(read_command, 0xd9963a56);
}

TEST(Crc32c, GivesTheUsualCheckValue) {
  ExpectBoth("", 0);
  ExpectBoth("123456789", 0xe3069283);
}

TEST(Crc32c, InstructionAndTableAgreeAtEveryLengthAndAlignment) {
  std::string bytes;
  for (int i = 0; i < 80; ++i) bytes.push_back(static_cast<char>(i * 37 + 11));
  for (std::size_t begin = 0; begin < 9; ++begin) {
    for (std::size_t size = 0; begin + size <= bytes.size(); ++size) {
      const auto part = std::string_view(bytes).substr(begin, size);
      EXPECT_EQ(Crc32c(part), Crc32cByTable(part));
    }
  }
}

}  // namespace
}  // namespace sluice
