#include "actors/persistence/stores/fact_counts.hpp"

#include "messages/failure_reason.hpp"

namespace telltale {

void count_facts(counter_board& board,
                 const std::vector<committed_event>& facts) {
  for (const auto& fact : facts) {
    if (fact.type == event_type::task_failed && fact.failure_reason) {
      const auto label = metric_label(*fact.failure_reason);
      board.add(counter::tasks_failed_total, label);
      if (fact.will_retry)
        board.add(counter::retries_total, label);
    }
    if (fact.type == event_type::task_recovered)
      board.add(counter::tasks_recovered_total);
    if (fact.untold)
      board.add(counter::untold_total, to_string(fact.type));
    if (fact.type == event_type::task_amended) {
      if (fact.failure_reason)
        board.add(counter::tasks_amended_total,
                  metric_label(*fact.failure_reason));
      continue; // the task had finished before
    }
    if (fact.outcome)
      board.add(counter::tasks_finished_total, to_string(*fact.outcome));
  }
}

} // namespace telltale
