#include "http/forwarded.h"

#include <gtest/gtest.h>

namespace sluice::http {
namespace {

Request From(const std::string& peer, const std::vector<std::string>& forwarded_for) {
  Request request;
  request.peer_address = peer;
  for (const std::string& value : forwarded_for) request.headers.Add("x-forwarded-for", value);
  return request;
}

std::string PeerBehind(const std::string& peer, const std::vector<std::string>& forwarded_for) {
  const TrustedProxies proxies = TrustedProxies::Parse({"10.0.0.1", "10.0.0.2", "::1"}).value();
  Request request = From(peer, forwarded_for);
  proxies.Apply(request);
  return request.peer_address;
}

TEST(TrustedProxies, AStrangerIsNotBelieved) {
  EXPECT_EQ(PeerBehind("192.0.2.1", {"1.2.3.4"}), "192.0.2.1");
}

TEST(TrustedProxies, TheRightmostUntrustedAddressIsThePeer) {
  EXPECT_EQ(PeerBehind("10.0.0.1", {"6.6.6.6, 1.2.3.4"}), "1.2.3.4");
  EXPECT_EQ(PeerBehind("10.0.0.1", {"6.6.6.6, 1.2.3.4, 10.0.0.2"}), "1.2.3.4");
  EXPECT_EQ(PeerBehind("10.0.0.1", {"6.6.6.6", "1.2.3.4,10.0.0.2"}), "1.2.3.4");
}

TEST(TrustedProxies, WhenAllAreTrustedTheFarthestIsThePeer) {
  EXPECT_EQ(PeerBehind("10.0.0.1", {"10.0.0.2"}), "10.0.0.2");
  EXPECT_EQ(PeerBehind("10.0.0.1", {}), "10.0.0.1");
}

TEST(TrustedProxies, WhatIsNoAddressEndsTheChain) {
  EXPECT_EQ(PeerBehind("10.0.0.1", {"1.2.3.4, unknown, 10.0.0.2"}), "10.0.0.2");
  EXPECT_EQ(PeerBehind("10.0.0.1", {"1.2.3.4,"}), "1.2.3.4");
  EXPECT_EQ(PeerBehind("10.0.0.1", {"1.2.3.4,,"}), "10.0.0.1");
}

TEST(TrustedProxies, PortsAndBracketsAreDropped) {
  EXPECT_EQ(PeerBehind("::1", {"1.2.3.4:5678"}), "1.2.3.4");
  EXPECT_EQ(PeerBehind("::1", {"[2001:DB8::1]:80"}), "2001:db8::1");
  EXPECT_EQ(PeerBehind("::1", {"2001:db8:0::1"}), "2001:db8::1");
  EXPECT_EQ(PeerBehind("::1", {"::ffff:1.2.3.4"}), "1.2.3.4");
}

TEST(TrustedProxies, ACertificateOfTheirOwnIsNotTheClients) {
  const TrustedProxies proxies = TrustedProxies::Parse({"10.0.0.1"}).value();
  for (const char* peer : {"10.0.0.1", "10.0.0.2"}) {
    Request request = From(peer, {});
    request.certificate = std::make_shared<const PeerCertificate>();
    proxies.Apply(request);
    EXPECT_EQ(request.certificate == nullptr, peer == std::string("10.0.0.1"));
  }
}

TEST(TrustedProxies, TheOriginIsWhatTheClientAskedThemFor) {
  const TrustedProxies proxies = TrustedProxies::Parse({"10.0.0.1"}).value();
  const auto origin = [&](std::string peer,
                          std::vector<std::pair<std::string, std::string>> fields) {
    Request request = From(std::move(peer), {});
    for (auto& [name, value] : fields) request.headers.Add(name, value);
    proxies.Apply(request);
    return request.forwarded_origin;
  };
  EXPECT_EQ(origin("10.0.0.1", {{"Host", "data.example.com:8443"}}),
            "http://data.example.com:8443");
  EXPECT_EQ(origin("10.0.0.1", {{"X-Forwarded-Host", "data.example.com"},
                                {"X-Forwarded-Proto", "https"},
                                {"Host", "inner:80"}}),
            "https://data.example.com");
  EXPECT_EQ(origin("10.0.0.9", {{"X-Forwarded-Host", "evil.example.com"}, {"Host", "a"}}), "");
  EXPECT_EQ(origin("10.0.0.1", {{"X-Forwarded-Host", "a\"},{\"b"}}), "");
}

TEST(TrustedProxies, TheSchemeIsBelievedOnlyFromThem) {
  const TrustedProxies proxies = TrustedProxies::Parse({"10.0.0.1"}).value();
  Request request = From("10.0.0.1", {});
  request.headers.Add("X-Forwarded-Proto", "HTTPS");
  proxies.Apply(request);
  EXPECT_TRUE(request.over_tls);

  request.over_tls = false;
  request.peer_address = "10.0.0.9";
  proxies.Apply(request);
  EXPECT_FALSE(request.over_tls);
}

TEST(TrustedProxies, NamesAreRefused) {
  EXPECT_FALSE(TrustedProxies::Parse({"proxy.example"}).ok());
}

}  // namespace
}  // namespace sluice::http
