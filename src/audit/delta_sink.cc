#include "audit/delta_sink.h"

#include <optional>
#include <utility>

#include "audit/delta_records_internal.h"

namespace sluice::audit {
namespace {

class DeltaSink final : public Destination {
 public:
  DeltaSink(DeltaSinkOptions options, const Clock& clock)
      : options_(std::move(options)), clock_(clock) {}

  std::string_view name() const override { return "table"; }
  std::chrono::milliseconds pause() const override { return options_.interval; }
  std::size_t batch_records(std::size_t /*usual*/) const override { return kMaxDeltaBatchRecords; }

  Result<Sequence> Next() override {
    table_.emplace(TRY(DeltaRecords::Open(options_.folder, options_.node, clock_)));
    const std::optional<Sequence> last = TRY(table_->LastAfter(-1));
    return last ? *last + 1 : Sequence{0};
  }

  Result<void> Take(Sequence first, std::span<const std::string> records) override {
    if (!table_) return Internal("the audit table was not opened");
    return table_->Append(DecodeAll(options_.node, first, records));
  }

 private:
  const DeltaSinkOptions options_;
  const Clock& clock_;
  std::optional<DeltaRecords> table_;
};

}  // namespace

std::unique_ptr<Destination> NewDeltaSink(DeltaSinkOptions options, const Clock& clock) {
  return std::make_unique<DeltaSink>(std::move(options), clock);
}

}  // namespace sluice::audit
