#include "actors/retention/plan.hpp"

namespace telltale {

std::vector<prune_old> plan_pruning(const config::retention_config& options) {
  std::vector<prune_old> plan;
  const auto add = [&](prune_kind kind, std::chrono::milliseconds age) {
    if (age > std::chrono::milliseconds{0})
      plan.push_back({kind, age});
  };
  add(prune_kind::sent_deliveries, options.sent_deliveries);
  add(prune_kind::events, options.events);
  add(prune_kind::finished_tasks, options.finished_tasks);
  add(prune_kind::runners, options.finished_tasks);
  return plan;
}

} // namespace telltale
