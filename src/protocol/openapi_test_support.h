#pragma once

#include <fstream>
#include <sstream>
#include <string>

#include "base/json.h"
#include "base/testing.h"

namespace sluice::protocol {

/// What is published of a surface must be what its routes give now.
inline void ExpectPublished(const std::string& document, const std::string& file,
                            const std::string& command) {
  std::stringstream published;
  published << std::ifstream(SLUICE_SOURCE_DIR "/docs/reference/" + file).rdbuf();
  EXPECT_EQ(published.str(), document) << "run: " << command << " > docs/reference/" << file;
}

/// Every "$ref" of a document leads to a part of it.
inline void ExpectReferencesHold(const std::string& text) {
  const json::value document = ParseJson(text).value();
  const std::string marker = "\"$ref\": \"#";
  std::size_t references = 0;
  for (std::size_t at = 0; (at = text.find(marker, at)) != std::string::npos; ++references) {
    at += marker.size();
    const std::string pointer = text.substr(at, text.find('"', at) - at);
    EXPECT_NO_THROW(document.at_pointer(pointer)) << pointer;
  }
  EXPECT_GT(references, 0U);
}

}  // namespace sluice::protocol
