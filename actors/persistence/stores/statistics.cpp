#include "actors/persistence/stores/statistics.hpp"

#include <utility>

#include <caf/typed_event_based_actor.hpp>

#include "actors/persistence/stores/store_answers.hpp"

namespace telltale {

statistics_actor::behavior_type
statistics(statistics_actor::stateful_pointer<statistics_state> self,
           std::unique_ptr<statistics_store> store,
           counter_board_ptr counters) {
  self->state = {std::move(store), std::move(counters)};
  auto* port = self->state.store.get();
  return {
      [=](const read_stats& what) {
        return read_if_wanted(self, "read_stats", what,
                              [&] { return port->read(what); });
      },
      [=](const list_causes& what) {
        return read_if_wanted(self, "list_causes", what,
                              [&] { return port->list(what); });
      },
      [=](const list_runners& what) {
        return read_if_wanted(self, "list_runners", what,
                              [&] { return port->list(what); });
      },
  };
}

} // namespace telltale
