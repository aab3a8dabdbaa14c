#pragma once

#include <pugixml.hpp>

#include <string>
#include <string_view>

namespace sluice::storage::s3 {

/// Reads an answer of a service: elements and their text; entities other than XML's own five and
/// document types are not. False if it is no XML. pugixml neither recurses nor throws here.
inline bool LoadXml(std::string_view text, pugi::xml_document& document) {
  constexpr unsigned kFlags =
      pugi::parse_escapes | pugi::parse_cdata | pugi::parse_ws_pcdata_single;
  return static_cast<bool>(
      document.load_buffer(text.data(), text.size(), kFlags, pugi::encoding_utf8));
}

/// The text of the child of that name, or empty.
inline std::string ChildText(const pugi::xml_node& node, const char* name) {
  return node.child(name).text().get();
}

}  // namespace sluice::storage::s3
