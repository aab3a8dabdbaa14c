#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::storage {

/// Where a table lies.
struct Location {
  std::string scheme;  ///< Lower case: "file" for this machine, else "s3", "abfss", ...
  /// "file": an absolute path, normalised. Other schemes: the whole URI, as it was given.
  std::string path;

  bool IsLocal() const { return scheme == "file"; }
};

/// Reads an absolute path, a path relative to `base_directory` (itself absolute), a `file:` URI
/// (RFC 8089: no authority or that of this machine; percent-decoded) or a URI of another scheme.
/// Errors: kInvalidArgument if `text` is empty, longer than 4,096 bytes, holds a NUL or is a file
/// URI of another machine.
Result<Location> ParseLocation(std::string_view text, std::string_view base_directory);

/// Drops empty and "." segments and the trailing '/', and resolves ".." by the text alone; ".." at
/// the root is dropped, as the kernel does. `path` must be absolute.
std::string NormalizePath(std::string_view path);

/// The path inside a `file:` URI, percent-decoded.
/// Errors: kInvalidArgument as for ParseLocation.
Result<std::string> DecodeFileUri(std::string_view uri);

/// The scheme in front of a URI's ':' (RFC 3986, section 3.1), or empty where there is none.
std::string_view UriScheme(std::string_view text);

/// Whether `path` is `directory` or lies below it. Both absolute and normalised.
bool IsWithin(std::string_view path, std::string_view directory);

}  // namespace sluice::storage
