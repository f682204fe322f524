#include "actors/persistence/stores/task_queries.hpp"

#include <utility>

#include <caf/typed_event_based_actor.hpp>

#include "actors/persistence/stores/store_answers.hpp"

namespace telltale {

task_query_actor::behavior_type
task_queries(task_query_actor::stateful_pointer<task_query_state> self,
             std::unique_ptr<task_reader> store, counter_board_ptr counters) {
  self->state = {std::move(store), std::move(counters)};
  auto* port = self->state.store.get();
  return {
      [=](const find_task& what) {
        return read_if_wanted(self, "find_task", what,
                              [&] { return port->find(what); });
      },
      [=](const list_tasks& what) {
        return read_if_wanted(self, "list_tasks", what,
                              [&] { return port->list(what); });
      },
      [=](const list_deliveries& what) {
        return read_if_wanted(self, "list_deliveries", what,
                              [&] { return port->list(what); });
      },
      [=](const check_store& what) { return pass(port->check(what)); },
  };
}

} // namespace telltale
