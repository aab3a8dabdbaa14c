#include "http/request_parser.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <utility>

#include "base/encoding.h"
#include "base/format.h"
#include "http/target.h"

namespace sluice::http {
namespace {

namespace beast_http = boost::beast::http;
using beast_http::error;
using boost::beast::error_code;
using BeastText = boost::beast::string_view;

std::string_view View(BeastText text) { return {text.data(), text.size()}; }

}  // namespace

/// Puts what Beast's parser finds straight into the Request: no field is copied twice.
class RequestParser::Grammar final : public beast_http::basic_parser<true> {
 public:
  explicit Grammar(RequestParser& owner) : owner_(owner) {
    header_limit(static_cast<std::uint32_t>(owner.limits_.max_header_bytes));
    body_limit(owner.limits_.max_body_bytes);
    eager(true);
  }

 private:
  void on_request_impl(beast_http::verb, BeastText method, BeastText target, int version,
                       error_code& failure) override {
    owner_.request_.method = View(method);
    owner_.request_.target = View(target);
    owner_.is_http_1_1_ = version == 11;
    CountHeaderBytes(method.size() + target.size(), failure);
  }

  void on_field_impl(beast_http::field field, BeastText name, BeastText value,
                     error_code& failure) override {
    // A chunked body may end with fields of its own. Nothing here needs them, and merging them into
    // the head would let a body forge it.
    if (owner_.state_ != State::kHead) return;
    CountHeaderBytes(name.size() + value.size(), failure);
    if (owner_.request_.headers.fields().size() == kMaxHeaderFields) failure = error::header_limit;
    if (failure) return;

    const bool is_framing =
        field == beast_http::field::content_length || field == beast_http::field::transfer_encoding;
    if (is_framing && std::exchange(has_framing_, true)) failure = error::multiple_content_length;
    if (field == beast_http::field::content_length && !IsNumber(View(value))) {
      failure = error::bad_content_length;
    }
    if (field == beast_http::field::transfer_encoding && !IsChunked(View(value))) {
      failure = error::bad_transfer_encoding;
    }
    owner_.request_.headers.Add(std::string(View(name)), std::string(View(value)));
  }

  void on_header_impl(error_code&) override {
    owner_.keep_alive_ = keep_alive();
    owner_.state_ = State::kBody;
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
    // A client may announce more than it sends: memory follows what arrives.
    if (length) owner_.request_.body.reserve(std::min<std::uint64_t>(*length, kMaxReserveBytes));
  }
  std::size_t on_body_impl(BeastText bytes, error_code&) override {
    owner_.request_.body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t, BeastText, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, BeastText bytes, error_code&) override {
    owner_.request_.body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_finish_impl(error_code&) override { owner_.state_ = State::kDone; }
  void on_response_impl(int, BeastText, int, error_code&) override {}

  /// Beast bounds only what it holds at once, so a head that arrives in pieces is counted here.
  void CountHeaderBytes(std::size_t count, error_code& failure) {
    header_bytes_ += count + kBytesBesideText;
    if (header_bytes_ > owner_.limits_.max_header_bytes) failure = error::header_limit;
  }

  static bool IsNumber(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
  }
  bool IsChunked(std::string_view text) const {
    return owner_.is_http_1_1_ && EqualsIgnoringAsciiCase(text, "chunked");
  }

  static constexpr std::size_t kBytesBesideText = 4;  // ": " and the end of the line
  static constexpr std::size_t kMaxReserveBytes = 64 << 10;

  RequestParser& owner_;
  std::size_t header_bytes_ = 0;
  bool has_framing_ = false;
};

RequestParser::RequestParser(const Limits& limits)
    : limits_(limits), grammar_(std::make_unique<Grammar>(*this)) {}
RequestParser::~RequestParser() = default;

std::size_t RequestParser::Feed(std::string_view bytes) {
  if (state_ == State::kDone || state_ == State::kFailed || bytes.empty()) return 0;
  const bool head_was_open = state_ == State::kHead;
  // Whatever stands before it, "0 CR LF CR LF" must still come. Beast asserts that it is given at
  // least that much when it looks at the last chunk a second time.
  constexpr std::size_t kLastChunkBytes = 5;
  if (!head_was_open && grammar_->chunked() && bytes.size() < kLastChunkBytes) return 0;
  error_code failure;
  const std::size_t taken = grammar_->put({bytes.data(), bytes.size()}, failure);

  if (failure == error::header_limit) {
    Refuse(431, Format("the request's header is larger than {} bytes or has more than {} fields",
                       limits_.max_header_bytes, kMaxHeaderFields));
  } else if (failure == error::body_limit) {
    Refuse(413, Format("the request's body is larger than {} bytes", limits_.max_body_bytes));
  } else if (failure == error::bad_version) {
    Refuse(505, "this server speaks HTTP/1.1 and HTTP/1.0");
  } else if (failure && failure != error::need_more) {
    Refuse(400, "the request is not well-formed HTTP: " + failure.message());
  } else if (taken == 0 && bytes.size() >= limits_.max_header_bytes) {
    Refuse(400, "a chunk's header is too long");
  } else if (head_was_open && state_ != State::kHead) {
    CheckHead();
  }
  return taken;
}

void RequestParser::CheckHead() {
  const Headers& headers = request_.headers;
  const auto hosts =
      std::count_if(headers.fields().begin(), headers.fields().end(),
                    [](const auto& field) { return EqualsIgnoringAsciiCase(field.first, "Host"); });
  if (hosts > 1 || (hosts == 0 && is_http_1_1_)) {
    return Refuse(400, "the request needs exactly one Host header");
  }
  if (const std::string* expect = headers.Find("Expect"); expect != nullptr && is_http_1_1_) {
    expects_continue_ = EqualsIgnoringAsciiCase(*expect, "100-continue");
    if (!expects_continue_) return Refuse(417, "only Expect: 100-continue is understood");
  }

  Result<Target> target = ParseTarget(request_.target);
  if (!target.ok()) return Refuse(400, target.error().message);
  request_.path = target->path;
  request_.query = std::move(target->query);
}

void RequestParser::Refuse(int status, std::string message) {
  state_ = State::kFailed;
  keep_alive_ = false;
  refusal_ = Refusal{.status = status, .message = std::move(message)};
}

}  // namespace sluice::http
