#include "storage/azure/list_page.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <pugixml.hpp>

#include "base/encoding.h"
#include "storage/wire_time.h"

namespace sluice::storage::azure {
namespace {

Error NotAList(std::string_view why) {
  return WithDetail(Unavailable("the store's list cannot be read"), std::string(why));
}

/// A name within the directory.
Result<std::string> ReadName(const pugi::xml_node& entry, std::string_view prefix) {
  const pugi::xml_node name = entry.child("Name");
  std::string text = name.child_value();
  if (name.attribute("Encoded").as_bool()) {
    auto decoded = PercentDecode(text);
    if (!decoded.ok()) return NotAList("a name is badly percent-encoded");
    text = std::move(decoded).value();
  }
  if (!text.starts_with(prefix)) return NotAList("a name does not begin with the prefix");
  text.erase(0, prefix.size());
  return text;
}

std::optional<std::uint64_t> ReadSize(const pugi::xml_node& properties) {
  const std::string_view text = properties.child_value("Content-Length");
  std::uint64_t size = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return size;
}

bool SaysDirectory(const pugi::xml_node& blob) {
  return std::string_view(blob.child("Properties").child_value("ResourceType")) == "directory" ||
         EqualsIgnoringAsciiCase(blob.child("Metadata").child_value("hdi_isfolder"), "true");
}

Result<ObjectInfo> ReadBlob(const pugi::xml_node& blob, std::string name) {
  const pugi::xml_node properties = blob.child("Properties");
  const auto size = ReadSize(properties);
  const auto modified_at = ParseHttpDate(properties.child_value("Last-Modified"));
  if (!size || !modified_at.ok()) return NotAList("a blob without its size or time");
  std::string etag = properties.child_value("Etag");
  if (!etag.empty() && !etag.starts_with('"') && !etag.starts_with("W/")) {
    etag = Format("\"{}\"", etag);
  }
  return ObjectInfo{.name = std::move(name),
                    .size_bytes = *size,
                    .modified_at = *modified_at,
                    .etag = std::move(etag)};
}

/// The names of the directories beside the blobs, without their '/'.
Result<std::set<std::string>> ReadDirectories(const pugi::xml_node& blobs,
                                              std::string_view prefix) {
  std::set<std::string> names;
  for (const pugi::xml_node& entry : blobs.children("BlobPrefix")) {
    std::string name = TRY(ReadName(entry, prefix));
    if (name.ends_with('/')) name.pop_back();
    if (name.find('/') != std::string::npos) return NotAList("a folder of another directory");
    names.insert(std::move(name));
  }
  return names;
}

}  // namespace

Result<ListPage> ParseListPage(std::string_view xml, std::string_view prefix) {
  pugi::xml_document document;
  const pugi::xml_parse_result parsed = document.load_buffer(xml.data(), xml.size());
  if (!parsed) return NotAList(parsed.description());
  const pugi::xml_node results = document.child("EnumerationResults");
  const pugi::xml_node blobs = results.child("Blobs");
  if (!blobs) return NotAList("no Blobs in it");

  ListPage page{.next_marker = results.child_value("NextMarker")};
  page.folders = TRY(ReadDirectories(blobs, prefix));
  for (const pugi::xml_node& blob : blobs.children("Blob")) {
    std::string name = TRY(ReadName(blob, prefix));
    if (page.first_name && name <= page.last_name) return NotAList("its names are not in order");
    if (!page.first_name) page.first_name = name;
    page.last_name = name;
    ObjectInfo info = TRY(ReadBlob(blob, std::move(name)));
    const bool is_placeholder = info.name.empty() || SaysDirectory(blob) ||
                                (info.size_bytes == 0 && page.folders.contains(info.name));
    if (!is_placeholder) page.blobs.push_back(std::move(info));
  }
  page.folders.erase("");
  return page;
}

}  // namespace sluice::storage::azure
