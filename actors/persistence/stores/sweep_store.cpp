#include "actors/persistence/stores/sweep_store.hpp"

#include <utility>

#include <caf/typed_event_based_actor.hpp>

#include "actors/persistence/persistence.hpp"
#include "actors/persistence/stores/store_answers.hpp"

namespace telltale {

sweep_store_actor::behavior_type
sweep_store(sweep_store_actor::stateful_pointer<sweep_store_state> self,
            std::unique_ptr<sweeper> store, failed_task_payload_actor listener,
            counter_board_ptr counters) {
  self->state = {std::move(store), std::move(listener), std::move(counters)};
  auto* port = self->state.store.get();
  return {
      [=](const sweep_tasks& what) { return tell(self, port->sweep(what)); },
      [=](const check_truth& what) { return pass(port->check(what)); },
      [=](const options_changed<task_rules_ptr>& fresh) {
        port->use(*fresh.options);
      },
  };
}

} // namespace telltale
