#include "http/message.h"

#include <gtest/gtest.h>

namespace sluice::http {
namespace {

TEST(Headers, AreFoundRegardlessOfCaseFirstOneWins) {
  Headers headers;
  headers.Add("Accept", "a");
  headers.Add("accept", "b");
  ASSERT_NE(headers.Find("ACCEPT"), nullptr);
  EXPECT_EQ(*headers.Find("ACCEPT"), "a");
  EXPECT_EQ(headers.Find("Accept-Encoding"), nullptr);
}

TEST(Request, QueryNamesAreCaseSensitive) {
  Request request;
  request.query = {{"maxResults", "3"}, {"maxResults", "4"}};
  ASSERT_NE(request.FindQuery("maxResults"), nullptr);
  EXPECT_EQ(*request.FindQuery("maxResults"), "3");
  EXPECT_EQ(request.FindQuery("maxresults"), nullptr);
}

TEST(Request, FindsPathParameters) {
  Request request;
  request.path_parameters = {{"share", "sales"}, {"table", "orders"}};
  EXPECT_EQ(request.PathParameter("table"), "orders");
}

}  // namespace
}  // namespace sluice::http
