#include "expr/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "base/testing.h"

namespace sluice::expr {
namespace {

std::string StructOf(const std::string& fields) {
  return R"({"type":"struct","fields":[)" + fields + "]}";
}

std::string Reprinted(const std::string& schema_string) {
  return PrintSchemaForRecipients(ParseSchema(schema_string).value());
}

std::string NestedStructs(int levels) {
  std::string text = "\"long\"";
  for (int i = 0; i < levels; ++i) {
    std::string field = R"({"name":"a","type":)";
    text = StructOf(field.append(text).append("}"));
  }
  return text;
}

TEST(ParseSchema, ReadsEveryPrimitiveType) {
  const Schema schema =
      ParseSchema(
          StructOf(R"json({"name":"a","type":"timestamp_ntz","nullable":false,"metadata":{"k":1}},
                      {"name":"b","type":"decimal(38, 18)","nullable":true,"metadata":{}},
                      {"name":"c","type":"variant","nullable":true,"metadata":{}})json"))
          .value();
  EXPECT_EQ(schema.fields[0].type.kind, TypeKind::kTimestampNtz);
  EXPECT_FALSE(schema.fields[0].nullable);
  EXPECT_EQ(schema.fields[0].metadata.at("k"), 1);
  EXPECT_EQ(schema.fields[1].type.kind, TypeKind::kDecimal);
  EXPECT_EQ(schema.fields[1].type.precision, 38);
  EXPECT_EQ(schema.fields[1].type.scale, 18);
  EXPECT_EQ(schema.fields[2].type.kind, TypeKind::kOther);
}

TEST(ParseSchema, TakesOldTablesWithoutMetadataOrNullable) {
  const Schema schema =
      ParseSchema(StructOf(R"({"name":"a","type":{"type":"array","elementType":"long"}})")).value();
  EXPECT_TRUE(schema.fields[0].nullable);
  EXPECT_TRUE(schema.fields[0].type.fields[0].nullable);
}

TEST(ParseSchema, RefusesWhatIsNoSchema) {
  for (const std::string& text : {
           std::string(""),
           std::string("{}"),
           std::string("[]"),
           std::string("\"long\""),
           std::string(R"({"type":"struct"})"),
           std::string(R"({"type":"array","elementType":"long"})"),
           StructOf("1"),
           StructOf(R"({"name":"a"})"),
           StructOf(R"({"type":"long"})"),
           StructOf(R"({"name":1,"type":"long"})"),
           StructOf(R"({"name":"a","type":1})"),
           StructOf(R"json({"name":"a","type":"decimal(99,1)"})json"),
           StructOf(R"json({"name":"a","type":"decimal(x)"})json"),
           StructOf(R"({"name":"a","type":{"type":"map","keyType":"long"}})"),
           StructOf(R"({"name":"a","type":{"type":"set"}})"),
           StructOf(R"({"name":"a","type":"long","nullable":"yes"})"),
           StructOf(R"({"name":"a","type":"long","metadata":[]})"),
       }) {
    EXPECT_THAT(ParseSchema(text), FailsWith(ErrorCode::kCorruptData)) << text;
  }
}

TEST(ParseSchema, BoundsDepth) {
  EXPECT_THAT(ParseSchema(NestedStructs(100)), IsOk());
  EXPECT_THAT(ParseSchema(NestedStructs(102)), FailsWith(ErrorCode::kCorruptData));
  EXPECT_THAT(ParseSchema(NestedStructs(5000)), FailsWith(ErrorCode::kCorruptData));
}

TEST(ParseSchema, BoundsTheNumberOfFields) {
  std::string fields = R"({"name":"a","type":"long"})";
  for (int i = 1; i < 100'000; ++i) fields += R"(,{"name":"a","type":"long"})";
  EXPECT_THAT(ParseSchema(StructOf(fields)), IsOk());
  EXPECT_THAT(ParseSchema(StructOf(fields + R"(,{"name":"a","type":"long"})")),
              FailsWith(ErrorCode::kCorruptData));
}

TEST(SchemaFind, FollowsStructsAndPrefersTheExactSpelling) {
  const Schema schema =
      ParseSchema(StructOf(R"({"name":"ID","type":"long"},{"name":"id","type":"string"},
          {"name":"s","type":{"type":"struct","fields":[{"name":"Inner","type":"date"}]}},
          {"name":"list","type":{"type":"array","elementType":"long"}})"))
          .value();
  EXPECT_EQ(schema.Find({"id"})->type.kind, TypeKind::kString);
  EXPECT_EQ(schema.Find({"Id"})->type.kind, TypeKind::kLong);
  EXPECT_EQ(schema.Find({"S", "inner"})->name, "Inner");
  EXPECT_EQ(schema.Find({"list", "element"}), nullptr);
  EXPECT_EQ(schema.Find({"id", "x"}), nullptr);
  EXPECT_EQ(schema.Find({"none"}), nullptr);
  EXPECT_EQ(schema.Find({}), nullptr);
}

constexpr char kMapped[] =
    R"({"name":"id","type":"long","metadata":{"delta.columnMapping.physicalName":"col-1"}},
       {"name":"s","metadata":{"delta.columnMapping.physicalName":"col-2"},"type":{"type":"struct",
        "fields":[{"name":"Inner","type":"date",
                   "metadata":{"delta.columnMapping.physicalName":"col-3"}}]}},
       {"name":"list","metadata":{"delta.columnMapping.physicalName":"col-4"},
        "type":{"type":"array","elementType":{"type":"struct","fields":[{"name":"e","type":"long",
                "metadata":{"delta.columnMapping.physicalName":"col-5"}}]}}},
       {"name":"old","type":"long","metadata":{"delta.columnMapping.physicalName":7}})";

TEST(StoredNames, AreTheNamesUntilColumnsAreMapped) {
  const Schema schema = ParseSchema(StructOf(kMapped)).value();
  EXPECT_EQ(schema.fields[0].stored_name, "id");
  EXPECT_THAT(schema.StoredPath({"s", "Inner"}), testing::ElementsAre("s", "Inner"));
  EXPECT_EQ(schema.fields[2].type.fields[0].stored_name, "element");
}

TEST(StoredNames, ComeFromTheMetadataOnceColumnsAreMapped) {
  Schema schema = ParseSchema(StructOf(kMapped)).value();
  MapColumns(schema);
  EXPECT_THAT(schema.StoredPath({"id"}), testing::ElementsAre("col-1"));
  EXPECT_THAT(schema.StoredPath({"S", "inner"}), testing::ElementsAre("col-2", "col-3"));
  EXPECT_EQ(schema.fields[2].type.fields[0].stored_name, "element");
  EXPECT_EQ(schema.fields[2].type.fields[0].type.fields[0].stored_name, "col-5");
  EXPECT_EQ(schema.fields[3].stored_name, "old");
  EXPECT_EQ(schema.fields[0].name, "id");
}

TEST(StoredNames, OfWhatIsNoFieldAreEmpty) {
  Schema schema = ParseSchema(StructOf(kMapped)).value();
  MapColumns(schema);
  for (const std::vector<std::string>& path :
       std::vector<std::vector<std::string>>{{}, {"none"}, {"col-1"}, {"id", "x"}, {"list", "e"}}) {
    EXPECT_TRUE(schema.StoredPath(path).empty());
  }
}

TEST(TypeWidening, DoubleThatWasAFloatSaysSo) {
  const auto was_float = [](const std::string& type, const std::string& changes) {
    return ParseSchema(StructOf(R"({"name":"c","type":")" + type +
                                R"(","metadata":{"delta.typeChanges":)" + changes + "}}"))
        .value()
        .fields[0]
        .type.was_float;
  };
  EXPECT_TRUE(was_float("double", R"([{"fromType":"float","toType":"double"}])"));
  EXPECT_TRUE(was_float(
      "double",
      R"([{"fromType":"short","toType":"float"},{"fromType":"float","toType":"double"}])"));
  EXPECT_FALSE(was_float("double", R"([{"fromType":"integer","toType":"double"}])"));
  EXPECT_FALSE(was_float("long", R"([{"fromType":"integer","toType":"long"}])"));
  for (const char* changes : {"[]", "7", R"(["float"])", R"([{"toType":"double"}])"})
    EXPECT_FALSE(was_float("double", changes)) << changes;
}

TEST(PrintSchemaForRecipients, LooksLikeSpark) {
  EXPECT_EQ(
      Reprinted(StructOf(R"({"name":"id","type":"long","nullable":true,"metadata":{}})")),
      R"({"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{}}]})");
  const std::string nested = StructOf(
      R"({"name":"l","type":{"type":"array","elementType":"long","containsNull":false},)"
      R"("nullable":true,"metadata":{}},)"
      R"({"name":"m","type":{"type":"map","keyType":"string","valueType":{"type":"struct",)"
      R"json("fields":[{"name":"d","type":"decimal(10,2)","nullable":false,"metadata":{}}]},)json"
      R"("valueContainsNull":true},"nullable":false,"metadata":{}})");
  EXPECT_EQ(Reprinted(nested), nested);
}

TEST(PrintSchemaForRecipients, KeepsOnlyTheComment) {
  EXPECT_EQ(
      Reprinted(StructOf(
          R"({"name":"a","type":"long","nullable":true,"metadata":{"delta.columnMapping.id":1,)"
          R"("comment":"the \"key\"","delta.columnMapping.physicalName":"col-1"}})")),
      R"({"type":"struct","fields":[{"name":"a","type":"long","nullable":true,)"
      R"("metadata":{"comment":"the \"key\""}}]})");
}

// The schemas of the acceptance suite's tables, where it is at hand: see tests/acceptance.
TEST(PrintSchemaForRecipients, RepeatsRealSchemasWithoutFieldMetadata) {
  const char* const folder = std::getenv("SLUICE_TESTDATA");
  const std::filesystem::path beside =
      (std::filesystem::path(__FILE__) / "../../../../shared").lexically_normal();
  std::ifstream file(folder != nullptr ? std::filesystem::path(folder) / "expected.json"
                                       : beside / "testdata/delta/expected.json");
  if (!file) GTEST_SKIP() << "the acceptance suite's tables are not at hand";
  std::stringstream text;
  text << file.rdbuf();
  const json::value tables = ParseJson(text.str(), {.max_bytes = 256 << 20}).value();
  int checked = 0;
  for (const auto& [name, table] : tables.get_object()) {
    const json::value* const schema = FindMember(table.get_object(), "schema");
    if (schema == nullptr) continue;
    const std::string original(schema->get_string());
    const auto parsed = ParseSchema(original);
    ASSERT_THAT(parsed, IsOk()) << name;
    ++checked;
    const std::string printed = PrintSchemaForRecipients(*parsed);
    std::string compact;
    AppendJson(ParseJson(original).value(), compact);
    // Metadata other than an empty object is what may differ.
    if (compact.find("\"metadata\":{\"") == std::string::npos) {
      EXPECT_EQ(printed, compact) << name;
    }
    EXPECT_EQ(Reprinted(printed), printed) << name;
  }
  EXPECT_GT(checked, 150);
}

}  // namespace
}  // namespace sluice::expr
