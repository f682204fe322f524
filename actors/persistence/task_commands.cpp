#include "actors/persistence/task_commands.hpp"

#include <utility>

#include <caf/typed_event_based_actor.hpp>

#include "actors/persistence/store_answers.hpp"

namespace telltale {

namespace {

using self_pointer = task_commands_actor::stateful_pointer<task_commands_state>;

caf::result<task_created> on_create(self_pointer self,
                                    const create_task& what) {
  auto& state = self->state;
  if (what.idempotency_key.empty()
      && !what.ticket.is_wanted(self->clock().now()))
    return abandon(*state.counters, "create_task");
  return tell(self, state.store->create(what));
}

} // namespace

task_commands_actor::behavior_type
task_commands(self_pointer self, std::unique_ptr<task_command_store> store,
              failed_task_payload_actor listener, counter_board_ptr counters) {
  self->state = {std::move(store), std::move(listener), std::move(counters)};
  auto* port = self->state.store.get();
  return {
      [=](const create_task& what) { return on_create(self, what); },
      [=](const cancel_task& what) { return tell(self, port->cancel(what)); },
      [=](const retry_task& what) { return tell(self, port->retry(what)); },
  };
}

} // namespace telltale
