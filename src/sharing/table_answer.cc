#include "sharing/table_answer.h"

#include <utility>

#include "protocol/error.h"
#include "storage/data_path.h"

namespace sluice::sharing {
namespace {

constexpr std::size_t kChunkBytes = 256 << 10;

class TableAnswer final : public http::BodySource {
 public:
  explicit TableAnswer(TableFiles files)
      : files_(std::move(files)),
        cursor_(files_.selection),
        renderer_({.format = files_.format,
                   .id_hash = files_.id_hash,
                   .urls_expire_at = files_.urls.expires_at()}) {}

  /// Renders what the first Next will give. A fault here can still be answered with a status.
  Result<void> Begin() { return Render(first_chunk_); }
  bool at_end() const { return at_end_; }

  Result<void> Next(std::string& out) override {
    if (!first_chunk_.empty()) {
      out = std::exchange(first_chunk_, {});
      return {};
    }
    auto rendered = Render(out);
    if (rendered.ok() || !files_.with_end_stream_action) return rendered;
    EndWithFault(rendered.error(), out);
    return {};
  }

 private:
  // Whatever happens, `out` holds whole lines.
  Result<void> Render(std::string& out) {
    out = std::exchange(files_.head_lines, {});
    while (!at_end_ && out.size() < kChunkBytes) {
      if (cursor_.Next()) {
        TRY(AppendFile(out));
      } else {
        End({.min_url_expires_at = files_.urls.expires_at()}, out);
      }
    }
    return {};
  }

  Result<void> AppendFile(std::string& out) {
    const table::FileBlock& block = cursor_.block();
    const storage::DataPath path =
        TRY(storage::ResolveDataPath(files_.table_root, block.path(cursor_.row())));
    renderer_.Append(
        block, cursor_.row(), cursor_.EscapedStats(),
        [&](std::string& url) { files_.urls.Append(path, url); }, out);
    return {};
  }

  void EndWithFault(const Error& error, std::string& out) {
    End({.min_url_expires_at = {},
         .error_message = error.message,
         .http_status_error_code = protocol::HttpStatus(error.code)},
        out);
  }

  void End(const protocol::EndStreamAction& action, std::string& out) {
    at_end_ = true;
    if (files_.with_end_stream_action) protocol::AppendEndStreamAction(action, out);
  }

  TableFiles files_;
  table::FileCursor cursor_;
  protocol::FileLineRenderer renderer_;
  std::string first_chunk_;
  bool at_end_ = false;
};

}  // namespace

Result<TableAnswerBody> RenderTableAnswer(TableFiles files) {
  auto answer = std::make_unique<TableAnswer>(std::move(files));
  TRY(answer->Begin());
  if (!answer->at_end())
    return TableAnswerBody(std::unique_ptr<http::BodySource>(std::move(answer)));
  std::string whole;
  TRY(answer->Next(whole));
  return TableAnswerBody(std::move(whole));
}

}  // namespace sluice::sharing
