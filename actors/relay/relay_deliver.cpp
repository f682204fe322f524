#include <algorithm>

#include <caf/send.hpp>
#include <spdlog/spdlog.h>

#include "actors/relay/policy.hpp"
#include "actors/relay/relay_steps.hpp"
#include "messages/error.hpp"

namespace telltale::relay_steps {

namespace {

using namespace std::chrono_literals;

/// What is not under way by then is taken anew, before its lease runs out.
constexpr std::chrono::milliseconds longest_in_hand = 30s;

void on_record_failed(self_pointer self, std::vector<delivery_result> results,
                      const caf::error& error) {
  auto& state = self->state;
  spdlog::warn("relay {}: {} results are not recorded yet: {}", state.relay,
               results.size(), explain(error));
  state.recording = false;
  results.insert(results.end(), state.unrecorded.begin(),
                 state.unrecorded.end());
  state.unrecorded = std::move(results);
  state.record_at = now_of(self) + store_pause;
  arm(self, state.record_at);
}

void on_recorded(self_pointer self) {
  self->state.recording = false;
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
  state.under_way[message.what.key] = key;
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
    count(state, "retry", deliveries);
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
    spdlog::error("relay {}: the bot cannot reach the chat of delivery {}: {}",
                  state.relay, id, result.error);
  }
  if (tried.target_gone && !state.gone)
    spdlog::error("relay {}: disabled until a restart: {}", state.relay,
                  result.error);
}

} // namespace

void record(self_pointer self) {
  auto& state = self->state;
  if (state.recording || state.unrecorded.empty()
      || now_of(self) < state.record_at)
    return;
  state.recording = true;
  record_deliveries request{state.relay, std::move(state.unrecorded)};
  state.unrecorded.clear();
  auto kept = request.results;
  self->request(state.deliveries, caf::infinite, std::move(request))
      .then([self](const deliveries_recorded&) { on_recorded(self); },
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
  const auto found = state.lanes.find(under_way->second);
  state.under_way.erase(under_way);
  watch_circuit(self, tried.transport_failed);
  auto& where = found->second;
  const auto message = std::move(where.waiting.front());
  where.waiting.pop_front();
  where.sending = false;
  say_outcome(state, tried, message.deliveries.size());
  state.gone = state.gone || tried.target_gone;
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
