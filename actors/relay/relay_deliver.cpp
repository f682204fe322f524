#include <algorithm>

#include <caf/send.hpp>
#include <spdlog/spdlog.h>

#include "actors/relay/policy.hpp"
#include "actors/relay/relay_steps.hpp"
#include "messages/error.hpp"

namespace telltale::relay_steps {

namespace {

using namespace std::chrono_literals;

void on_record_failed(self_pointer self, std::vector<delivery_result> results,
                      const caf::error& error) {
  auto& state = self->state;
  spdlog::log(is_of_database(code_of(error)) ? spdlog::level::debug
                                             : spdlog::level::warn,
              "relay {}: {} results are not recorded yet: {}", state.relay,
              results.size(), explain(error));
  state.recording = false;
  results.insert(results.end(), state.unrecorded.begin(),
                 state.unrecorded.end());
  state.unrecorded = std::move(results);
  state.record_at = now_of(self) + store_pause;
  arm(self, state.record_at);
}

void on_recorded(self_pointer self, const std::string& goodbye) {
  self->state.recording = false;
  if (self->state.goodbye == goodbye)
    self->state.goodbye.clear();
  self->state.wanted = true; // what waited behind them may go now
  step(self);
}

void settle_all(relay_state& state, const ready_message& message,
                const delivery_result& result) {
  for (const auto& id : message.deliveries) {
    auto copy = result;
    copy.id = id;
    state.unrecorded.push_back(std::move(copy));
  }
}

/// What waits behind a message that has to wait itself, keeps its place.
void put_lane_back(relay_state& state, const lane& what,
                   std::chrono::milliseconds wait, const std::string& why) {
  for (const auto& message : what.waiting)
    for (const auto& id : message.deliveries)
      state.unrecorded.push_back(put_back(id, wait, why));
}

void start(self_pointer self, const std::string& key, lane& where) {
  auto& state = self->state;
  auto& message = where.waiting.front();
  where.sending = true;
  state.under_way[message.what.key] = {key, now_of(self)};
  state.counters->set(counter::sends_in_flight, state.relay,
                      static_cast<double>(state.under_way.size()));
  state.pace.take(message.what.chat.chat_id, now_of(self));
  std::uniform_real_distribution<double> any{0.0, 1.0};
  started_try started{message.what.key, message.tries,
                      static_cast<std::uint32_t>(state.options.tries),
                      message.text, any(state.random)};
  state.channel->send(
      message.what, [handle = relay_actor{self},
                     started = std::move(started)](const send_result& result) {
        caf::anon_send(handle, settle(started, result));
      });
}

void watch_circuit(self_pointer self, bool transport_failed) {
  auto& state = self->state;
  const bool was_open = state.breaker.is_open();
  if (!transport_failed)
    state.breaker.answered();
  else if (state.breaker.failed(now_of(self)))
    spdlog::warn("relay {}: the target does not answer, left alone for now",
                 state.relay);
  if (state.breaker.is_open() == was_open)
    return;
  if (was_open)
    spdlog::info("relay {}: the target answers again", state.relay);
  state.counters->set(counter::relay_circuit_open, state.relay,
                      was_open ? 0 : 1);
}

void say_outcome(relay_state& state, const delivery_tried& tried,
                 std::size_t deliveries) {
  const auto& result = tried.result;
  const auto id = to_string(result.id);
  switch (result.state) {
  case delivery_state::sent:
    count(state, "sent", deliveries);
    break;
  case delivery_state::pending:
    count(state, result.counts ? "retry" : "throttled", deliveries);
    if (!result.counts)
      state.counters->add(counter::throttled_total, state.relay);
    spdlog::info("relay {}: delivery {} waits {} ms: {}", state.relay, id,
                 result.retry_in.count(), result.error);
    break;
  case delivery_state::dead:
    count(state, "dead", deliveries);
    spdlog::warn("relay {}: delivery {} is dead: {}", state.relay, id,
                 result.error);
    break;
  }
  if (tried.binding_broken) {
    state.counters->add(counter::broken_bindings_total, state.relay);
    spdlog::error("relay {}: the bot cannot reach the chat of delivery {} "
                  "({}): add it to the chat again or bind the chat session to "
                  "another chat, then redeliver",
                  state.relay, id, result.error);
  }
}

void watch_send(relay_state& state, steady_time::duration took) {
  state.counters->set(counter::sends_in_flight, state.relay,
                      static_cast<double>(state.under_way.size()));
  state.counters->observe(counter::send_seconds, state.relay,
                          std::chrono::duration<double>(took).count());
}

void watch_age(relay_state& state, timestamp created_at) {
  if (created_at == timestamp{})
    return;
  const std::chrono::duration<double> age = now_utc() - created_at;
  state.counters->observe(counter::told_seconds, state.relay,
                          std::max(age.count(), 0.0));
}

} // namespace

void hand_back(self_pointer self) {
  auto& state = self->state;
  for (const auto& [key, where] : state.lanes) {
    auto rest = where;
    if (rest.sending)
      rest.waiting.pop_front();
    put_lane_back(state, rest, 0ms, {});
  }
  if (!state.unrecorded.empty())
    caf::anon_send(state.deliveries,
                   record_deliveries{state.relay, std::move(state.unrecorded),
                                     state.target, state.goodbye});
  state.unrecorded.clear();
}

void record(self_pointer self) {
  auto& state = self->state;
  if (state.recording || state.unrecorded.empty())
    return;
  const auto now = now_of(self);
  if (now < state.record_at) {
    arm(self, state.record_at);
    return;
  }
  state.recording = true;
  state.record_at = now + record_every;
  record_deliveries request{state.relay, std::move(state.unrecorded),
                            state.target, state.goodbye};
  state.unrecorded.clear();
  auto kept = request.results;
  auto goodbye = state.goodbye;
  self->request(state.deliveries, caf::infinite, std::move(request))
      .then([self, goodbye = std::move(goodbye)](
                const deliveries_recorded&) { on_recorded(self, goodbye); },
            [self, kept = std::move(kept)](const caf::error& error) {
              on_record_failed(self, kept, error);
            });
}

void pump(self_pointer self) {
  auto& state = self->state;
  const auto now = now_of(self);
  const auto closed_for = state.breaker.wait(now);
  std::erase_if(state.lanes, [&](const auto& entry) {
    const auto& where = entry.second;
    const bool too_long = now - where.since > longest_in_hand;
    if (where.sending || where.wording || !(closed_for > 0ms || too_long))
      return false;
    put_lane_back(state, where, closed_for,
                  closed_for > 0ms ? "the target does not answer" : "");
    return true;
  });
  if (closed_for > 0ms) {
    arm(self, now + closed_for);
    return;
  }
  const bool probing = state.breaker.is_open();
  for (auto& [key, where] : state.lanes) {
    if (where.sending || where.waiting.empty())
      continue;
    if (probing && !state.under_way.empty())
      return;
    const auto wait =
        state.pace.wait(where.waiting.front().what.chat.chat_id, now);
    if (wait > 0ms)
      arm(self, now + wait);
    else
      start(self, key, where);
  }
}

void on_delivery_tried(self_pointer self, const delivery_tried& tried) {
  auto& state = self->state;
  const auto under_way = state.under_way.find(tried.result.id);
  if (under_way == state.under_way.end())
    return;
  const auto found = state.lanes.find(under_way->second.lane);
  const auto took = now_of(self) - under_way->second.since;
  state.under_way.erase(under_way);
  watch_send(state, took);
  watch_circuit(self, tried.transport_failed);
  auto& where = found->second;
  const auto message = std::move(where.waiting.front());
  where.waiting.pop_front();
  where.sending = false;
  state.pace.answered(message.what.chat.chat_id, now_of(self));
  say_outcome(state, tried, message.deliveries.size());
  if (tried.target_gone) {
    set_gone(state, true, tried.result.error);
    state.goodbye = tried.result.error;
  }
  if (tried.result.state == delivery_state::sent)
    watch_age(state, message.created_at);
  settle_all(state, message, tried.result);
  if (tried.result.state == delivery_state::sent && message.failures > 0
      && has_chats(state))
    state.told[found->first].add(message.failures, now_of(self));
  if (tried.result.state == delivery_state::pending) {
    put_lane_back(state, where, tried.result.retry_in, {});
    where.waiting.clear();
  }
  if (where.waiting.empty() && !where.wording)
    state.lanes.erase(found);
  step(self);
}

} // namespace telltale::relay_steps
