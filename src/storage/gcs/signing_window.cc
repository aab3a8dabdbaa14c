#include "storage/gcs/signing_window.h"

#include <utility>

namespace sluice::storage::gcs {
namespace {

/// Of an entry beside its texts.
constexpr std::size_t kEntryBytes = 96;

}  // namespace

SigningWindow::SigningWindow(const V4Terms& terms, Sign sign, std::shared_ptr<KeptBytes> kept_bytes)
    : signature_(terms),
      renew_at_(terms.signed_at + std::chrono::milliseconds(terms.lifetime) / 2),
      sign_(std::move(sign)),
      kept_bytes_(std::move(kept_bytes)) {}

SigningWindow::~SigningWindow() { kept_bytes_->used -= used_bytes_; }

Result<void> SigningWindow::Append(std::string_view key, std::string& out) const {
  const std::string signature = TRY(SignatureOf(key));
  signature_.AppendUrl(key, signature, out);
  return {};
}

Result<std::string> SigningWindow::SignatureOf(std::string_view key) const {
  {
    const std::lock_guard lock(mutex_);
    const auto kept = signatures_.find(key);
    if (kept != signatures_.end()) return kept->second;
  }
  std::string signature = TRY(sign_(signature_.StringToSign(key)));
  const std::size_t cost = key.size() + signature.size() + kEntryBytes;
  const std::lock_guard lock(mutex_);
  // Windows that fill up at once may pass the bound by an entry each.
  if (kept_bytes_->used + cost > kept_bytes_->max) return signature;
  if (signatures_.emplace(key, signature).second) {
    kept_bytes_->used += cost;
    used_bytes_ += cost;
  }
  return signature;
}

}  // namespace sluice::storage::gcs
