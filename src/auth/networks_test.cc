#include "auth/networks.h"

#include "base/testing.h"
#include "catalog/model.h"

namespace sluice::auth {
namespace {

TEST(AllowedNetworks, NoneAreAnywhere) {
  for (const AllowedNetworks& networks : {AllowedNetworks(), AllowedNetworks::Parse({}).value()}) {
    for (const char* peer : {"203.0.113.7", "2001:db8::1", "unix", ""}) {
      EXPECT_TRUE(networks.Allow(peer)) << peer;
    }
  }
}

TEST(AllowedNetworks, AllowTheirOwnAddressesAlone) {
  const auto networks =
      AllowedNetworks::Parse({"203.0.113.0/24", "2001:db8:1::/48", "198.51.100.7"}).value();
  for (const char* peer : {"203.0.113.0", "203.0.113.255", "198.51.100.7", "2001:db8:1:ffff::1",
                           "::ffff:203.0.113.7"}) {
    EXPECT_TRUE(networks.Allow(peer)) << peer;
  }
  for (const char* peer : {"203.0.114.0", "198.51.100.8", "2001:db8:2::1", "::203.0.113.7", "unix",
                           "", "203.0.113.7:80", "203.0.113", "203.0.113.7 ", "fe80::1%eth0"}) {
    EXPECT_FALSE(networks.Allow(peer)) << peer;
  }
}

TEST(AllowedNetworks, AllOfIpv6IsNothingOfIpv4) {
  const auto networks = AllowedNetworks::Parse({"::/0"}).value();
  EXPECT_TRUE(networks.Allow("2001:db8::1"));
  EXPECT_FALSE(networks.Allow("203.0.113.7"));
  EXPECT_TRUE(AllowedNetworks::Parse({"::ffff:203.0.113.0/120"})->Allow("203.0.113.7"));
}

TEST(AllowedNetworks, AreBounded) {
  EXPECT_THAT(AllowedNetworks::Parse({"203.0.113.0/24", "everywhere"}),
              FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(AllowedNetworks::Parse(std::vector<std::string>(catalog::kMaxNetworks, "10.0.0.1")),
              IsOk());
  EXPECT_THAT(
      AllowedNetworks::Parse(std::vector<std::string>(catalog::kMaxNetworks + 1, "10.0.0.1")),
      FailsWith(ErrorCode::kInvalidArgument));
}

}  // namespace
}  // namespace sluice::auth
