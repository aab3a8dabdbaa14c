#include "observe/trace.h"

#include <thread>

#include "base/testing.h"

namespace sluice::observe {
namespace {

constexpr char kParent[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
constexpr char kId[] = "4bf92f3577b34da6a3ce929d0e0e4736";

Trace WithState(std::string_view state) {
  return BeginSpan({.trace_parent = kParent, .trace_state = state});
}

TEST(Trace, GoesOnWithTheCallersAsASpanOfItsOwn) {
  const Trace trace = BeginSpan({.trace_parent = kParent});
  EXPECT_EQ(trace.id, kId);
  EXPECT_EQ(trace.parent_span, "00f067aa0ba902b7");
  EXPECT_TRUE(trace.is_sampled);
  EXPECT_THAT(trace.span, testing::MatchesRegex("[0-9a-f]{16}"));
  EXPECT_NE(trace.span, trace.parent_span);
  EXPECT_EQ(TraceParentOf(trace), Format("00-{}-{}-01", kId, trace.span));
}

TEST(Trace, IsNewWithoutACaller) {
  const Trace trace = BeginSpan({});
  EXPECT_THAT(trace.id, testing::MatchesRegex("[0-9a-f]{32}"));
  EXPECT_THAT(trace.span, testing::MatchesRegex("[0-9a-f]{16}"));
  EXPECT_EQ(trace.parent_span, "");
  EXPECT_FALSE(trace.is_sampled);
  EXPECT_NE(trace.id, BeginSpan({}).id);
  EXPECT_EQ(TraceParentOf(trace), "00-" + trace.id + "-" + trace.span + "-00");
}

TEST(Trace, TakesNoParentThatBreaksTheRules) {
  for (const char* parent : {"", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
                             "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
                             "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
                             "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
                             "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                             "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                             "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                             "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
                             "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                             "0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                             "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
                             "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.x"}) {
    const Trace trace = BeginSpan({.trace_parent = parent, .trace_state = "a=b"});
    EXPECT_NE(trace.id, kId) << parent;
    EXPECT_EQ(trace.parent_span, "") << parent;
    EXPECT_EQ(trace.state, "") << parent;
  }
}

TEST(Trace, TakesOfALaterVersionWhatItKnows) {
  for (const std::string rest : {"", "-", "-what-comes-later"}) {
    const Trace trace = BeginSpan(
        {.trace_parent = "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff" + rest});
    EXPECT_EQ(trace.id, kId) << rest;
    EXPECT_TRUE(trace.is_sampled) << rest;
    EXPECT_THAT(TraceParentOf(trace), testing::EndsWith("-01")) << rest;
  }
}

TEST(Trace, HandsItsStateOnWithoutBlanks) {
  EXPECT_EQ(WithState("congo=t61rcWkgMzE, rojo=00f067\t,, t3nant@sys-tem*/_=a b!~").state,
            "congo=t61rcWkgMzE,rojo=00f067,t3nant@sys-tem*/_=a b!~");
  EXPECT_EQ(WithState("a= b ").state, "a= b");
}

TEST(Trace, LeavesAStateOutThatBreaksTheRules) {
  std::string many;
  for (int i = 0; i <= 32; ++i) many += Format("k{}=v,", i);
  const std::string wide = "a=" + std::string(250, 'x') + ",b=" + std::string(250, 'x');
  EXPECT_EQ(WithState(wide).state, wide);
  for (const std::string& state :
       {std::string("a"), std::string("=b"), std::string("a="), std::string("A=b"),
        std::string("1=b"), std::string("a=b,a=c"), std::string("a=b=c"), std::string("a=\x01"),
        std::string("a=\xc3\xa9"), std::string("a@=b"), std::string("@a=b"), std::string("a@1=b"),
        std::string("a@b@c=d"), std::string("a b=c"), "a=" + std::string(257, 'x'),
        std::string(257, 'a') + "=b", many, wide + ",c=0123456789"}) {
    const Trace trace = WithState(state);
    EXPECT_EQ(trace.state, "") << state;
    EXPECT_EQ(trace.id, kId) << state;
  }
}

TEST(Trace, IsTheThreadsWhileItsScopeLasts) {
  const auto outer = std::make_shared<const Trace>(BeginSpan({}));
  const auto inner = std::make_shared<const Trace>(BeginSpan({}));
  EXPECT_EQ(CurrentTrace(), nullptr);
  {
    const TraceScope outer_scope(outer);
    {
      const TraceScope inner_scope(inner);
      EXPECT_EQ(CurrentTrace(), inner);
    }
    EXPECT_EQ(CurrentTrace(), outer);
  }
  EXPECT_EQ(CurrentTrace(), nullptr);
}

TEST(Trace, GoesToOtherThreadsOnlyIfItIsTaken) {
  const auto trace = std::make_shared<const Trace>(BeginSpan({}));
  const TraceScope scope(trace);
  TracePointer without = trace;
  TracePointer with;
  std::thread([&] { without = CurrentTrace(); }).join();
  std::thread(InCurrentTrace([&] { with = CurrentTrace(); })).join();
  EXPECT_EQ(without, nullptr);
  EXPECT_EQ(with, trace);
}

}  // namespace
}  // namespace sluice::observe
