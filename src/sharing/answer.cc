#include "sharing/answer.h"

#include <utility>

#include "protocol/error.h"

namespace sluice::sharing {
namespace {

constexpr std::size_t kChunkBytes = 256 << 10;

class AnswerBody final : public http::BodySource {
 public:
  explicit AnswerBody(TableAnswer answer) : answer_(std::move(answer)) {}

  /// Renders what the first Next will give. A fault here can still be answered with a status.
  Result<void> Begin() { return Render(first_chunk_); }
  bool at_end() const { return at_end_; }

  Result<void> Next(std::string& out) override {
    if (!first_chunk_.empty()) {
      out = std::exchange(first_chunk_, {});
      return {};
    }
    auto rendered = Render(out);
    if (rendered.ok() || !answer_.end) return rendered;
    EndWithFault(rendered.error(), out);
    return {};
  }

 private:
  // Whatever happens, `out` holds whole lines.
  Result<void> Render(std::string& out) {
    out = std::exchange(answer_.head_lines, {});
    while (!at_end_ && out.size() < kChunkBytes) {
      if (!TRY(answer_.files->Append(out))) TRY(End(out));
    }
    return {};
  }

  Result<void> End(std::string& out) {
    if (answer_.end) {
      answer_.end->next_page_token = TRY(answer_.files->NextPageToken());
      protocol::AppendEndStreamAction(*answer_.end, out);
    }
    at_end_ = true;
    return {};
  }

  void EndWithFault(const Error& error, std::string& out) {
    at_end_ = true;
    protocol::AppendEndStreamAction({.error_message = error.message,
                                     .http_status_error_code = protocol::HttpStatus(error.code)},
                                    out);
  }

  TableAnswer answer_;
  std::string first_chunk_;
  bool at_end_ = false;
};

}  // namespace

Result<TableAnswerBody> RenderAnswer(TableAnswer answer) {
  auto body = std::make_unique<AnswerBody>(std::move(answer));
  TRY(body->Begin());
  if (!body->at_end()) return TableAnswerBody(std::unique_ptr<http::BodySource>(std::move(body)));
  std::string whole;
  TRY(body->Next(whole));
  return TableAnswerBody(std::move(whole));
}

}  // namespace sluice::sharing
