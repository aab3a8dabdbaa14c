#include "http/proxy.h"

#include <map>

#include "base/testing.h"

namespace sluice::http {
namespace {

ProxyRules RulesOf(const std::map<std::string, std::string>& environment) {
  return ProxyRules::FromEnvironment([&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  });
}

std::string ProxyOf(const ProxyRules& rules, std::string_view url) {
  return rules.ProxyFor(ParseClientUrl(url).value());
}

TEST(ProxyRules, OfTheEnvironmentAreByScheme) {
  const ProxyRules rules = RulesOf({{"http_proxy", "http://p:1"}, {"HTTPS_PROXY", "http://p:2"}});
  EXPECT_EQ(ProxyOf(rules, "http://a/"), "http://p:1");
  EXPECT_EQ(ProxyOf(rules, "https://a/"), "http://p:2");
  EXPECT_EQ(ProxyOf(RulesOf({}), "http://a/"), "");
}

TEST(ProxyRules, OfAllSchemesStandInWhereNoOtherIs) {
  const ProxyRules rules = RulesOf({{"http_proxy", "http://p:1"}, {"all_proxy", "http://p:3"}});
  EXPECT_EQ(ProxyOf(rules, "http://a/"), "http://p:1");
  EXPECT_EQ(ProxyOf(rules, "https://a/"), "http://p:3");
}

TEST(ProxyRules, IgnoreTheUpperCaseVariableThatAClientOfACgiServerCanSet) {
  EXPECT_EQ(ProxyOf(RulesOf({{"HTTP_PROXY", "http://evil"}}), "http://a/"), "");
}

TEST(ProxyRules, LeaveOutHostsDomainsAndNetworks) {
  const ProxyRules rules =
      RulesOf({{"http_proxy", "http://p"},
               {"no_proxy", ".corp.example ,store.example,10.0.0.0/8 192.168.1.1,[::3]"}});
  for (const char* url :
       {"http://corp.example/", "http://a.corp.example/", "http://STORE.example/",
        "http://b.store.example/", "http://10.1.2.3/", "http://192.168.1.1/", "http://[::3]/"}) {
    EXPECT_EQ(ProxyOf(rules, url), "") << url;
  }
  for (const char* url : {"http://mystore.example/", "http://example/", "http://11.0.0.1/",
                          "http://192.168.1.2/", "http://[::2]/"}) {
    EXPECT_EQ(ProxyOf(rules, url), "http://p") << url;
  }
  EXPECT_EQ(ProxyOf(RulesOf({{"http_proxy", "http://p"}, {"NO_PROXY", "*"}}), "http://a/"), "");
}

TEST(ProxyRules, OfTheEnvironmentLeaveOutThisMachine) {
  const ProxyRules rules = RulesOf({{"http_proxy", "http://p"}, {"no_proxy", "store.example"}});
  for (const char* url : {"http://localhost:9000/", "http://127.0.0.1/", "http://[::1]:80/"}) {
    EXPECT_EQ(ProxyOf(rules, url), "") << url;
  }
}

TEST(ProxyRules, ThatAreSetAskNoEnvironment) {
  EXPECT_EQ(ProxyOf(ProxyRules::Always("http://p"), "http://localhost/"), "http://p");
  EXPECT_EQ(ProxyOf(ProxyRules::Always("http://p"), "https://a/"), "http://p");
}

}  // namespace
}  // namespace sluice::http
