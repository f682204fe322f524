#include "actors/persistence/stores/retention_store.hpp"

#include <utility>

#include <caf/typed_event_based_actor.hpp>

#include "actors/persistence/stores/store_answers.hpp"

namespace telltale {

retention_store_actor::behavior_type retention_store(
    retention_store_actor::stateful_pointer<retention_store_state> self,
    std::unique_ptr<row_pruner> store) {
  self->state.store = std::move(store);
  auto* port = self->state.store.get();
  return {[=](const prune_old& what) { return pass(port->prune(what)); }};
}

} // namespace telltale
