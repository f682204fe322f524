#include "actors/persistence/stores/chat_store.hpp"

#include <utility>

#include <caf/typed_event_based_actor.hpp>

#include "actors/persistence/stores/store_answers.hpp"

namespace telltale {

chat_store_actor::behavior_type
chat_store(chat_store_actor::stateful_pointer<chat_store_state> self,
           std::unique_ptr<chat_bindings> store, counter_board_ptr counters) {
  self->state = {std::move(store), std::move(counters)};
  auto* port = self->state.store.get();
  return {
      [=](const bind_chat& what) { return pass(port->bind(what)); },
      [=](const unbind_chat& what) { return pass(port->unbind(what)); },
      [=](const list_chats& what) {
        return read_if_wanted(self, "list_chats", what,
                              [&] { return port->list(what); });
      },
  };
}

} // namespace telltale
