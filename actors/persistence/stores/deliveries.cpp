#include "actors/persistence/stores/deliveries.hpp"

#include <chrono>
#include <utility>

#include <spdlog/spdlog.h>

#include "actors/persistence/stores/store_answers.hpp"
#include "messages/error.hpp"

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

constexpr std::chrono::seconds after_error{10};

/// A chat session can be bound to a relay that is gone: then there are more.
constexpr std::chrono::minutes next_look{10};

/// All of them, some at a time. An error leaves the rest for later.
caf::error end_unconfigured(self_pointer self, const configured_relays& known,
                            unconfigured_ended& ended) {
  auto& state = self->state;
  for (;;) {
    auto found = state.store->find_unconfigured(known);
    if (!found)
      return std::move(found.error());
    if (found->empty())
      return {};
    std::uint64_t recorded_now = 0;
    for (const auto& request : *found) {
      auto recorded = state.store->record(request);
      if (!recorded)
        return std::move(recorded.error());
      state.counters->add(counter::deliveries_total, request.relay + "/dead",
                          recorded->answer.recorded);
      ended.relays.emplace_back(request.relay, recorded->answer.recorded);
      recorded_now += recorded->answer.recorded;
      if (!recorded->events.empty())
        self->send(state.listener,
                   events_committed{std::move(recorded->events)});
    }
    if (recorded_now == 0)
      return {}; // somebody else ends them
  }
}

/// Ends what waits for relays that nobody configured, and tells of it.
caf::error look(self_pointer self, unconfigured_ended& ended) {
  auto& state = self->state;
  const auto error = end_unconfigured(self, state.known.value(), ended);
  for (const auto& [relay, amount] : ended.relays)
    spdlog::error("{} messages are dead that waited for the relay {}: no "
                  "configuration names it. Name it again, or redeliver them "
                  "once it is back",
                  amount, relay);
  if (error)
    spdlog::warn("messages of relays that no configuration names are ended "
                 "later: {}",
                 explain(error));
  const std::chrono::seconds wait = error ? after_error : next_look;
  state.look_at = self->clock().now() + wait;
  return error;
}

caf::result<unconfigured_ended> on_configured(self_pointer self,
                                              const configured_relays& known) {
  self->state.known = known;
  unconfigured_ended ended;
  if (auto error = look(self, ended))
    return error;
  return ended;
}

/// Relays ask again and again: with them there is a moment for the next look.
void look_if_due(self_pointer self) {
  auto& state = self->state;
  unconfigured_ended ended;
  if (state.known && self->clock().now() >= state.look_at)
    static_cast<void>(look(self, ended));
}

} // namespace

delivery_store_actor::behavior_type
deliveries(self_pointer self, std::unique_ptr<delivery_store> store,
           failed_task_payload_actor listener, counter_board_ptr counters) {
  self->state.store = std::move(store);
  self->state.listener = std::move(listener);
  self->state.counters = std::move(counters);
  return {
      [=](const take_deliveries& request) {
        look_if_due(self);
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
      [=](const configured_relays& known) {
        return on_configured(self, known);
      },
  };
}

} // namespace telltale
