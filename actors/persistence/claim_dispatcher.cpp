#include "actors/persistence/claim_dispatcher.hpp"

#include <utility>

#include <caf/typed_event_based_actor.hpp>

#include "actors/persistence/store_answers.hpp"

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
  auto batch = state.claims.take(
      claim_dispatcher_state::most_at_once,
      [](const claim_tasks& what) -> std::size_t { return what.limit; });
  const auto now = self->clock().now();
  batch.drop_if([&](const claim_tasks& what) -> caf::error {
    if (what.ticket.is_wanted(now))
      return {};
    return abandon(*state.counters, "claim_tasks");
  });
  if (!batch.calls.empty()) {
    auto outcomes =
        tell_all<tasks_claimed>(self, std::span<const claim_tasks>{batch.calls},
                                [&](std::span<const claim_tasks> calls) {
                                  return state.store->claim_all(calls);
                                });
    count_expired(*state.counters, "claim_tasks", outcomes);
    batch.deliver(std::move(outcomes));
  }
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
  };
}

} // namespace telltale
