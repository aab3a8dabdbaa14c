#include "storage/gcs/endpoints.h"

#include <algorithm>

#include "base/encoding.h"

namespace sluice::storage::gcs {
namespace {

constexpr std::string_view kGoogle = "https://storage.googleapis.com";
constexpr char kEmulatorVariable[] = "STORAGE_EMULATOR_HOST";
constexpr std::size_t kMaxOriginBytes = 300;

/// A name, an IPv4 address or an IPv6 address between brackets, and perhaps a port.
bool IsAuthority(std::string_view text) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool is_bracketed = text.starts_with('[');
  const std::size_t host_end =
      is_bracketed ? text.find(']') + 1 : std::min(text.find(':'), text.size());
  const std::string_view host = text.substr(0, host_end);
  const std::string_view port = text.substr(host_end);
  const bool host_is_right =
      is_bracketed ? host.size() > 2 &&
                         host.find_first_not_of("0123456789abcdef:.[]") == std::string_view::npos
                   : !host.empty() && std::ranges::all_of(host, is_plain);
  return host_is_right &&
         (port.empty() || (port.size() > 1 && port.size() <= 6 && port.front() == ':' &&
                           std::ranges::all_of(port.substr(1), is_digit)));
}

/// The emulator as its variable names it: each of Google's libraries takes another form.
Result<std::string> ParseEmulator(std::string_view text) {
  std::string url(text.find("://") == std::string_view::npos ? "http://" : "");
  url += text;
  while (url.ends_with('/')) url.pop_back();
  constexpr std::string_view kApiPath = "/storage/v1";
  if (url.ends_with(kApiPath)) url.resize(url.size() - kApiPath.size());
  return ParseOrigin(kEmulatorVariable, url);
}

}  // namespace

Result<std::string> ParseOrigin(std::string_view what, std::string_view text) {
  std::string origin = AsciiLower(text.substr(0, kMaxOriginBytes));
  if (origin.ends_with('/')) origin.pop_back();
  const std::size_t scheme_end = origin.find("://");
  const bool is_known = origin.starts_with("https://") || origin.starts_with("http://");
  if (!is_known || !IsAuthority(std::string_view(origin).substr(scheme_end + 3))) {
    return WithDetail(InvalidArgument("{} is not of the form https://host:port", what),
                      std::string(text.substr(0, kMaxOriginBytes)));
  }
  return origin;
}

Result<Endpoints> EndpointsOf(const config::StoreOptions& options,
                              const std::function<std::string(const std::string&)>& environment) {
  Endpoints endpoints = {.api = std::string(kGoogle), .links = {}};
  const std::string emulator = environment(kEmulatorVariable);
  if (!options.endpoint.empty()) {
    endpoints.api = TRY(ParseOrigin("endpoint", options.endpoint));
    endpoints.is_emulator = endpoints.api.starts_with("http://");
  } else if (!emulator.empty()) {
    endpoints.api = TRY(ParseEmulator(emulator));
    endpoints.is_emulator = true;
  }
  endpoints.links = endpoints.api;
  if (!options.public_endpoint.empty()) {
    endpoints.links = TRY(ParseOrigin("publicEndpoint", options.public_endpoint));
  }
  return endpoints;
}

}  // namespace sluice::storage::gcs
