#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice {

/// Lower-case hex, two characters a byte.
std::string HexEncode(std::string_view bytes);
void AppendHex(std::string_view bytes, std::string& out);
/// Of either case. Errors: kInvalidArgument for any other character or half a byte.
Result<std::string> HexDecode(std::string_view text);

/// RFC 4648 section 5, without padding.
std::string Base64UrlEncode(std::string_view bytes);
void AppendBase64Url(std::string_view bytes, std::string& out);
/// Takes padded and unpadded text of the URL-safe alphabet. Errors: kInvalidArgument for any other
/// character, a wrong length or stray bits at the end, so that one value has one spelling.
Result<std::string> Base64UrlDecode(std::string_view text);

/// RFC 4648 section 4, with padding.
std::string Base64Encode(std::string_view bytes);
void AppendBase64(std::string_view bytes, std::string& out);
/// Takes padded text alone. Errors: as above.
Result<std::string> Base64Decode(std::string_view text);

/// RFC 3986 percent-encoding of everything but unreserved characters and those in `keep`.
void AppendPercentEncoded(std::string_view bytes, std::string_view keep, std::string& out);
std::string PercentEncode(std::string_view bytes, std::string_view keep = {});
/// Undoes percent-encoding; '+' stays '+'. Errors: kInvalidArgument for '%' without two hex digits.
Result<std::string> PercentDecode(std::string_view text);

/// True if `bytes` is well-formed UTF-8 (Unicode 15, table 3-7: no surrogates, no overlong forms).
bool IsValidUtf8(std::string_view bytes);

/// ASCII only, so that the result does not depend on a locale.
std::string AsciiLower(std::string_view text);
bool EqualsIgnoringAsciiCase(std::string_view a, std::string_view b);
std::string_view TrimAsciiSpace(std::string_view text);

}  // namespace sluice
