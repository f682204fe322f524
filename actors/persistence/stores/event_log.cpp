#include "actors/persistence/stores/event_log.hpp"

#include <utility>

#include "actors/persistence/stores/store_answers.hpp"

namespace telltale {

event_log_actor::behavior_type
event_log(event_log_actor::stateful_pointer<event_log_state> self,
          std::unique_ptr<event_log_store> store) {
  self->state.store = std::move(store);
  return {
      [=](const read_events& request) {
        return pass(self->state.store->read(request));
      },
  };
}

} // namespace telltale
