#include "actors/persistence/postgres/store_statements.hpp"

namespace telltale {

std::vector<store_statements> all_statements() {
  return {
      {"tasks", planning::by_shape, task_store_statements()},
      {"event log", planning::by_shape, event_log_statements()},
      {"deliveries", planning::by_shape, delivery_statements()},
      {"redeliveries", planning::by_shape, redelivery_statements()},
      {"retention", planning::by_shape, retention_statements()},
      {"search", planning::by_shape, search_statements()},
      {"statistics", planning::by_statistics, statistics_statements()},
  };
}

} // namespace telltale
