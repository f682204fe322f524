#include "actors/persistence/stores/mute_store.hpp"

#include <utility>

#include <caf/typed_event_based_actor.hpp>

#include "actors/persistence/stores/store_answers.hpp"

namespace telltale {

mute_store_actor::behavior_type
mute_store(mute_store_actor::stateful_pointer<mute_store_state> self,
           std::unique_ptr<mute_list> store, counter_board_ptr counters) {
  self->state = {std::move(store), std::move(counters)};
  auto* port = self->state.store.get();
  return {
      [=](const put_mute& what) { return pass(port->put(what)); },
      [=](const clear_mute& what) { return pass(port->clear(what)); },
      [=](const list_mutes& what) {
        return read_if_wanted(self, "list_mutes", what,
                              [&] { return port->list(what); });
      },
  };
}

} // namespace telltale
