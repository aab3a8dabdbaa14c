#include "protocol/names.h"

#include "base/testing.h"

namespace sluice::protocol {
namespace {

TEST(Names, OrdinaryNamesPass) {
  for (const char* name : {"a", "Retail_2024", "caf\xc3\xa9", "a-b", "a#b"}) {
    EXPECT_THAT(CheckShareName(name), IsOk()) << name;
    EXPECT_THAT(CheckSchemaName(name), IsOk()) << name;
    EXPECT_THAT(CheckTableName(name), IsOk()) << name;
  }
}

TEST(Names, OnlySharesMayHaveDots) {
  EXPECT_THAT(CheckShareName("a.b"), IsOk());
  EXPECT_THAT(CheckSchemaName("a.b"), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(CheckTableName("a.b"), FailsWith(ErrorCode::kInvalidArgument));
}

TEST(Names, WhatTheProtocolForbidsIsRefused) {
  for (const std::string_view name :
       {std::string_view(""), std::string_view("a b"), std::string_view("a/b"),
        std::string_view("a\nb"), std::string_view("a\0b", 3), std::string_view("a\x7f"),
        std::string_view("\xff")}) {
    EXPECT_THAT(CheckShareName(name), FailsWith(ErrorCode::kInvalidArgument));
    EXPECT_THAT(CheckSchemaName(name), FailsWith(ErrorCode::kInvalidArgument));
    EXPECT_THAT(CheckTableName(name), FailsWith(ErrorCode::kInvalidArgument));
  }
}

TEST(Names, LengthIsCountedInBytes) {
  EXPECT_THAT(CheckTableName(std::string(255, 'a')), IsOk());
  EXPECT_THAT(CheckTableName(std::string(256, 'a')), FailsWith(ErrorCode::kInvalidArgument));
}

TEST(Names, FullNameIsJoinedWithDots) {
  const TableRef ref{ShareName("s"), SchemaName("c"), TableName("t")};
  EXPECT_EQ(ref.ToString(), "s.c.t");
}

}  // namespace
}  // namespace sluice::protocol
