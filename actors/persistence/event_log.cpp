#include "actors/persistence/event_log.hpp"

#include <utility>

#include <caf/result.hpp>

namespace telltale {

namespace {

using delivery_log_pointer =
    delivery_store_actor::stateful_pointer<delivery_log_state>;

template <class T> caf::result<T> answer(caf::expected<T> result) {
  if (!result)
    return std::move(result.error());
  return std::move(*result);
}

caf::result<deliveries_recorded> on_record(delivery_log_pointer self,
                                           const record_deliveries& request) {
  auto recorded = self->state.store->record(request);
  if (!recorded)
    return std::move(recorded.error());
  if (!recorded->facts.empty())
    self->send(self->state.publisher,
               events_committed{std::move(recorded->facts)});
  return recorded->answer;
}

} // namespace

event_store_actor::behavior_type
event_log(event_store_actor::stateful_pointer<event_log_state> self,
          std::shared_ptr<event_store> store) {
  self->state.store = std::move(store);
  return {
      [=](const publish_events& request) {
        return answer(self->state.store->publish(request));
      },
      [=](const take_unpublished& request) {
        return answer(self->state.store->take(request));
      },
      [=](const read_events& request) {
        return answer(self->state.store->read(request));
      },
  };
}

delivery_store_actor::behavior_type
delivery_log(delivery_store_actor::stateful_pointer<delivery_log_state> self,
             std::shared_ptr<event_store> store,
             failed_task_payload_actor publisher) {
  self->state.store = std::move(store);
  self->state.publisher = std::move(publisher);
  return {
      [=](const take_deliveries& request) {
        return answer(self->state.store->take(request));
      },
      [=](const gather_deliveries& request) {
        return answer(self->state.store->gather(request));
      },
      [=](const record_deliveries& request) {
        return on_record(self, request);
      },
      [=](const redeliver& request) {
        return answer(self->state.store->redeliver_one(request));
      },
      [=](const redeliver_dead& request) {
        return answer(self->state.store->redeliver_all(request));
      },
      [=](const read_backlog& request) {
        return answer(self->state.store->read(request));
      },
  };
}

} // namespace telltale
