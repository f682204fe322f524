#include "actors/persistence/stores/claim_dispatcher.hpp"

#include <utility>

#include <caf/typed_event_based_actor.hpp>

#include "actors/persistence/persistence.hpp"
#include "actors/persistence/stores/store_answers.hpp"

namespace telltale {

namespace {

using self_pointer =
    claim_dispatcher_actor::stateful_pointer<claim_dispatcher_state>;

caf::result<tasks_claimed> on_claim(self_pointer self, claim_tasks& what) {
  if (self->state.claims.add(std::move(what),
                             self->make_response_promise<tasks_claimed>()))
    self->send(self, flush_claims{});
  return caf::delegated<tasks_claimed>{};
}

void on_flush(self_pointer self) {
  auto& state = self->state;
  const auto now = self->clock().now();
  carry_out<tasks_claimed>(
      self,
      state.claims.take(
          claim_dispatcher_state::most_at_once,
          [](const claim_tasks& what) -> std::size_t { return what.limit; }),
      "claim_tasks",
      [&](const claim_tasks& what) { return what.ticket.is_wanted(now); },
      [&](std::span<const claim_tasks> calls) {
        return state.store->claim_all(calls);
      });
  if (state.claims.has_more())
    self->send(self, flush_claims{});
}

} // namespace

claim_dispatcher_actor::behavior_type
claim_dispatcher(self_pointer self, std::unique_ptr<claim_store> store,
                 failed_task_payload_actor listener,
                 counter_board_ptr counters) {
  auto& state = self->state;
  state.store = std::move(store);
  state.listener = std::move(listener);
  state.counters = std::move(counters);
  auto* port = state.store.get();
  return {
      [=](claim_tasks& what) { return on_claim(self, what); },
      [=](const return_tasks& what) {
        return tell(self, port->give_back(what));
      },
      [=](flush_claims) { on_flush(self); },
      [=](const options_changed<task_rules_ptr>& fresh) {
        self->state.store->use(*fresh.options);
      },
  };
}

} // namespace telltale
