#include "actors/failed_task_payload/targets.hpp"

#include <utility>

namespace telltale {

std::shared_ptr<const publication_targets> live_targets::get() const {
  const std::lock_guard lock{guard_};
  return targets_;
}

void live_targets::replace(publication_targets targets) {
  auto fresh = std::make_shared<const publication_targets>(std::move(targets));
  const std::lock_guard lock{guard_};
  // The old ones go after the lock is let go of: their last handle may be here.
  targets_.swap(fresh);
}

} // namespace telltale
