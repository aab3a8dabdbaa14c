#include "storage/shared_clients.h"

#include "base/testing.h"

namespace sluice::storage {
namespace {

TEST(SharedClients, WhoWantsTheSameGetsTheSame) {
  SharedClients clients;
  const http::Client::Options options{.private_hosts = {"minio.example.com"}};
  const auto one = clients.Get(options);
  const auto same = clients.Get(options);
  const auto other = clients.Get({.private_hosts = {"other.example.com"}});
  ASSERT_THAT(one, IsOk());
  ASSERT_THAT(same, IsOk());
  ASSERT_THAT(other, IsOk());
  EXPECT_EQ(*one, *same);
  EXPECT_NE(*one, *other);
}

TEST(SharedClients, OptionsThatAreNoneAreAnErrorEachTime) {
  SharedClients clients;
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(clients.Get({.ca_file = "/nowhere/at/all"}),
                FailsWith(ErrorCode::kInvalidArgument));
  }
}

}  // namespace
}  // namespace sluice::storage
