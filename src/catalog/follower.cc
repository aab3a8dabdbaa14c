#include "catalog/follower.h"

#include <utility>

namespace sluice::catalog {

Follower::Follower(const Dependencies& dependencies, ViewBuilder builder)
    : dependencies_(dependencies), builder_(std::move(builder)) {}

Follower::~Follower() = default;

Result<void> Follower::Start(const Options& options) {
  {
    const std::lock_guard lock(mutex_);
    max_stale_ = options.max_stale;
    TRY(TakeChanges());
  }
  if (max_stale_.count() == 0) dependencies_.catalog.UseUntil(SystemTime::max());
  listener_ = dependencies_.store.Listen(options.poll_interval, [this] {
    if (const auto refreshed = Refresh(); !refreshed.ok()) {
      dependencies_.log.Warn("the catalog store does not answer, the last view stays",
                             {{"error", refreshed.error().ToString()}});
    }
  });
  return {};
}

Result<void> Follower::Refresh() {
  const std::lock_guard lock(mutex_);
  return TakeChanges();
}

Result<void> Follower::TakeChanges() {
  const SystemTime asked_at = dependencies_.clock.Now();
  Changes changes = TRY(dependencies_.store.ChangesSince(generation_));
  if (changes.is_whole || changes.generation != generation_) {
    const Generation reached = changes.generation;
    builder_.Apply(std::move(changes));
    Publish();
    generation_ = reached;  // Whoever reads it finds its changes in force.
  }
  if (max_stale_.count() > 0) dependencies_.catalog.UseUntil(asked_at + max_stale_);
  const std::lock_guard lock(contact_mutex_);
  last_contact_ = asked_at;
  return {};
}

void Follower::SetFile(ViewBuilder::FileContents contents) {
  const std::lock_guard lock(mutex_);
  builder_.SetFile(std::move(contents));
  Publish();
}

void Follower::FindFolderTables() {
  const std::lock_guard lock(mutex_);
  if (builder_.FindFolderTables()) Publish();
}

std::vector<std::string> Follower::folders() {
  const std::lock_guard lock(mutex_);
  return builder_.folders();
}

void Follower::Publish() {
  for (const std::string& warning : builder_.warnings()) {
    dependencies_.log.Warn("catalog", {{"warning", warning}});
  }
  ViewPtr view = builder_.Build();
  for (const std::string& name : view->hidden_shares()) {
    dependencies_.log.Warn("the file's share hides the managed one", {{"share", name}});
  }
  dependencies_.published(*view);
  dependencies_.catalog.Replace(std::move(view));
}

SystemTime Follower::last_contact() const {
  const std::lock_guard lock(contact_mutex_);
  return last_contact_;
}

}  // namespace sluice::catalog
