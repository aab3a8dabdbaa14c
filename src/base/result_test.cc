#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace sluice {
namespace {

Result<int> Half(int number) {
  if (number % 2 != 0) return InvalidArgument("{} is odd", number);
  return number / 2;
}

Result<std::string> Quarter(int number) {
  const int half = TRY(Half(number));
  const int quarter = TRY(Half(half));
  return std::to_string(quarter);
}

TEST(Result, TryHandsTheValueOn) { EXPECT_EQ(Quarter(12).value(), "3"); }

TEST(Result, TryHandsTheErrorToTheCaller) {
  const auto quarter = Quarter(6);
  ASSERT_FALSE(quarter.ok());
  EXPECT_EQ(quarter.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(quarter.error().message, "3 is odd");
}

TEST(Result, CarriesValuesThatOnlyMove) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
  const std::unique_ptr<int> value = std::move(result).value();
  EXPECT_EQ(*value, 7);
}

TEST(Result, ErrorTextHasDetailForTheLogOnly) {
  const Error error = WithDetail(CorruptData("cannot read the table log"), "/data/x: line 3");
  EXPECT_EQ(error.ToString(), "corrupt_data: cannot read the table log (/data/x: line 3)");
  EXPECT_EQ(error.message, "cannot read the table log");
}

TEST(ResultDeathTest, ValueOfAFailureEndsTheProcess) {
  const Result<int> result = Half(1);
  EXPECT_DEATH((void)result.value(), "value\\(\\) of a failure");
}

}  // namespace
}  // namespace sluice
