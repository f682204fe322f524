#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include <caf/send.hpp>
#include <spdlog/spdlog.h>

#include "actors/relay/delivery/policy.hpp"
#include "actors/relay/delivery/relay_steps.hpp"
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
  step(self);
}

void on_recorded(self_pointer self, const std::vector<delivery_result>& results,
                 const std::string& disable_reason) {
  self->state.recording = false;
  forget_leases(self->state, results);
  if (self->state.disable_reason == disable_reason)
    self->state.disable_reason.clear();
  // What waited behind them may go now.
  if (self->state.waits_in_store)
    self->state.wanted = true;
  step(self);
}

bool is_throttled(const delivery_tried& tried) {
  return tried.result.state == delivery_state::pending && !tried.result.counts
         && !tried.transport_failed;
}

void settle_all(relay_state& state, const ready_message& message,
                const delivery_tried& tried) {
  for (const auto& id : message.deliveries) {
    auto copy = tried.result;
    copy.id = id;
    copy.doubtful =
        copy.state == delivery_state::pending && !is_throttled(tried);
    state.unrecorded.push_back(std::move(copy));
  }
}

/// What waits behind a message that has to wait itself, keeps its place.
void put_queue_back(relay_state& state, const chat_queue& what,
                    std::chrono::milliseconds wait, const std::string& why) {
  for (const auto& message : what.waiting)
    for (const auto& id : message.deliveries)
      state.unrecorded.push_back(put_back(id, wait, why));
}

void start(self_pointer self, const std::string& key, chat_queue& where) {
  auto& state = self->state;
  auto& message = where.waiting.front();
  const bool probe = state.breaker.is_open(message.what.chat.chat_id);
  where.sending = true;
  state.under_way[message.what.key] = {key, now_of(self), probe};
  state.counters->set(counter::sends_in_flight, state.relay,
                      static_cast<double>(state.under_way.size()));
  state.pace.start(message.what.chat.chat_id, now_of(self));
  std::uniform_real_distribution<double> any{0.0, 1.0};
  started_try started{message.what.key,
                      message.tries,
                      static_cast<std::uint32_t>(state.options.tries),
                      message.text,
                      any(state.random),
                      probe};
  state.channel->send(
      message.what, [handle = relay_actor{self},
                     started = std::move(started)](const send_result& result) {
        caf::anon_send(handle, settle(started, result));
      });
}

void watch_circuit(relay_state& state, const delivery_tried& tried,
                   const std::string& chat, steady_time started,
                   steady_time now) {
  const bool was_open = state.breaker.is_open();
  const bool chat_was_open = state.breaker.is_open(chat);
  if (tried.transport_failed) {
    if (state.breaker.failed(chat, started, now))
      spdlog::warn("relay {}: {} gives no answers; until one comes, a single "
                   "message is tried every {} to {} s, and no tries are spent. "
                   "Look at the network, a proxy, and the chat's own state",
                   state.relay,
                   state.breaker.is_open() ? "the target" : "one chat",
                   circuit::first_wait.count() / 1000,
                   circuit::longest_wait.count() / 1000);
  } else if (is_throttled(tried)) {
    state.breaker.throttled(chat);
  } else {
    state.breaker.answered(chat, now);
  }
  if (chat_was_open && !state.breaker.is_open(chat))
    spdlog::info("relay {}: answers come again", state.relay);
  if (state.breaker.is_open() != was_open)
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
    count(state, is_throttled(tried) ? "throttled" : "retry", deliveries);
    if (is_throttled(tried))
      state.counters->add(counter::throttled_total, state.relay);
    spdlog::info("relay {}: delivery {} waits {} ms: {}", state.relay, id,
                 result.retry_in.count(), result.error);
    break;
  case delivery_state::dead:
    count(state, "dead", deliveries);
    spdlog::warn("relay {}: delivery {} is dead: {}", state.relay, id,
                 result.error);
    break;
  case delivery_state::superseded: // by the store, never by a try
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

void on_exit(self_pointer self, const caf::error& reason) {
  auto& state = self->state;
  state.ending = reason;
  state.ends_at = now_of(self) + longest_ending;
  end_if_done(self);
}

void end_if_done(self_pointer self) {
  auto& state = self->state;
  const bool awaits =
      state.taking || !state.under_way.empty()
      || std::ranges::any_of(
          state.queues, [](const auto& entry) { return entry.second.naming; });
  if (awaits && now_of(self) < state.ends_at) {
    state.timer.replace(self, state.ends_at);
    return;
  }
  for (const auto& [key, where] : state.queues)
    put_queue_back(state, where, 0ms, {});
  state.queues.clear();
  note_leases(state);
  if (!state.unrecorded.empty())
    caf::anon_send(state.peers.deliveries,
                   record_deliveries{state.relay, std::move(state.unrecorded),
                                     state.target, state.disable_reason});
  state.unrecorded.clear();
  self->quit(*state.ending);
}

void record(self_pointer self) {
  auto& state = self->state;
  if (state.recording || state.unrecorded.empty())
    return;
  const auto now = now_of(self);
  if (now < state.record_at) {
    want_step(state, state.record_at);
    return;
  }
  state.recording = true;
  state.record_at = now + record_every;
  state.waits_in_store =
      state.waits_in_store
      || std::ranges::any_of(state.unrecorded, [](const auto& result) {
           return result.state == delivery_state::pending;
         });
  note_leases(state);
  record_deliveries request{state.relay, std::move(state.unrecorded),
                            state.target, state.disable_reason};
  state.unrecorded.clear();
  const auto kept =
      std::make_shared<const std::vector<delivery_result>>(request.results);
  auto disable_reason = state.disable_reason;
  self->request(state.peers.deliveries, caf::infinite, std::move(request))
      .then(
          [self, kept, disable_reason = std::move(disable_reason)](
              const deliveries_recorded&) {
            on_recorded(self, *kept, disable_reason);
          },
          [self, kept](const caf::error& error) {
            on_record_failed(self, *kept, error);
          });
}

namespace {

using ready_queue = std::pair<const std::string*, chat_queue*>;

/// Puts back what may not go soon, or not while it is leased. Returns the
/// queues whose next message waits to be sent, those that wait longest first.
std::vector<ready_queue> sort_queues(relay_state& state, steady_time now) {
  std::erase_if(state.queues, [&](const auto& entry) {
    const auto& where = entry.second;
    if (where.sending || where.naming || where.waiting.empty())
      return false;
    const auto until = lease_of(state, where);
    if (until <= now) {
      let_go(state, where);
      return true;
    }
    const auto closed_for =
        state.breaker.wait(where.waiting.front().what.chat.chat_id, now);
    if (closed_for == 0ms && now - where.since <= longest_held
        && !ends_soon(until, now)) {
      want_step_before(state, until);
      return false;
    }
    put_queue_back(state, where, closed_for,
                   closed_for > 0ms ? "the target gives no answers" : "");
    return true;
  });
  std::vector<ready_queue> ready;
  for (auto& [key, where] : state.queues)
    if (!where.sending && !where.waiting.empty())
      ready.emplace_back(&key, &where);
  std::ranges::stable_sort(
      ready, {}, [](const ready_queue& one) { return one.second->since; });
  return ready;
}

/// The queue of a message that is over, without that message.
void move_on(relay_state& state, const std::string& key,
             const delivery_result& result) {
  const auto found = state.queues.find(key);
  auto& where = found->second;
  if (result.state == delivery_state::pending) {
    put_queue_back(state, where, result.retry_in, {});
    where.waiting.clear();
  }
  if (where.waiting.empty() && !where.naming)
    state.queues.erase(found);
}

} // namespace

void pump(self_pointer self) {
  auto& state = self->state;
  const auto now = now_of(self);
  const auto ready = sort_queues(state, now);
  if (const auto closed_for = state.breaker.wait(now); closed_for > 0ms) {
    want_step(state, now + closed_for);
    return;
  }
  for (const auto& [key, where] : ready) {
    if (state.breaker.is_open() && !state.under_way.empty())
      return; // the probe
    const auto wait =
        state.pace.wait(where->waiting.front().what.chat.chat_id, now);
    if (wait > 0ms)
      want_step(state, now + wait);
    else
      start(self, *key, *where);
  }
}

void on_delivery_tried(self_pointer self, const delivery_tried& tried) {
  auto& state = self->state;
  const auto found = state.under_way.find(tried.result.id);
  if (found == state.under_way.end())
    return;
  const auto now = now_of(self);
  const auto flight = found->second;
  state.under_way.erase(found);
  auto& where = state.queues.at(flight.queue);
  const auto message = std::move(where.waiting.front());
  const auto& chat = message.what.chat.chat_id;
  where.waiting.pop_front();
  where.sending = false;
  watch_send(state, now - flight.since);
  watch_circuit(state, tried, chat, flight.since, now);
  state.pace.answered(chat, now);
  auto end = tried;
  end.result.id = message.deliveries.front(); // as people know it
  if (flight.probe && tried.transport_failed)
    end.result.retry_in =
        std::max<std::chrono::milliseconds>(state.breaker.wait(chat, now), 1ms);
  say_outcome(state, end, message.deliveries.size());
  if (end.target_gone) {
    set_gone(state, true, end.result.error);
    state.disable_reason = end.result.error;
  }
  if (end.result.state == delivery_state::sent) {
    watch_age(state, message.created_at);
    if (message.failures > 0 && has_chats(state))
      state.told[flight.queue].add(message.failures, now);
  }
  settle_all(state, message, end);
  move_on(state, flight.queue, end.result);
  step(self);
}

} // namespace telltale::relay_steps
