#include "actors/persistence/stores/heartbeat_store.hpp"

#include <utility>

#include <caf/result.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/persistence/persistence.hpp"
#include "actors/persistence/stores/store_answers.hpp"

namespace telltale {

namespace {

using heart = heartbeat_store_actor::stateful_pointer<heartbeat_store_state>;

caf::result<heart_beaten> on_beat(heart self, beat_heart& what) {
  if (self->state.beats.add(std::move(what),
                            self->make_response_promise<heart_beaten>()))
    self->send(self, flush_beats{});
  return caf::delegated<heart_beaten>{};
}

void on_flush(heart self) {
  auto& state = self->state;
  auto batch = state.beats.take(heartbeat_store_state::most_at_once);
  batch.deliver(tell_all<heart_beaten>(
      self, std::span<const beat_heart>{batch.calls},
      [&](std::span<const beat_heart> beats) {
        return state.store->beat({beats.begin(), beats.end()});
      }));
  if (state.beats.has_more())
    self->send(self, flush_beats{});
}

} // namespace

heartbeat_store_actor::behavior_type
heartbeat_store(heart self, std::unique_ptr<heartbeats> store,
                failed_task_payload_actor listener,
                counter_board_ptr counters) {
  auto& state = self->state;
  state.store = std::move(store);
  state.listener = std::move(listener);
  state.counters = std::move(counters);
  auto* port = state.store.get();
  return {
      [=](const register_runtimes& what) { return pass(port->enroll(what)); },
      [=](const deregister_runtimes& what) { return pass(port->leave(what)); },
      [=](const find_runtimes& what) { return pass(port->runtimes(what)); },
      [=](beat_heart& what) { return on_beat(self, what); },
      [=](flush_beats) { on_flush(self); },
      [=](const options_changed<task_rules_ptr>& fresh) {
        self->state.store->use(*fresh.options);
      },
  };
}

} // namespace telltale
