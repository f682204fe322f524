#include "actors/relay/relay.hpp"

#include <algorithm>

#include <spdlog/spdlog.h>

#include "actors/relay/delivery/policy.hpp"
#include "actors/relay/delivery/relay_steps.hpp"
#include "messages/error.hpp"

namespace telltale {

namespace relay_steps {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds idle_poll = 5s;   ///< if a wake-up is lost
constexpr std::chrono::milliseconds beat_every = 20s; ///< shown online for 60 s
constexpr std::uint32_t storm_batch = 2000;
constexpr std::uint32_t singles_batch = 50; ///< where nothing is gathered
constexpr std::size_t chats_remembered = 1024;
constexpr std::size_t most_chats_remembered = 4096;

void enqueue_envelopes(relay_state& state, std::vector<notice> due,
                       steady_time now) {
  for (auto& one : due) {
    auto& where = state.queues[queue_of(one)];
    where.naming = false;
    where.since = now;
    where.waiting.push_back(make_envelope(std::move(one)));
  }
}

void mark_dead(relay_state& state, const std::vector<notice>& due) {
  for (const auto& one : due) {
    delivery_result result;
    result.id = one.id;
    result.state = delivery_state::dead;
    result.error = "the target asked for no more messages";
    result.counts = false;
    state.unrecorded.push_back(std::move(result));
  }
  count(state, "dead", due.size());
}

void forget_old_storms(relay_state& state, steady_time now) {
  if (state.told.size() < chats_remembered)
    return;
  for (auto it = state.told.begin(); it != state.told.end();) {
    it->second.forget_before(now - state.options.digest_window);
    it = it->second.empty() ? state.told.erase(it) : std::next(it);
  }
  while (state.told.size() > most_chats_remembered)
    state.told.erase(std::ranges::min_element(
        state.told, {}, [](const auto& entry) { return entry.second.last(); }));
}

std::uint32_t threshold_of(const relay_state& state) {
  return static_cast<std::uint32_t>(state.options.digest_threshold);
}

bool gathers(const relay_state& state) {
  return state.options.digest_window > 0ms;
}

/// One more than the threshold, at least: else no storm is ever seen.
std::uint32_t most_per_chat(const relay_state& state) {
  return gathers(state) ? std::max(storm_batch, threshold_of(state) + 1)
                        : singles_batch;
}

/// What is leased to this relay goes on its way.
void enqueue(self_pointer self, std::vector<notice> due,
             std::uint32_t per_chat) {
  auto& state = self->state;
  const auto now = now_of(self);
  if (state.ending || is_paused(state)) {
    for (const auto& one : due)
      state.unrecorded.push_back(put_back(one.id, 0ms, {}));
  } else if (state.gone) {
    mark_dead(state, due);
  } else if (!has_chats(state)) {
    enqueue_envelopes(state, std::move(due), now);
  } else {
    auto batch =
        sort_batch(std::move(due), state.told, state.options, per_chat, now);
    std::ranges::move(batch.settled, std::back_inserter(state.unrecorded));
    if (!batch.drafts.empty())
      render_drafts(self, batch.drafts);
    forget_old_storms(state, now);
  }
  step(self);
}

void on_taken(self_pointer self, deliveries_taken taken,
              std::uint32_t per_chat) {
  auto& state = self->state;
  const auto now = now_of(self);
  state.taking = false;
  state.wanted = state.wanted || taken.more;
  state.waits_in_store =
      state.wanted || taken.next_try_at || !taken.due.empty();
  state.take_at = now + idle_poll;
  if (taken.next_try_at) {
    const auto in = std::chrono::ceil<std::chrono::milliseconds>(
        *taken.next_try_at - now_utc());
    state.withheld = taken.due.empty() && in <= 0ms ? state.withheld + 1 : 0;
    state.take_at = now + std::min(idle_poll, wait_for_due(in, state.withheld));
  }
  // What was said since then is newer than what the store knows.
  if (!state.ending && state.disable_reason.empty())
    set_gone(state, !taken.disabled.empty(), taken.disabled);
  auto due = hold_leases(state, std::move(taken.due), now);
  forget_ended(state);
  enqueue(self, std::move(due), per_chat);
}

/// They were committed a moment ago, and are leased to this relay.
void on_notices(self_pointer self, notices_due notices) {
  auto& state = self->state;
  auto due = hold_leases(state, std::move(notices.due), now_of(self));
  enqueue(self, std::move(due), most_per_chat(state));
}

void on_take_failed(self_pointer self, const caf::error& error) {
  auto& state = self->state;
  spdlog::log(is_of_database(code_of(error)) ? spdlog::level::debug
                                             : spdlog::level::warn,
              "relay {}: no deliveries to be had: {}", state.relay,
              explain(error));
  state.taking = false;
  forget_ended(state);
  state.wanted = false;
  state.take_at = now_of(self) + store_pause;
  step(self);
}

/// Of a chat's failures so many may be told or named one by one; if there are
/// more, the others are only counted.
std::uint32_t whole_per_chat(const relay_state& state) {
  return gathers(state) ? std::max(threshold_of(state),
                                   static_cast<std::uint32_t>(digest_titles))
                        : singles_batch;
}

/// Nothing is taken that would only wait for the limits: what stays in the
/// store can still be gathered.
constexpr std::chrono::milliseconds longest_pause_held = 1s;

/// Sends that take so long that nobody should wait for them.
constexpr std::chrono::milliseconds slow_after = 1s;

std::size_t slow_sends(const relay_state& state, steady_time now) {
  return static_cast<std::size_t>(
      std::ranges::count_if(state.under_way, [&](const auto& entry) {
        return now - entry.second.since >= slow_after;
      }));
}

/// Half of the places that are not stuck must be free: a query for each would
/// be many.
bool has_room(std::size_t used, std::size_t stuck, std::size_t limit) {
  if (used == 0)
    return true;
  return limit > 1 && used < limit && (used - stuck) * 2 <= limit - stuck;
}

void take(self_pointer self) {
  auto& state = self->state;
  const auto now = now_of(self);
  if (state.taking || !(state.wanted || now >= state.take_at))
    return;
  if (is_paused(state) || (state.pause && !state.queues.empty()))
    return;
  if (state.breaker.wait(now) > 0ms)
    return; // `pump` wants a step when it is over
  if (const auto pause = state.pace.wait({}, now); pause > longest_pause_held) {
    want_step(state, now + pause);
    return;
  }
  const auto limit = state.breaker.is_open() || state.pause
                         ? std::size_t{1}
                         : state.limits.in_flight;
  const auto used = state.queues.size();
  const auto stuck = slow_sends(state, now);
  if (!has_room(used, stuck, limit)) {
    want_step(state, now + slow_after); // some may be slow ones by then
    return;
  }
  state.taking = true;
  state.wanted = false;
  take_deliveries request;
  request.relay = state.relay;
  request.limit = static_cast<std::uint32_t>(limit - used);
  request.per_chat =
      has_chats(state) && limit > 1 ? most_per_chat(state) : request.limit;
  request.whole_per_chat = whole_per_chat(state);
  request.lease = delivery_lease(state.options);
  request.target = state.target;
  const auto per_chat = request.per_chat;
  self->request(state.peers.payloads, caf::infinite, std::move(request))
      .then(
          [self, per_chat](deliveries_taken& taken) {
            on_taken(self, std::move(taken), per_chat);
          },
          [self](const caf::error& error) { on_take_failed(self, error); });
}

void beat(self_pointer self) {
  auto& state = self->state;
  const auto now = now_of(self);
  if (!state.options.heartbeat)
    return;
  if (now >= state.beat_at) {
    perform(self, state.channel->beat());
    state.beat_at = now + beat_every;
  }
  want_step(state, state.beat_at);
}

void on_deliveries_due(self_pointer self) {
  self->state.wanted = self->state.waits_in_store = true;
  step(self);
}

void on_request_answered(self_pointer self, const request_answered& answer) {
  auto& state = self->state;
  perform(self, state.channel->answered(answer.request, *answer.outcome,
                                        now_of(self)));
  step(self);
}

void on_tick(self_pointer self) {
  if (self->state.timer.fired(self))
    step(self);
}

} // namespace

steady_time now_of(self_pointer self) {
  return self->clock().now();
}

void want_step(relay_state& state, steady_time at) {
  state.wake_at = std::min(state.wake_at, at);
}

bool has_chats(const relay_state& state) {
  return state.options.type != "webhook";
}

void count(relay_state& state, const char* result, std::size_t amount) {
  if (amount == 0)
    return;
  state.counters->add(counter::deliveries_total, state.relay + "/" + result,
                      static_cast<double>(amount));
}

void step(self_pointer self) {
  auto& state = self->state;
  settle_finished(self);
  if (state.ending) {
    end_if_done(self);
    return;
  }
  state.wake_at = steady_time::max();
  beat(self);
  watch_backlog(self);
  probe_credential(self);
  pump(self);
  renew(self);
  record(self);
  take(self);
  // In the past: sends under way hold the places, and their ends come back
  // here.
  if (!state.taking && state.take_at > now_of(self))
    want_step(state, state.take_at);
  if (state.wake_at == steady_time::max())
    state.timer.cancel();
  else
    state.timer.replace(self, state.wake_at);
}

} // namespace relay_steps

relay_actor::behavior_type
relay(relay_actor::stateful_pointer<relay_state> self, std::string name,
      config::relay_config options, std::shared_ptr<channel> channel,
      std::shared_ptr<request_sender> sender, relay_peers peers,
      counter_board_ptr counters, std::size_t detail_characters) {
  for (const auto locale : catalog::locales())
    static_cast<void>(catalog::of(locale));
  auto& state = self->state;
  const auto now = self->clock().now();
  state.limits = limits_of(options);
  state.pace = pacer{state.limits};
  state.relay = std::move(name);
  state.options = std::move(options);
  state.detail_characters = detail_characters;
  state.channel = std::move(channel);
  state.sender = std::move(sender);
  state.schedule = retry_schedule{state.options};
  state.peers = std::move(peers);
  state.counters = std::move(counters);
  state.timer.observe(state.counters, "relay");
  state.target = target_digest(state.options);
  state.take_at = state.record_at = state.beat_at = state.count_at = now;
  self->set_exit_handler([self](const caf::exit_msg& exit) {
    relay_steps::on_exit(self, exit.reason);
  });
  relay_steps::perform(self, state.channel->probe(now));
  self->send(self, deliveries_due{});
  return {
      [self](notices_due& notices) {
        relay_steps::on_notices(self, std::move(notices));
      },
      [self](const deliveries_due&) { relay_steps::on_deliveries_due(self); },
      [self](const request_answered& answer) {
        relay_steps::on_request_answered(self, answer);
      },
      [self](const relay_tick&) { relay_steps::on_tick(self); },
  };
}

} // namespace telltale
