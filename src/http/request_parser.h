#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/message.h"

namespace sluice::http {

constexpr std::size_t kMaxHeaderFields = 256;

/// Reads one HTTP/1.x request from bytes as they arrive, and refuses what is ambiguous: two servers
/// that read one request differently are how requests are smuggled. Source: RFC 9112.
class RequestParser {
 public:
  struct Limits {
    std::size_t max_header_bytes;  ///< Request line and fields; also bounds one chunk's header.
    std::size_t max_body_bytes;
  };
  enum class State : std::uint8_t {
    kHead,    ///< The head is not complete.
    kBody,    ///< The head is; the body is not.
    kDone,    ///< The request is whole.
    kFailed,  ///< `refusal` says why. What follows on the connection has no meaning.
  };
  struct Refusal {
    int status = 0;
    std::string message;
  };

  explicit RequestParser(const Limits& limits);
  ~RequestParser();

  /// Takes what it can of `bytes` and returns how many that were; give the rest again with more
  /// behind it. Takes nothing beyond the end of the request.
  std::size_t Feed(std::string_view bytes);

  State state() const { return state_; }
  const Refusal& refusal() const { return refusal_; }
  /// Complete when kDone, but for what the connection knows: peer_address, over_tls, request_id.
  Request& request() { return request_; }

  // Of the head, once it is complete:
  bool keep_alive() const { return keep_alive_; }
  bool is_http_1_1() const { return is_http_1_1_; }
  bool expects_continue() const { return expects_continue_; }

 private:
  class Grammar;  // Beast's parser, in the .cc: its headers are slow to compile

  void CheckHead();
  void Refuse(int status, std::string message);

  const Limits limits_;
  State state_ = State::kHead;
  bool keep_alive_ = false;
  bool is_http_1_1_ = false;
  bool expects_continue_ = false;
  Refusal refusal_;
  Request request_;
  std::unique_ptr<Grammar> grammar_;
};

}  // namespace sluice::http
