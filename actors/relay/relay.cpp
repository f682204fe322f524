#include "actors/relay/relay.hpp"

#include <algorithm>

#include <caf/send.hpp>
#include <spdlog/spdlog.h>

#include "actors/relay/policy.hpp"
#include "messages/error.hpp"

namespace telltale {

namespace {

using namespace std::chrono_literals;
using self_pointer = relay_actor::stateful_pointer<relay_state>;

constexpr std::chrono::milliseconds idle_poll = 5s; ///< if a wake-up is lost
constexpr std::chrono::milliseconds store_pause = 1s;
constexpr std::chrono::milliseconds beat_every = 20s; ///< shown online for 60 s
constexpr double lark_app_per_minute = 1000;
constexpr double no_limit_per_minute = 6'000'000;
constexpr std::uint32_t storm_batch = 500;
constexpr std::size_t chats_remembered = 1024;

void step(self_pointer self);

steady_time now_of(self_pointer self) {
  return self->clock().now();
}

void arm(self_pointer self, steady_time at) {
  auto& state = self->state;
  if (at >= state.tick_at)
    return;
  state.tick_at = at;
  const auto wait = std::max(at - now_of(self), steady_time::duration{1ms});
  self->delayed_send(self, wait, relay_tick{});
}

bool has_chats(const relay_state& state) {
  return state.options.type != "webhook";
}

void count(relay_state& state, const char* result, std::size_t amount = 1) {
  state.counters->add(counter::deliveries_total, state.relay + "/" + result,
                      static_cast<double>(amount));
}

// --- results -----------------------------------------------------------------

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

// --- sending -----------------------------------------------------------------

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

/// Sends what may go now, and sets the timer for the rest.
void pump(self_pointer self) {
  auto& state = self->state;
  const auto now = now_of(self);
  if (const auto wait = state.breaker.wait(now); wait > 0ms) {
    for (auto it = state.lanes.begin(); it != state.lanes.end();) {
      if (it->second.sending || it->second.wording) {
        ++it;
        continue;
      }
      put_lane_back(state, it->second, wait, "the target does not answer");
      it = state.lanes.erase(it);
    }
    arm(self, now + wait);
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

// --- wording -----------------------------------------------------------------

using drafts_ptr = std::shared_ptr<std::vector<draft>>;

void forget_drafts(self_pointer self, const std::vector<draft>& drafts,
                   const char* why) {
  auto& state = self->state;
  spdlog::warn("relay {}: {} messages are put back: {}", state.relay,
               drafts.size(), why);
  for (const auto& one : drafts) {
    for (const auto& x : one.of)
      state.unrecorded.push_back(put_back(x.due.id, store_pause, why));
    state.lanes.erase(one.lane);
  }
  step(self);
}

/// Asks redaction, and gives up on the drafts if it has no answer for each.
template <class Then> void redact(self_pointer self, const drafts_ptr& drafts,
                                  redact_texts texts, Then then) {
  const auto expected = texts.texts.size();
  self->request(self->state.redaction, caf::infinite, std::move(texts))
      .then(
          [self, drafts, expected, then](const texts_redacted& answer) {
            if (answer.texts.size() == expected)
              then(answer.texts);
            else
              forget_drafts(self, *drafts, "redaction gave no usable answer");
          },
          [self, drafts](const caf::error&) {
            forget_drafts(self, *drafts, "redaction does not answer");
          });
}

void on_texts_ready(self_pointer self, std::vector<draft>& drafts,
                    std::vector<rendered>& worded,
                    const std::vector<redacted_text>& texts) {
  auto& state = self->state;
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    auto& where = state.lanes[drafts[i].lane];
    where.wording = false;
    where.waiting.push_back(
        make_ready(std::move(drafts[i]), std::move(worded[i]), texts[i]));
  }
  step(self);
}

/// The chat may see these words; the whole is looked at once more, since what
/// goes on record is a text that redaction has made.
void on_texts_narrowed(self_pointer self, const drafts_ptr& drafts,
                       const std::vector<redacted_text>& narrowed) {
  auto worded = std::make_shared<std::vector<rendered>>();
  redact_texts whole;
  whole.profile = redaction_profile::store;
  auto from = narrowed.begin();
  for (const auto& one : *drafts) {
    const auto size = static_cast<std::ptrdiff_t>(one.texts().size());
    worded->push_back(word(one, {from, from + size}, self->state.options,
                           self->state.detail_characters));
    whole.texts.emplace_back(as_text(worded->back()));
    from += size;
  }
  redact(self, drafts, std::move(whole),
         [self, drafts, worded](const std::vector<redacted_text>& texts) {
           on_texts_ready(self, *drafts, *worded, texts);
         });
}

void word_drafts(self_pointer self, std::vector<draft> drafts) {
  auto shared = std::make_shared<std::vector<draft>>(std::move(drafts));
  redact_texts narrow;
  narrow.profile = redaction_profile::chat;
  for (const auto& one : *shared) {
    self->state.lanes[one.lane].wording = true;
    for (auto& text : one.texts())
      narrow.texts.push_back(std::move(text));
  }
  redact(self, shared, std::move(narrow),
         [self, shared](const std::vector<redacted_text>& narrowed) {
           on_texts_narrowed(self, shared, narrowed);
         });
}

// --- taking ------------------------------------------------------------------

/// A hook gets the envelope as it is.
void enqueue_envelopes(relay_state& state, std::vector<due_delivery> due) {
  for (auto& one : due) {
    auto key = lane_of(one);
    draft plain;
    plain.of.push_back({std::move(one), {}});
    auto& where = state.lanes[key];
    where.wording = false;
    where.waiting.push_back(make_ready(std::move(plain), {}, {}));
  }
}

void bury(relay_state& state, const std::vector<due_delivery>& due) {
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
}

void on_taken(self_pointer self, deliveries_taken taken,
              std::uint32_t per_chat) {
  auto& state = self->state;
  const auto now = now_of(self);
  state.taking = false;
  state.wanted = state.wanted || taken.more;
  state.take_at = now + idle_poll;
  if (taken.next_try_at)
    state.take_at = std::min<steady_time>(
        state.take_at, now
                           + std::max<std::chrono::microseconds>(
                               *taken.next_try_at - now_utc(), 5ms));
  // A lease ran out while its delivery is still in hand: it is not made twice.
  std::erase_if(taken.due, [&](const due_delivery& one) {
    return state.lanes.contains(lane_of(one));
  });
  if (state.gone) {
    bury(state, taken.due);
  } else if (!has_chats(state)) {
    enqueue_envelopes(state, std::move(taken.due));
  } else {
    auto batch = sort_batch(std::move(taken.due), state.told, state.options,
                            per_chat, now);
    std::ranges::move(batch.settled, std::back_inserter(state.unrecorded));
    if (!batch.drafts.empty())
      word_drafts(self, std::move(batch.drafts));
    forget_old_storms(state, now);
  }
  step(self);
}

void on_take_failed(self_pointer self, const caf::error& error) {
  auto& state = self->state;
  spdlog::warn("relay {}: no deliveries to be had: {}", state.relay,
               explain(error));
  state.taking = false;
  state.wanted = false;
  state.take_at = now_of(self) + store_pause;
  arm(self, state.take_at);
}

void take(self_pointer self) {
  auto& state = self->state;
  const auto now = now_of(self);
  if (state.taking || !(state.wanted || now >= state.take_at))
    return;
  if (state.breaker.wait(now) > 0ms)
    return; // the timer of `pump` comes back
  const auto most = static_cast<std::size_t>(state.options.max_in_flight);
  const auto limit = state.breaker.is_open() ? std::size_t{1} : most;
  // Half of the places free: a query for each would be many.
  const auto used = state.lanes.size();
  if (used > 0 && (limit == 1 || used * 2 > limit))
    return;
  state.taking = true;
  state.wanted = false;
  take_deliveries request;
  request.relay = state.relay;
  request.limit = static_cast<std::uint32_t>(limit - used);
  request.per_chat =
      has_chats(state) && limit > 1 ? storm_batch : request.limit;
  const auto per_chat = request.per_chat;
  self->request(state.deliveries, caf::infinite, std::move(request))
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
    state.channel->beat();
    state.beat_at = now + beat_every;
  }
  arm(self, state.beat_at);
}

/// Everything that can be done now.
void step(self_pointer self) {
  beat(self);
  pump(self);
  record(self);
  take(self);
  // In the past: sends under way hold the places, and their ends come back
  // here.
  if (!self->state.taking && self->state.take_at > now_of(self))
    arm(self, self->state.take_at);
}

void on_deliveries_due(self_pointer self) {
  self->state.wanted = true;
  step(self);
}

void on_tick(self_pointer self) {
  self->state.tick_at = steady_time::max();
  step(self);
}

} // namespace

relay_actor::behavior_type
relay(relay_actor::stateful_pointer<relay_state> self, std::string name,
      config::relay_config options, std::shared_ptr<channel> channel,
      delivery_store_actor deliveries, redaction_actor redaction,
      counter_board_ptr counters, std::size_t detail_characters) {
  for (const auto locale : catalog::locales())
    static_cast<void>(catalog::of(locale));
  auto& state = self->state;
  const auto now = self->clock().now();
  state.pace = pacer{
      options.rate_per_chat, options.rate_per_app,
      options.type == "lark" ? lark_app_per_minute : no_limit_per_minute, now};
  state.relay = std::move(name);
  state.options = std::move(options);
  state.detail_characters = detail_characters;
  state.channel = std::move(channel);
  state.deliveries = std::move(deliveries);
  state.redaction = std::move(redaction);
  state.counters = std::move(counters);
  state.take_at = state.record_at = state.beat_at = now;
  self->send(self, deliveries_due{});
  return {
      [self](const deliveries_due&) { on_deliveries_due(self); },
      [self](const delivery_tried& tried) { on_delivery_tried(self, tried); },
      [self](const relay_tick&) { on_tick(self); },
  };
}

} // namespace telltale
