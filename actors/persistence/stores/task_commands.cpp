#include "actors/persistence/stores/task_commands.hpp"

#include <utility>

#include <caf/typed_event_based_actor.hpp>

#include "actors/persistence/persistence.hpp"
#include "actors/persistence/stores/store_answers.hpp"

namespace telltale {

namespace {

using self_pointer = task_commands_actor::stateful_pointer<task_commands_state>;

caf::result<task_created> on_create(self_pointer self, create_task& what) {
  if (self->state.creates.add(std::move(what),
                              self->make_response_promise<task_created>()))
    self->send(self, flush_creates{});
  return caf::delegated<task_created>{};
}

void on_flush(self_pointer self) {
  auto& state = self->state;
  const auto now = self->clock().now();
  carry_out<task_created>(
      self, state.creates.take(task_commands_state::most_at_once),
      "create_task",
      [&](const create_task& what) {
        return !what.idempotency_key.empty() || what.ticket.is_wanted(now);
      },
      [&](std::span<const create_task> calls) {
        return state.store->create_all(calls);
      });
  if (state.creates.has_more())
    self->send(self, flush_creates{});
}

} // namespace

task_commands_actor::behavior_type
task_commands(self_pointer self, std::unique_ptr<task_command_store> store,
              failed_task_payload_actor listener, counter_board_ptr counters) {
  auto& state = self->state;
  state.store = std::move(store);
  state.listener = std::move(listener);
  state.counters = std::move(counters);
  auto* port = state.store.get();
  return {
      [=](create_task& what) { return on_create(self, what); },
      [=](const cancel_task& what) { return tell(self, port->cancel(what)); },
      [=](const retry_task& what) { return tell(self, port->retry(what)); },
      [=](flush_creates) { on_flush(self); },
      [=](const options_changed<task_rules_ptr>& fresh) {
        self->state.store->use(*fresh.options);
      },
  };
}

} // namespace telltale
