#include "storage/azure/list_page.h"

#include "base/testing.h"

namespace sluice::storage::azure {
namespace {

using testing::ElementsAre;

std::string Blob(std::string_view name, std::string_view size = "1", std::string_view more = "") {
  return Format(
      "<Blob><Name>{}</Name><Properties><Last-Modified>Sat, 21 Nov 2026 10:00:00 GMT"
      "</Last-Modified><Etag>0x8D1</Etag>{}<Content-Length>{}</Content-Length></Properties></Blob>",
      name, more, size);
}

std::string Answer(std::string_view blobs, std::string_view marker = "") {
  return Format(
      "\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults "
      "ServiceEndpoint=\"https://acme.blob.core.windows.net/\" ContainerName=\"lake\"><Prefix>log/"
      "</Prefix><Delimiter>/</Delimiter><Blobs>{}</Blobs><NextMarker>{}</NextMarker>"
      "</EnumerationResults>",
      blobs, marker);
}

std::vector<std::string> Names(std::string_view xml) {
  const auto page = ParseListPage(xml, "log/");
  if (!page.ok()) return {page.error().ToString()};
  std::vector<std::string> names;
  for (const ObjectInfo& blob : page->blobs) names.push_back(blob.name);
  return names;
}

TEST(AzureListPage, TellsNameSizeTimeAndTag) {
  const auto page = ParseListPage(Answer(Blob("log/1.json", "12"), "2!76!MDAw"), "log/");
  ASSERT_THAT(page, IsOk());
  ASSERT_EQ(page->blobs.size(), 1U);
  EXPECT_EQ(page->blobs[0].name, "1.json");
  EXPECT_EQ(page->blobs[0].size_bytes, 12U);
  EXPECT_EQ(page->blobs[0].modified_at, SystemTime(std::chrono::seconds(1'795'255'200)));
  EXPECT_EQ(page->blobs[0].etag, "\"0x8D1\"");
  EXPECT_EQ(page->next_marker, "2!76!MDAw");
}

TEST(AzureListPage, MayBeEmpty) {
  for (const std::string& xml : {Answer(""), std::string("<EnumerationResults><Blobs/>"
                                                         "<NextMarker/></EnumerationResults>")}) {
    const auto page = ParseListPage(xml, "log/");
    ASSERT_THAT(page, IsOk());
    EXPECT_TRUE(page->blobs.empty());
    EXPECT_EQ(page->next_marker, "");
    EXPECT_EQ(page->first_name, std::nullopt);
  }
}

TEST(AzureListPage, DecodesNamesThatXmlCannotHold) {
  EXPECT_THAT(Names(Answer("<Blob><Name Encoded=\"true\">log%2Fa%EF%BF%BE%25</Name><Properties>"
                           "<Last-Modified>Sat, 21 Nov 2026 10:00:00 GMT</Last-Modified>"
                           "<Content-Length>1</Content-Length></Properties></Blob>")),
              ElementsAre("a\xef\xbf\xbe%"));
  EXPECT_THAT(Names(Answer(Blob("log/a&amp;b%20 c"))), ElementsAre("a&b%20 c"));
}

TEST(AzureListPage, LeavesOutPlaceholdersOfDirectories) {
  const std::string folder_by_metadata =
      "<Blob><Name>log/c</Name><Properties><Last-Modified>Sat, 21 Nov 2026 10:00:00 GMT"
      "</Last-Modified><Content-Length>0</Content-Length></Properties><Metadata><hdi_isfolder>true"
      "</hdi_isfolder></Metadata></Blob>";
  const std::string xml = Answer(
      Blob("log/", "0") + Blob("log/a", "0") + "<BlobPrefix><Name>log/a/</Name></BlobPrefix>" +
      Blob("log/b", "0", "<ResourceType>directory</ResourceType>") + folder_by_metadata +
      Blob("log/d", "0", "<ResourceType>file</ResourceType>") + Blob("log/e", "3") +
      "<BlobPrefix><Name>log/e/</Name></BlobPrefix>");
  EXPECT_THAT(Names(xml), ElementsAre("d", "e"));
  const auto page = ParseListPage(Answer(Blob("log/a", "0",
                                              "<ResourceType>directory"
                                              "</ResourceType>")),
                                  "log/");
  ASSERT_THAT(page, IsOk());
  EXPECT_EQ(page->first_name, "a");
  EXPECT_EQ(page->last_name, "a");
}

TEST(AzureListPage, TellsTheFoldersBesideTheBlobs) {
  const auto prefix = [](std::string_view name) {
    return Format("<BlobPrefix><Name>{}</Name></BlobPrefix>", name);
  };
  const auto page = ParseListPage(
      Answer(prefix("log//") + prefix("log/a-/") + prefix("log/a/") + Blob("log/b")), "log/");
  ASSERT_THAT(page, IsOk());
  EXPECT_THAT(page->folders, ElementsAre("a", "a-"));
  EXPECT_THAT(ParseListPage(Answer(prefix("log/a/b/")), "log/"),
              FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(ParseListPage(Answer(prefix("other/a/")), "log/"),
              FailsWith(ErrorCode::kUnavailable));
}

TEST(AzureListPage, RefusesNamesThatRepeatOrAreInDisorder) {
  for (const std::string& blobs : {Blob("log/a") + Blob("log/a"), Blob("log/b") + Blob("log/a"),
                                   Blob("log/") + Blob("log/")}) {
    EXPECT_THAT(ParseListPage(Answer(blobs), "log/"), FailsWith(ErrorCode::kUnavailable));
  }
}

TEST(AzureListPage, RefusesWhatIsNoList) {
  const std::string whole = Answer(Blob("log/a"));
  for (const std::string& xml :
       {std::string(), std::string("{}"), std::string("<Error><Code>x</Code></Error>"),
        whole.substr(0, whole.size() - 10), Answer(Blob("other/a")), Answer(Blob("log/a", "-1")),
        Answer(Blob("log/a", "")), Answer("<Blob><Name>log/a</Name></Blob>"),
        Answer(Blob("log/a", "99999999999999999999"))}) {
    EXPECT_THAT(ParseListPage(xml, "log/"), FailsWith(ErrorCode::kUnavailable)) << xml;
  }
}

}  // namespace
}  // namespace sluice::storage::azure
