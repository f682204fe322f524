#include "actors/persistence/lane_turn.hpp"

#include <algorithm>
#include <utility>

#include <caf/send.hpp>

namespace telltale {

std::unique_ptr<lane_turn::hold> lane_turn::take(const report_store_actor& who,
                                                 bool insists) {
  const std::lock_guard lock{mutex_};
  if (under_way_ > 0 && !insists) {
    if (std::ranges::find(waiting_, who) == waiting_.end())
      waiting_.push_back(who);
    return nullptr;
  }
  ++under_way_;
  return std::make_unique<hold>(shared_from_this());
}

void lane_turn::done() {
  std::vector<report_store_actor> waiting;
  {
    const std::lock_guard lock{mutex_};
    --under_way_;
    waiting.swap(waiting_);
  }
  for (const auto& lane : waiting)
    caf::anon_send(lane, flush_reports{});
}

} // namespace telltale
