#include "actors/persistence/stores/redeliveries.hpp"

#include <utility>

#include "actors/persistence/stores/store_answers.hpp"

namespace telltale {

redelivery_store_actor::behavior_type
redeliveries(redelivery_store_actor::stateful_pointer<redeliveries_state> self,
             std::unique_ptr<redelivery_store> store) {
  self->state.store = std::move(store);
  return {
      [=](const redeliver& request) {
        return pass(self->state.store->redeliver_one(request));
      },
      [=](const redeliver_dead& request) {
        return pass(self->state.store->redeliver_all(request));
      },
      [=](const read_backlog& request) {
        return pass(self->state.store->read(request));
      },
  };
}

} // namespace telltale
