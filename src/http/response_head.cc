#include "http/response_head.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

#include "base/encoding.h"
#include "base/format.h"

namespace sluice::http {
namespace {

std::string_view ReasonOf(int status) {
  switch (status) {
    case 100: return "Continue";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return "Unknown";
  }
}

void AppendNumber(std::uint64_t number, std::string& out) {
  char digits[20];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
  out.append(digits, end);
}

void AppendOnOneLine(std::string_view text, std::string& out) {
  const std::size_t start = out.size();
  out.append(text);
  const auto breaks_line = [](char c) { return c == '\r' || c == '\n' || c == '\0'; };
  std::replace_if(out.begin() + static_cast<std::ptrdiff_t>(start), out.end(), breaks_line, ' ');
}

void AppendField(std::string_view name, std::string_view value, std::string& out) {
  AppendOnOneLine(name, out);
  out += ": ";
  AppendOnOneLine(value, out);
  out += "\r\n";
}

/// Fields that only the server can know. A handler that sets one would contradict it.
bool IsServerField(std::string_view name) {
  constexpr std::array<std::string_view, 5> kServerFields = {"Connection", "Content-Length", "Date",
                                                             "Transfer-Encoding", "X-Request-Id"};
  return std::any_of(kServerFields.begin(), kServerFields.end(), [name](std::string_view field) {
    return EqualsIgnoringAsciiCase(field, name);
  });
}

}  // namespace

std::string_view DateCache::At(std::time_t unix_seconds) {
  if (unix_seconds == second_) return text_;
  constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm utc{};
  ::gmtime_r(&unix_seconds, &utc);
  text_ =
      Format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[static_cast<std::size_t>(utc.tm_wday)],
             utc.tm_mday, kMonths[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900,
             utc.tm_hour, utc.tm_min, utc.tm_sec);
  second_ = unix_seconds;
  return text_;
}

bool StatusForbidsBody(int status) { return status < 200 || status == 204 || status == 304; }

void AppendResponseHead(const Response& response, const ResponseFrame& frame,
                        std::string_view request_id, std::string_view date, std::string& out) {
  out += "HTTP/1.1 ";
  AppendNumber(static_cast<std::uint64_t>(response.status), out);
  out += ' ';
  out += ReasonOf(response.status);
  out += "\r\n";
  AppendField("Date", date, out);
  AppendField("X-Request-Id", request_id, out);
  for (const auto& [name, value] : response.headers.fields()) {
    if (!IsServerField(name)) AppendField(name, value, out);
  }
  if (frame.gzip) out += "Content-Encoding: gzip\r\n";
  if (frame.varies_by_coding) out += "Vary: Accept-Encoding\r\n";
  if (frame.content_length) {
    out += "Content-Length: ";
    AppendNumber(*frame.content_length, out);
    out += "\r\n";
  }
  if (frame.chunked) out += "Transfer-Encoding: chunked\r\n";
  if (!frame.keep_alive) {
    out += "Connection: close\r\n";
  } else if (!frame.is_http_1_1) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
}

}  // namespace sluice::http
