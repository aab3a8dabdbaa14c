#pragma once

// gtest matchers for Result. Included by tests only.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/result.h"

namespace sluice {

MATCHER(IsOk, "is a success") {
  if (arg.ok()) return true;
  *result_listener << "failed: " << arg.error().ToString();
  return false;
}

MATCHER_P(FailsWith, code, "fails with " + std::string(ErrorCodeName(code))) {
  if (arg.ok()) return false;
  *result_listener << arg.error().ToString();
  return arg.error().code == code;
}

MATCHER_P(IsOkAnd, matcher, "is a success with a fitting value") {
  if (arg.ok()) return testing::ExplainMatchResult(matcher, arg.value(), result_listener);
  *result_listener << "failed: " << arg.error().ToString();
  return false;
}

}  // namespace sluice
