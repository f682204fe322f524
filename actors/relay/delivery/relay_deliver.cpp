#include <algorithm>
#include <iterator>
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

void settle_all(relay_state& state, const ready_message& message,
                const settled_send& settled) {
  for (const auto& id : message.deliveries) {
    auto copy = settled.result;
    copy.id = id;
    state.unrecorded.push_back(std::move(copy));
  }
}

/// What waits behind a message that has to wait itself, keeps its place.
void put_queue_back(relay_state& state, const chat_queue& what,
                    std::chrono::milliseconds wait,
                    const std::string& explanation) {
  for (const auto& message : what.waiting)
    for (const auto& id : message.deliveries)
      state.unrecorded.push_back(put_back(id, wait, explanation));
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
  perform(self, state.channel->send(message.what, now_of(self)));
}

void watch_circuit(relay_state& state, const settled_send& settled,
                   const std::string& chat, steady_time started,
                   steady_time now) {
  const bool was_open = state.breaker.is_open();
  const bool chat_was_open = state.breaker.is_open(chat);
  if (settled.transport_failed) {
    if (state.breaker.failed(chat, started, now))
      spdlog::warn("relay {}: {} gives no answers; until one comes, a single "
                   "message is tried every {} to {} s, and no tries are spent. "
                   "Look at the network, a proxy, and the chat's own state",
                   state.relay,
                   state.breaker.is_open() ? "the target" : "one chat",
                   circuit::first_wait.count() / 1000,
                   circuit::longest_wait.count() / 1000);
  } else if (settled.throttled) {
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

void say_outcome(relay_state& state, const settled_send& settled,
                 std::size_t deliveries) {
  const auto& result = settled.result;
  const auto id = to_string(result.id);
  switch (result.state) {
  case delivery_state::sent:
    count(state, "sent", deliveries);
    if (!result.error.empty())
      spdlog::warn("relay {}: delivery {}: {}", state.relay, id, result.error);
    break;
  case delivery_state::pending:
    if (settled.credential_refused)
      break; // said once, for all
    count(state, settled.throttled ? "throttled" : "retry", deliveries);
    if (settled.throttled)
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
  if (settled.binding_broken) {
    state.counters->add(counter::broken_bindings_total, state.relay);
    spdlog::error("relay {}: the bot cannot reach the chat of delivery {}: {}",
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
        && !ends_soon(until, now) && !is_paused(state)) {
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

namespace {

/// What an end says of the credential.
void watch_credential(self_pointer self, const settled_send& settled) {
  auto& state = self->state;
  if (settled.credential_refused)
    pause(self, settled.result.error);
  else if (!settled.transport_failed)
    resume(self);
  else if (state.pause)
    state.pause->by_message = false; // nobody answered: in a minute again
}

void on_finished(self_pointer self, const send_finished& end) {
  auto& state = self->state;
  const auto found = state.under_way.find(end.key);
  if (found == state.under_way.end())
    return;
  const auto now = now_of(self);
  const auto sent = found->second;
  state.under_way.erase(found);
  auto& where = state.queues.at(sent.queue);
  const auto message = std::move(where.waiting.front());
  const auto& chat = message.what.chat.chat_id;
  where.waiting.pop_front();
  where.sending = false;
  auto settled = settle({.id = message.deliveries.front(),
                         .tries = message.tries,
                         .text = message.text,
                         .probe = sent.probe},
                        state.schedule, end.outcome);
  watch_send(state, now - sent.since);
  watch_circuit(state, settled, chat, sent.since, now);
  watch_credential(self, settled);
  state.pace.answered(chat, now);
  if (sent.probe && settled.transport_failed)
    settled.result.retry_in =
        std::max<std::chrono::milliseconds>(state.breaker.wait(chat, now), 1ms);
  say_outcome(state, settled, message.deliveries.size());
  if (settled.target_gone) {
    set_gone(state, true, settled.result.error);
    state.disable_reason = settled.result.error;
  }
  if (settled.result.state == delivery_state::sent) {
    watch_age(state, message.created_at);
    if (message.failures > 0 && has_chats(state))
      state.told[sent.queue].add(message.failures, now);
  }
  settle_all(state, message, settled);
  move_on(state, sent.queue, settled.result);
}

} // namespace

void perform(self_pointer self, channel_work work) {
  auto& state = self->state;
  for (auto& request : work.requests)
    state.sender->send(request.number, std::move(request.what),
                       relay_actor{self});
  std::ranges::move(work.finished, std::back_inserter(state.finished));
  if (work.probed)
    on_probed(self, *work.probed);
}

void settle_finished(self_pointer self) {
  for (const auto& end : std::exchange(self->state.finished, {}))
    on_finished(self, end);
}

} // namespace telltale::relay_steps
