#include "sharing/table_answer.h"

#include <utility>

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

  Result<void> Next(std::string& out) override {
    out = std::exchange(files_.head_lines, {});
    while (!at_end_ && out.size() < kChunkBytes) {
      if (cursor_.Next()) {
        auto line = AppendFile(out);
        if (!line.ok()) TRY(EndWithFault(std::move(line).error(), out));
      } else {
        End({.min_url_expires_at = files_.urls.expires_at()}, out);
      }
    }
    return {};
  }

 private:
  Result<void> AppendFile(std::string& out) {
    const table::FileBlock& block = cursor_.block();
    const storage::DataPath path =
        TRY(storage::ResolveDataPath(files_.table_root, block.path(cursor_.row())));
    renderer_.Append(
        block, cursor_.row(), cursor_.EscapedStats(),
        [&](std::string& url) { files_.urls.Append(path, url); }, out);
    return {};
  }

  Result<void> EndWithFault(Error error, std::string& out) {
    if (!files_.with_end_stream_action) return error;
    End({.min_url_expires_at = {}, .error_message = error.message, .http_status_error_code = 500},
        out);
    return {};
  }

  void End(const protocol::EndStreamAction& action, std::string& out) {
    at_end_ = true;
    if (files_.with_end_stream_action) protocol::AppendEndStreamAction(action, out);
  }

  TableFiles files_;
  table::FileCursor cursor_;
  protocol::FileLineRenderer renderer_;
  bool at_end_ = false;
};

}  // namespace

std::unique_ptr<http::BodySource> NewTableAnswer(TableFiles files) {
  return std::make_unique<TableAnswer>(std::move(files));
}

}  // namespace sluice::sharing
