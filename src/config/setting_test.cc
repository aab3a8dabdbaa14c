#include "config/setting.h"

#include "base/testing.h"

namespace sluice::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct LampOptions {
  bool lit = false;
  std::int64_t bulbs = 0;
  std::size_t glass_bytes = 0;
  std::chrono::milliseconds glow_time{};
  std::string colour;
  std::vector<std::string> rooms;
};

constexpr Setting<LampOptions> kLampSettings[] = {
    {.name = "lit", .field = &LampOptions::lit, .fallback = "false"},
    {.name = "bulbs", .field = &LampOptions::bulbs, .fallback = "1", .min = "1", .max = "8"},
    {.name = "glass_bytes", .field = &LampOptions::glass_bytes, .fallback = "1KiB", .max = "1MiB"},
    {.name = "glow_time", .field = &LampOptions::glow_time, .fallback = "1h", .min = "1s"},
    {.name = "colour", .field = &LampOptions::colour, .fallback = "red", .choices = "red|green"},
    {.name = "rooms", .field = &LampOptions::rooms, .fallback = ""},
};

Result<LayeredOptions<LampOptions>> Layered(const std::vector<GivenSetting>& given) {
  return LayerSettings(std::span<const Setting<LampOptions>>(kLampSettings), given);
}

GivenSetting Flag(std::string name, std::string text) {
  return {.name = std::move(name),
          .layer = Layer::kFlag,
          .where = "--flag",
          .items = {std::move(text)}};
}

std::string MessageOf(const Result<LayeredOptions<LampOptions>>& result) {
  return result.ok() ? "" : result.error().message;
}

TEST(Setting, TakesTheFallbackWhereNothingIsGiven) {
  const auto layered = Layered({});
  ASSERT_THAT(layered, IsOk());
  EXPECT_FALSE(layered->options.lit);
  EXPECT_EQ(layered->options.bulbs, 1);
  EXPECT_EQ(layered->options.glass_bytes, 1024u);
  EXPECT_EQ(layered->options.glow_time, std::chrono::hours(1));
  EXPECT_EQ(layered->options.colour, "red");
  EXPECT_TRUE(layered->options.rooms.empty());
  EXPECT_EQ(layered->in_force[1].where, "default");
}

TEST(Setting, StrongerLayersWinWhateverTheOrder) {
  const std::vector<GivenSetting> given = {
      {.name = "bulbs", .layer = Layer::kFlag, .where = "--bulbs", .items = {"5"}},
      {.name = "bulbs", .layer = Layer::kEnvironment, .where = "SLUICE_BULBS", .items = {"4"}},
      {.name = "bulbs", .layer = Layer::kFile, .where = "f.yaml:3", .items = {"3"}},
      {.name = "bulbs", .layer = Layer::kReferenceKey, .where = "f.yaml:9", .items = {"2"}},
  };
  for (std::size_t skipped = 0; skipped < given.size(); ++skipped) {
    const auto layered =
        Layered({given.begin() + static_cast<std::ptrdiff_t>(skipped), given.end()});
    ASSERT_THAT(layered, IsOk());
    EXPECT_EQ(layered->options.bulbs, static_cast<std::int64_t>(5 - skipped));
    EXPECT_EQ(layered->in_force[1].where, given[skipped].where);
  }
}

TEST(Setting, ChecksBoundsInEveryKind) {
  EXPECT_EQ(MessageOf(Layered({Flag("bulbs", "9")})), "--flag: must be at most 8");
  EXPECT_EQ(MessageOf(Layered({Flag("bulbs", "0")})), "--flag: must be at least 1");
  EXPECT_EQ(MessageOf(Layered({Flag("glass_bytes", "2MiB")})), "--flag: must be at most 1MiB");
  EXPECT_EQ(MessageOf(Layered({Flag("glow_time", "1ms")})), "--flag: must be at least 1s");
  EXPECT_EQ(MessageOf(Layered({Flag("colour", "blue")})),
            "--flag: expected one of red|green, not 'blue'");
  EXPECT_THAT(Layered({Flag("bulbs", "8")}), IsOk());
}

TEST(Setting, NamesTheKeyOfAFaultInAFile) {
  const auto layered = Layered(
      {{.name = "glow_time", .layer = Layer::kFile, .where = "f.yaml:3", .items = {"soon"}}});
  EXPECT_THAT(MessageOf(layered), HasSubstr("f.yaml:3: glowTime: expected a duration"));
}

TEST(Setting, SplitsListsOfTextButNotListsOfAFile) {
  EXPECT_THAT(Layered({Flag("rooms", "hall, attic")}).value().options.rooms,
              ElementsAre("hall", "attic"));
  const auto from_file = Layered({{.name = "rooms",
                                   .layer = Layer::kFile,
                                   .where = "f.yaml:1",
                                   .items = {"a,b", "c"},
                                   .is_list = true}});
  EXPECT_THAT(from_file.value().options.rooms, ElementsAre("a,b", "c"));
}

TEST(Setting, RefusesAListForASingleValue) {
  const auto layered = Layered({{.name = "bulbs",
                                 .layer = Layer::kFile,
                                 .where = "f.yaml:1",
                                 .items = {"1"},
                                 .is_list = true}});
  EXPECT_THAT(MessageOf(layered), HasSubstr("expected one value, not a list"));
}

TEST(Setting, NameGivesThreeSpellings) {
  const SettingRow row{.name = "glow_time"};
  EXPECT_EQ(row.YamlKey(), "glowTime");
  EXPECT_EQ(row.EnvironmentVariable(), "SLUICE_GLOW_TIME");
  EXPECT_EQ(row.Flag(), "--glow-time");
}

TEST(Setting, ReferencePageNamesEverySpellingAndBound) {
  const std::vector<SettingRow> rows = {RowOf(kLampSettings[1])};
  const std::string page = SettingsReference(rows, {});
  for (const char* text :
       {"## bulbs", "at least `1`", "at most `8`", "Default: `1`", "`SLUICE_BULBS`", "`--bulbs`"}) {
    EXPECT_THAT(page, HasSubstr(text));
  }
}

TEST(Setting, ReferencePageNamesNoVariableOrFlagForSettingsOfTheFileAlone) {
  const std::vector<SettingRow> rows = {RowOf(kLampSettings[1])};
  const std::string page = SettingsReference({}, rows);
  EXPECT_THAT(page, HasSubstr("### bulbs"));
  EXPECT_THAT(page, HasSubstr("at most `8`"));
  EXPECT_THAT(page, Not(HasSubstr("BULBS")));
  EXPECT_THAT(page, Not(HasSubstr("--bulbs")));
}

}  // namespace
}  // namespace sluice::config
