#include "actors/persistence/stores/session_store.hpp"

#include <utility>

#include <caf/typed_event_based_actor.hpp>

#include "actors/persistence/stores/store_answers.hpp"

namespace telltale {

session_store_actor::behavior_type
session_store(session_store_actor::stateful_pointer<session_store_state> self,
              std::unique_ptr<session_list> store) {
  self->state.store = std::move(store);
  auto* port = self->state.store.get();
  return {
      [=](const begin_session& what) { return pass(port->begin(what)); },
      [=](const find_session& what) { return pass(port->find(what)); },
      [=](const end_session& what) { return pass(port->end(what)); },
  };
}

} // namespace telltale
