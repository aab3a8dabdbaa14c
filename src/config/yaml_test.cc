#include "config/yaml.h"

#include "base/testing.h"

namespace sluice::config {
namespace {

using testing::HasSubstr;

std::string FaultOf(std::string_view text, const YamlLimits& limits = {}) {
  const auto document = ParseYaml(text, "f.yaml", limits);
  return document.ok() ? "no fault" : document.error().message;
}

TEST(Yaml, KeepsOrderAndPlaces) {
  const auto document = ParseYaml("b: 1\na:\n  - x\n  - {k: v}\n", "f.yaml");
  ASSERT_THAT(document, IsOk());
  const YamlNode& root = document->root;
  ASSERT_EQ(root.entries.size(), 2u);
  EXPECT_EQ(root.entries[0].key, "b");
  EXPECT_EQ(root.entries[1].line, 2);
  const YamlNode& list = root.entries[1].value;
  ASSERT_EQ(list.items.size(), 2u);
  EXPECT_EQ(list.items[0].scalar, "x");
  EXPECT_EQ(list.items[0].line, 3);
  EXPECT_EQ(list.items[0].column, 5);
  EXPECT_EQ(list.items[1].Find("k")->scalar, "v");
  EXPECT_EQ(list.items[1].Find("absent"), nullptr);
  EXPECT_EQ(document->At(4), "f.yaml:4");
}

TEST(Yaml, EmptyTextIsNull) {
  EXPECT_EQ(ParseYaml("", "f.yaml").value().root.kind, YamlNode::Kind::kNull);
  EXPECT_EQ(ParseYaml("# only a comment\n", "f.yaml").value().root.kind, YamlNode::Kind::kNull);
}

TEST(Yaml, TellsNothingFromEmptyText) {
  const YamlNode root = ParseYaml("a:\nb: ''\n", "f.yaml").value().root;
  EXPECT_EQ(root.Find("a")->kind, YamlNode::Kind::kNull);
  EXPECT_EQ(root.Find("b")->kind, YamlNode::Kind::kScalar);
}

TEST(Yaml, NamesFileAndLineOfAFault) {
  EXPECT_THAT(FaultOf("a: 1\nb: [1, 2\n"), HasSubstr("f.yaml:"));
  EXPECT_THAT(FaultOf("a: 1\n\tb: 2\n"), HasSubstr("f.yaml:2: "));
}

TEST(Yaml, RefusesAKeyGivenTwice) {
  EXPECT_EQ(FaultOf("a: 1\nb: 2\na: 3\n"), "f.yaml:3: key 'a' is given twice");
}

TEST(Yaml, RefusesAliasesSoThatNothingExpands) {
  EXPECT_THAT(FaultOf("a: &x [1]\nb: *x\n"), HasSubstr("f.yaml:2: aliases"));
}

TEST(Yaml, RefusesKeysThatAreNoText) {
  EXPECT_THAT(FaultOf("? [a]\n: 1\n"), HasSubstr("a key must be plain text"));
  EXPECT_THAT(FaultOf("~: 1\n"), HasSubstr("a key is missing"));
}

TEST(Yaml, RefusesASecondDocument) {
  EXPECT_THAT(FaultOf("a: 1\n---\nb: 2\n"), HasSubstr("second"));
}

TEST(Yaml, RefusesWhatIsNoText) {
  EXPECT_EQ(FaultOf("a: \xff\n"), "f.yaml: not UTF-8 text");
  EXPECT_EQ(FaultOf(std::string_view("a: 1\n\x04\nb: 2\n", 13)), "f.yaml:2: a control character");
}

TEST(Yaml, EveryLimitHolds) {
  EXPECT_THAT(ParseYaml("abcdef", "f", {.max_bytes = 5}), FailsWith(ErrorCode::kTooLarge));
  EXPECT_THAT(ParseYaml("[[[1]]]", "f", {.max_depth = 2}), FailsWith(ErrorCode::kTooLarge));
  EXPECT_THAT(ParseYaml("[[[1]]]", "f", {.max_depth = 3}), IsOk());
  EXPECT_THAT(ParseYaml("[1, 2, 3]", "f", {.max_nodes = 3}), FailsWith(ErrorCode::kTooLarge));
  EXPECT_THAT(ParseYaml(std::string(100'000, '['), "f"), testing::Not(IsOk()));
}

TEST(Yaml, MissingFileIsNotFound) {
  EXPECT_THAT(ReadYamlFile("/no/such/file.yaml"), FailsWith(ErrorCode::kNotFound));
}

TEST(Yaml, FolderIsNoFile) {
  EXPECT_THAT(ReadYamlFile("/tmp"), FailsWith(ErrorCode::kUnavailable));
}

}  // namespace
}  // namespace sluice::config
