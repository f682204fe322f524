#include "actors/persistence/stores/search_store.hpp"

#include <utility>

#include <caf/typed_event_based_actor.hpp>

#include "actors/persistence/stores/store_answers.hpp"

namespace telltale {

search_store_actor::behavior_type
search_store(search_store_actor::stateful_pointer<search_store_state> self,
             std::unique_ptr<word_indexer> store) {
  self->state.store = std::move(store);
  auto* port = self->state.store.get();
  return {[=](const index_words& what) { return pass(port->index(what)); }};
}

} // namespace telltale
