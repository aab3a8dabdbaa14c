#include "crypto/uuid.h"

#include <gtest/gtest.h>

namespace sluice::crypto {
namespace {

TEST(Uuid, Version5AgreesWithRfc9562AppendixA4) {
  EXPECT_EQ(FormatUuid(Uuid5(kDnsNamespace, "www.example.com")),
            "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}

TEST(Uuid, Version4IsRandomAndSaysSo) {
  const std::string text = FormatUuid(Uuid4());
  EXPECT_EQ(text.size(), 36U);
  EXPECT_EQ(text[14], '4');
  EXPECT_TRUE(std::string_view("89ab").find(text[19]) != std::string_view::npos) << text;
  EXPECT_NE(text, FormatUuid(Uuid4()));
}

}  // namespace
}  // namespace sluice::crypto
