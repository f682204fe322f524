#include "actors/persistence/stores/deliveries.hpp"

#include <utility>

#include "actors/persistence/stores/store_answers.hpp"

namespace telltale {

namespace {

using self_pointer = delivery_store_actor::stateful_pointer<deliveries_state>;

caf::result<deliveries_recorded> on_record(self_pointer self,
                                           const record_deliveries& request) {
  auto recorded = self->state.store->record(request);
  if (!recorded)
    return std::move(recorded.error());
  if (!recorded->events.empty())
    self->send(self->state.listener,
               events_committed{std::move(recorded->events)});
  return recorded->answer;
}

} // namespace

delivery_store_actor::behavior_type
deliveries(self_pointer self, std::unique_ptr<delivery_store> store,
           failed_task_payload_actor listener) {
  self->state.store = std::move(store);
  self->state.listener = std::move(listener);
  return {
      [=](const take_deliveries& request) {
        return pass(self->state.store->take(request));
      },
      [=](const renew_leases& request) {
        return pass(self->state.store->renew(request));
      },
      [=](const gather_deliveries& request) {
        return pass(self->state.store->gather(request));
      },
      [=](const record_deliveries& request) {
        return on_record(self, request);
      },
  };
}

} // namespace telltale
