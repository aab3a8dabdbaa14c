#include "auth/sign_in.h"

#include "auth/provider_test_support.h"
#include "base/testing.h"

namespace sluice::auth {
namespace {

using testing::HasSubstr;

class SignInTest : public testing::Test {
 protected:
  SignInTest() {
    provider_.PutKeys({RsaTestKey().PublicJwk("one")});
    provider_.PutDocument({{"authorization_endpoint", provider_.url("/auth")},
                           {"token_endpoint", provider_.url("/token")}});
  }
  void Publish(const catalog::ManagedRecipient& recipient) {
    catalog::OwnerSettings settings;
    catalog::Issuer issuer = provider_.issuer();
    issuer.name = "corp";
    settings.issuers = {issuer};
    catalog_.Replace(
        catalog::View::Of({.recipients = {catalog::MakeRecipient(recipient)},
                           .settings = std::make_shared<const catalog::OwnerSettings>(settings)}));
  }
  static catalog::ManagedRecipient Federated(const std::string& issuer) {
    catalog::ManagedRecipient recipient{.id = "1", .name = "acme"};
    recipient.federation = {.issuer = issuer, .audience = "a", .claims = {{"sub", "acme"}}};
    return recipient;
  }

  TestProvider provider_;
  ManualClock clock_{kTestStart};
  std::unique_ptr<http::Client> client_ = NewLoopbackClient();
  IdentityProviders providers_{*client_, clock_, {}};
  catalog::Catalog catalog_{catalog::View::Of({})};
  SignIn sign_in_{catalog_, providers_};
};

TEST_F(SignInTest, ARecipientsProviderSaysWhere) {
  Publish(Federated("CORP"));
  EXPECT_THAT(sign_in_.DocumentOf("1"), IsOkAnd(HasSubstr(provider_.url("/auth"))));
}

TEST_F(SignInTest, WhoeverDoesNotSignInLooksAsIfNotThere) {
  const auto message = [&](std::string_view id) {
    const auto document = sign_in_.DocumentOf(id);
    return document.ok() ? "found" : document.error().ToString();
  };
  const std::string missing = message("2");
  EXPECT_THAT(missing, HasSubstr("not_found"));
  Publish({.id = "1", .name = "acme"});
  EXPECT_EQ(message("1"), missing);
  Publish(Federated("other"));
  EXPECT_EQ(message("1"), missing);
  catalog::ManagedRecipient disabled = Federated("corp");
  disabled.enabled = false;
  Publish(disabled);
  EXPECT_EQ(message("1"), missing);
  Publish(Federated("corp"));
  EXPECT_EQ(message("acme"), missing);
}

}  // namespace
}  // namespace sluice::auth
