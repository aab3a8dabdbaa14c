#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::http {

/// The URL of a request that goes out, taken apart.
struct ClientTarget {
  bool is_tls = false;
  std::string host;    ///< In lower case; an IPv6 address in brackets. May stand in an error.
  std::string origin;  ///< "https://host:port", the port only if the URL has one.
  std::string target;  ///< Path and query, as they are spelled; "/" for none.
};

/// Takes an absolute http or https URL apart. Errors: kInvalidArgument for any other text: one with
/// a user's name or a fragment, or with what has to be percent-encoded. No error repeats the URL,
/// which may carry a signature. Source: RFC 3986, section 3; RFC 9110, section 4.2.
Result<ClientTarget> ParseClientUrl(std::string_view url);

}  // namespace sluice::http
