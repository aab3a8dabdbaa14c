#include "http/networks.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/testing.h"

namespace sluice::http {
namespace {

bool IsPublicText(std::string_view text) { return IsPublic(ParseIpAddress(text).value()); }

TEST(IsPublic, HoldsForAddressesOfTheInternet) {
  for (const char* text : {"8.8.8.8", "52.216.0.1", "172.32.0.1", "100.128.0.1", "223.255.255.255",
                           "2600:1f18::1", "2a00:1450::8", "::ffff:8.8.8.8", "64:ff9b::808:808"}) {
    EXPECT_TRUE(IsPublicText(text)) << text;
  }
}

TEST(IsPublic, DoesNotHoldForLoopbackLinkLocalPrivateSharedMulticastOrUnspecified) {
  for (const char* text :
       {"127.0.0.1", "127.255.255.254", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "100.127.255.255", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "::", "::1", "fe80::1", "fd00::1", "fc00::1", "ff02::1"}) {
    EXPECT_FALSE(IsPublicText(text)) << text;
  }
}

TEST(IsPublic, DoesNotHoldForIpv6ThatLeadsToAPrivateIpv4) {
  for (const char* text : {"::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1",
                           "64:ff9b::a9fe:a9fe", "64:ff9b::7f00:1", "2002:7f00:1::1"}) {
    EXPECT_FALSE(IsPublicText(text)) << text;
  }
}

TEST(Networks, ContainWhatSharesTheirPrefix) {
  const Networks networks =
      Networks::Parse({"10.0.0.0/8", "192.168.4.0/22", "fd00:1::/32", "127.0.0.1"}).value();
  for (const char* text :
       {"10.255.0.1", "192.168.7.255", "fd00:1:2::3", "127.0.0.1", "::ffff:10.0.0.1"}) {
    EXPECT_TRUE(networks.Contains(*ParseIpAddress(text))) << text;
  }
  for (const char* text : {"11.0.0.1", "192.168.8.0", "fd00:2::3", "127.0.0.2", "::1"}) {
    EXPECT_FALSE(networks.Contains(*ParseIpAddress(text))) << text;
  }
}

TEST(Networks, OfPrefixZeroAreAllOfTheirFamily) {
  const Networks ipv4 = Networks::Parse({"0.0.0.0/0"}).value();
  EXPECT_TRUE(ipv4.Contains(*ParseIpAddress("8.8.8.8")));
  EXPECT_FALSE(ipv4.Contains(*ParseIpAddress("2600::1")));
  const Networks ipv6 = Networks::Parse({"::/0"}).value();
  EXPECT_TRUE(ipv6.Contains(*ParseIpAddress("2600::1")));
  EXPECT_FALSE(ipv6.Contains(*ParseIpAddress("8.8.8.8")));
  EXPECT_FALSE(ipv6.Contains(*ParseIpAddress("::ffff:8.8.8.8")));
}

TEST(Networks, RefuseWhatIsNone) {
  for (const char* text : {"", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "::/129", "10.0.0/8",
                           "example.com", "[::1]/128", "10.0.0.0/8 "}) {
    EXPECT_THAT(Networks::Parse({text}), FailsWith(ErrorCode::kInvalidArgument)) << text;
  }
}

TEST(IpAddressOf, ReadsBothFamiliesAndNoOther) {
  sockaddr_in ipv4{.sin_family = AF_INET};
  ipv4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(IpAddressOf(reinterpret_cast<const sockaddr&>(ipv4)), ParseIpAddress("127.0.0.1"));
  sockaddr_in6 ipv6{.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
  EXPECT_EQ(IpAddressOf(reinterpret_cast<const sockaddr&>(ipv6)), ParseIpAddress("::1"));
  const sockaddr unix_address{.sa_family = AF_UNIX};
  EXPECT_EQ(IpAddressOf(unix_address), std::nullopt);
}

}  // namespace
}  // namespace sluice::http
