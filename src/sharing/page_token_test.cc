#include "sharing/page_token.h"

#include "base/testing.h"

namespace sluice::sharing {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

class PageTokenTest : public testing::Test {
 protected:
  static TokenScope Scope() {
    return {.kind = "page",
            .noun = "page token",
            .recipient = "acme",
            .table = {protocol::ShareName("s"), protocol::SchemaName("d"),
                      protocol::TableName("orders")},
            .parameters = "limit 1"};
  }
  std::string Seal(const TokenScope& scope) const {
    const std::vector<std::int64_t> numbers = {7, -1, 12345678901};
    return SealNumbers(sealer_, scope, numbers, seconds(60)).value();
  }
  std::string FaultOf(const TokenScope& scope, const std::string& token,
                      std::size_t count = 3) const {
    const auto opened = OpenNumbers(sealer_, scope, token, count);
    if (opened.ok()) return "";
    EXPECT_EQ(opened.error().code, ErrorCode::kInvalidArgument);
    return opened.error().message;
  }

  ManualClock clock_{SystemTime(seconds(1'000))};
  crypto::TokenSealer sealer_{crypto::HmacSha256Key("key"), clock_};
};

// Mistake 9: tokens are safe in a URL, bound to recipient, table and parameters, and expire; names
// compare regardless of case.
TEST_F(PageTokenTest, NumbersComeBackUnderAnySpellingOfTheTable) {
  TokenScope scope = Scope();
  const std::string token = Seal(scope);
  EXPECT_EQ(
      token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
      std::string::npos);
  scope.table.table = protocol::TableName("ORDERS");
  EXPECT_THAT(OpenNumbers(sealer_, scope, token, 3), IsOkAnd(ElementsAre(7, -1, 12345678901)));
}

TEST_F(PageTokenTest, OtherTableParametersAndKindAreNamed) {
  const std::string token = Seal(Scope());
  TokenScope scope = Scope();
  scope.table.table = protocol::TableName("customers");
  EXPECT_THAT(FaultOf(scope, token), HasSubstr("page token does not match the table"));
  scope = Scope();
  scope.parameters = "limit 2";
  EXPECT_THAT(FaultOf(scope, token), HasSubstr("Query parameter mismatch"));
  scope = Scope();
  scope.kind = "refresh";
  EXPECT_EQ(FaultOf(scope, token), "Error decoding the page token");
}

TEST_F(PageTokenTest, IsNoiseForAnotherRecipient) {
  TokenScope scope = Scope();
  scope.recipient = "umbrella";
  EXPECT_EQ(FaultOf(scope, Seal(Scope())), "Error decoding the page token");
}

TEST_F(PageTokenTest, AlteredOrOfAnotherLengthIsRefused) {
  std::string token = Seal(Scope());
  EXPECT_EQ(FaultOf(Scope(), token, 2), "Error decoding the page token");
  token[token.size() / 2] = token[token.size() / 2] == 'A' ? 'B' : 'A';
  EXPECT_EQ(FaultOf(Scope(), token), "Error decoding the page token");
  EXPECT_EQ(FaultOf(Scope(), ""), "Error decoding the page token");
}

TEST_F(PageTokenTest, Expires) {
  const std::string token = Seal(Scope());
  clock_.Advance(seconds(60));
  EXPECT_EQ(FaultOf(Scope(), token), "the page token has expired");
}

}  // namespace
}  // namespace sluice::sharing
