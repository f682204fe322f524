#include "actors/persistence/claim_dispatcher.hpp"

#include <utility>

#include <caf/typed_event_based_actor.hpp>

#include "actors/persistence/store_answers.hpp"

namespace telltale {

namespace {

using self_pointer =
    claim_dispatcher_actor::stateful_pointer<claim_dispatcher_state>;

caf::result<tasks_claimed> on_claim(self_pointer self,
                                    const claim_tasks& what) {
  auto& state = self->state;
  if (!what.ticket.is_wanted(self->clock().now()))
    return abandon(*state.counters, "claim_tasks");
  auto done = state.store->claim(what);
  if (!done && code_of(done.error()) == ec::call_expired)
    return abandon(*state.counters, "claim_tasks");
  return tell(self, std::move(done));
}

} // namespace

claim_dispatcher_actor::behavior_type
claim_dispatcher(self_pointer self, std::unique_ptr<claim_store> store,
                 failed_task_payload_actor listener,
                 counter_board_ptr counters) {
  self->state = {std::move(store), std::move(listener), std::move(counters)};
  auto* port = self->state.store.get();
  return {
      [=](const claim_tasks& what) { return on_claim(self, what); },
      [=](const return_tasks& what) {
        return tell(self, port->give_back(what));
      },
  };
}

} // namespace telltale
